//! Documents of every wire, and rows of them.

use super::*;

pub(super) const ROLE: &str =
    r#"{"id":"c","choices":[{"delta":{"role":"assistant","content":""}}]}"#;
pub(super) const TEXT: &str = r#"{"id":"c","choices":[{"delta":{"content":"a"}}]}"#;
pub(super) const THOUGHT: &str = r#"{"id":"c","choices":[{"delta":{"reasoning":"a"}}]}"#;
pub(super) const STOP: &str = r#"{"id":"c","choices":[{"delta":{},"finish_reason":"stop"}]}"#;
pub(super) const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":1}}"#;
pub(super) const DONE: &str = "[DONE]";

pub(super) const START: &str = r#"{"type":"message_start","message":{"id":"m","content":[]}}"#;
pub(super) const BLOCK: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
pub(super) const PIECE: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
pub(super) const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
pub(super) const END_TURN: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
pub(super) const MESSAGE_STOP: &str = r#"{"type":"message_stop"}"#;
pub(super) const TOOL: &str = r#"{"type":"content_block_start","index":0,"content_block":
{"type":"tool_use","id":"t","name":"f","input":{}}}"#;

pub(super) const V2_START: &str = r#"{"type":"message-start","id":"m"}"#;
pub(super) const V2_TEXT: &str =
    r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}}"#;
pub(super) const V2_END: &str = r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"#;

pub(super) const V1_START: &str = r#"{"event_type":"stream-start","generation_id":"g"}"#;
pub(super) const V1_TEXT: &str = r#"{"event_type":"text-generation","text":"a"}"#;
pub(super) const V1_END: &str = r#"{"event_type":"stream-end","finish_reason":"COMPLETE"}"#;

/// A wire, its documents, and what comes of them: kind or completeness, text, names of calls.
pub(super) type Row<'r> = (Wire, &'r [&'r str], Value);

pub(super) fn check(rows: &[Row<'_>]) {
    for (wire, documents, expected) in rows {
        let observed = stream(*wire, &wire.body(documents));
        assert_eq!(&observed.summary(), expected, "{wire:?} {documents:?}");
    }
}

pub(super) fn call(arguments: &str) -> String {
    let function = json!({"name": "f", "arguments": arguments});
    let delta = json!({"tool_calls": [{"index": 0, "id": "t", "function": function}]});
    json!({"choices": [{"delta": delta}]}).to_string()
}

pub(super) fn input(piece: &str) -> String {
    let delta = json!({"type": "input_json_delta", "partial_json": piece});
    json!({"type": "content_block_delta", "index": 0, "delta": delta}).to_string()
}

pub(super) fn v2_call(arguments: &str) -> String {
    let call = json!({"id": "t", "function": {"name": "f", "arguments": arguments}});
    let delta = json!({"message": {"tool_calls": call}});
    json!({"type": "tool-call-start", "index": 0, "delta": delta}).to_string()
}

pub(super) fn v1_call(parameters: &str) -> String {
    let delta = json!({"index": 0, "name": "f", "parameters": parameters});
    json!({"event_type": "tool-calls-chunk", "tool_call_delta": delta}).to_string()
}
