//! What holds for every stream, however odd: good and bad frames in a row.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::providers::test_support::property::check_calls;

/// A frame of what may stand in a stream, and frames that may not.
fn frame() -> impl Strategy<Value = String> {
    let kinds = list! { "text", "thinking", "tool_use", "server_tool_use", "novelty" };
    let block = (0..3_u64, select(kinds.to_vec()), 0..3_u8);
    let block = block.prop_map(|(index, kind, id)| {
        let id = format!("t{id}");
        begin(
            index,
            json!({"type": kind, "id": id, "name": "f", "input": {}}),
        )
    });
    let kinds = list! {
        "text_delta", "thinking_delta", "input_json_delta", "signature_delta", "x_delta",
    };
    let pieces = list! { "", "a", "{", "}", "{}", "{\"a\":1}" };
    let piece = (0..3_u64, select(kinds.to_vec()), select(pieces.to_vec()));
    let piece = piece.prop_map(|(index, kind, piece)| {
        let text = json!({"type": kind, "text": piece, "thinking": piece, "partial_json": piece,
            "signature": piece});
        delta(index, text)
    });
    let reason = select(vec!["end_turn", "tool_use", "max_tokens"]);
    let reason = reason.prop_map(|reason| ended(reason)[0].clone());
    let odd = list! {
        "[DONE]", "{}", "", "nonsense", r#"{"error":"m"}"#, r#"{"type":"message_stop"}"#,
    };
    prop_oneof![
        4 => block.prop_map(|frame| frame.to_string()),
        8 => piece.prop_map(|frame| frame.to_string()),
        4 => (0..3_u64).prop_map(|index| stop(index).to_string()),
        1 => reason.prop_map(|frame| frame.to_string()),
        1 => select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..24),
    ) {
        let mut frames: Vec<_> = frames.iter().map(|data| ("", data.as_str())).collect();
        frames.push(("", r#"{"type":"message_stop"}"#));
        let decoded = named(&frames);
        check_calls(&decoded);
        prop_assert!(decoded.error.is_some() || decoded.progress == Progress::Done);
    }
}
