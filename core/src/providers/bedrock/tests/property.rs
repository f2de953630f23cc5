//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::check_calls;

fn frame() -> impl Strategy<Value = (String, String)> {
    let text = |(name, data): (&str, Value)| (name.to_owned(), data.to_string());
    let kinds = list! {
        json!({"toolUse": {"toolUseId": "t", "name": "f"}}),
        json!({"toolUse": {"toolUseId": "s", "name": "g", "type": "server_tool_use"}}),
        json!({"toolResult": {"toolUseId": "s"}}),
        json!({"image": {"format": "png"}}),
        json!({"novelty": {}}),
    };
    let block =
        (0..3_u64, select(kinds.to_vec())).prop_map(move |(i, start)| text(begin(i, start)));
    let pieces = list! { "", "a", "{", "}", "{}", "{\"a\":1}" };
    let piece =
        (0..3_u64, 0..6_u8, select(pieces.to_vec())).prop_map(move |(index, kind, piece)| {
            text(match kind {
                0 => text_delta(index, piece),
                1 => input_delta(index, piece),
                2 => delta(index, json!({"reasoningContent": {"text": piece}})),
                3 => delta(index, json!({"reasoningContent": {"signature": piece}})),
                4 => delta(index, json!({"toolResult": [{"text": piece}]})),
                _ => delta(index, json!({"citation": {"title": piece}})),
            })
        });
    let reasons = select(vec!["end_turn", "tool_use", "max_tokens"]);
    let odd = list! {
        ("", "{}"), ("", ""), ("novelty", "nonsense"), ("messageStart", "{}"),
        (":exception-type=x", "{}"), ("metadata", "{}"), ("contentBlockDelta", "[]"),
    };
    prop_oneof![
        4 => block,
        8 => piece,
        4 => (0..3_u64).prop_map(move |index| text(stop(index))),
        1 => reasons.prop_map(move |reason| text(message_stop(reason))),
        1 => select(odd.to_vec()).prop_map(|(name, data)| (name.to_owned(), data.to_owned())),
    ]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..24),
    ) {
        let end = [message_stop("end_turn"), metadata()];
        let end = end.map(|(name, data)| (name.to_owned(), data.to_string()));
        let frames: Vec<_> = frames.into_iter().chain(end).collect();
        let frames = frames.iter().map(|(name, data)| (name.as_str(), data.as_str()));
        let decoded = BEDROCK.frames(frames);
        check_calls(&decoded);
        prop_assert!(decoded.error.is_some() || decoded.progress == Progress::Done);
    }
}
