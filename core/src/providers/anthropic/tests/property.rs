//! What holds for every stream, however odd: chance puts good and bad frames in a row.

use proptest::prelude::*;

use super::*;
use crate::providers::tool_calls::joined::{assert_ids_differ, assert_joined};

/// A frame of what may stand in a stream, and frames that may not.
fn frame() -> impl Strategy<Value = String> {
    let kinds = ["text", "thinking", "tool_use", "server_tool_use", "novelty"];
    let block = (0..3_u64, prop::sample::select(kinds.to_vec()), 0..3_u8);
    let block = block.prop_map(|(index, kind, id)| {
        begin(
            index,
            json!({"type": kind, "id": format!("t{id}"), "name": "f", "input": {}}),
        )
    });
    let pieces = ["", "a", "{", "}", "{}", "{\"a\":1}"];
    let kinds = [
        "text_delta",
        "thinking_delta",
        "input_json_delta",
        "signature_delta",
        "x_delta",
    ];
    let piece = (
        0..3_u64,
        prop::sample::select(kinds.to_vec()),
        prop::sample::select(pieces.to_vec()),
    );
    let piece = piece.prop_map(|(index, kind, piece)| {
        let text = json!({"type": kind, "text": piece, "thinking": piece, "partial_json": piece,
            "signature": piece});
        delta(index, text)
    });
    let reasons = prop::sample::select(vec!["end_turn", "tool_use", "max_tokens"]);
    let reason = reasons.prop_map(|reason| ended(reason)[0].clone());
    let odd = vec![
        "[DONE]",
        "{}",
        "",
        "nonsense",
        r#"{"error":"m"}"#,
        r#"{"type":"message_stop"}"#,
    ];
    prop_oneof![
        4 => block.prop_map(|frame| frame.to_string()),
        8 => piece.prop_map(|frame| frame.to_string()),
        4 => (0..3_u64).prop_map(|index| stop(index).to_string()),
        1 => reason.prop_map(|frame| frame.to_string()),
        1 => prop::sample::select(odd).prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn events_keep_their_order_and_calls_are_their_deltas(
        frames in prop::collection::vec(frame(), 0..24),
    ) {
        let mut frames: Vec<_> = frames.iter().map(|data| ("", data.as_str())).collect();
        frames.push(("", r#"{"type":"message_stop"}"#));
        let heard = named(&frames);
        let events = heard.events.as_array().unwrap();
        let calls: Vec<&Value> = events.iter().filter(|event| event[0] == "TOOL_CALL").collect();
        let said: Vec<&Value> = calls.iter().map(|call| &call[1]).collect();
        said.iter().for_each(|call| assert_joined(events, call));
        assert_ids_differ(&said);
        let indices = calls.iter().map(|call| call[1]["index"].as_u64().unwrap());
        let mut indices: Vec<u64> = indices.collect();
        indices.sort_unstable();
        indices.dedup();
        prop_assert_eq!(indices.len(), calls.len());
        let text = events.iter().filter(|event| event[0] == "TEXT");
        prop_assert!(text.into_iter().all(|event| event[1] != ""));
        prop_assert!(heard.error.is_some() || heard.progress == Progress::Done);
    }
}
