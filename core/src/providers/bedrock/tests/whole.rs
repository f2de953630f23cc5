//! Responses that come whole.

use super::*;

#[test]
fn every_block_becomes_what_it_is_in_a_stream() {
    let blocks = json!([
        {"reasoningContent": {"reasoningText": {"text": "Hm. ", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "YWI="}},
        {"reasoningContent": {"reasoningText": {"text": "free"}}},
        {"text": "One"},
        {"citationsContent": {"content": [{"text": " two"}, {"text": " three"}],
            "citations": [{"title": "T", "source": "s"}]}},
        {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1.0, "b": "\u{e9}"}}},
        {"toolUse": {"toolUseId": "s", "name": "g", "input": {}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "s", "content": [{"text": "r"}]}},
        {"image": {"format": "png", "source": {"bytes": "YWI="}}},
        {"novelty": {}}, {"text": ""},
    ]);
    let decoded = whole(blocks, "tool_use");
    assert_eq!(decoded.unknown_events, 1);
    let expected = json!([
        ["REASONING", "Hm. "],
        content("reasoningContent", json!({"reasoningText":
            {"text": "Hm. ", "signature": "c2ln"}})),
        content("reasoningContent", json!({"redactedContent": "YWI="})),
        ["REASONING", "free"],
        ["TEXT", "One"],
        ["TEXT", " two"],
        ["TEXT", " three"],
        ["PART", {"type": "citation", "title": "T", "source": "s"}],
        ["TOOL_CALL", {"index": 0, "id": "t", "name": "f",
            "arguments": "{\"a\":1.0,\"b\":\"\u{e9}\"}"}],
        content("toolUse", json!({"toolUseId": "s", "name": "g", "input": {},
            "type": "server_tool_use"})),
        content("toolResult", json!({"toolUseId": "s", "content": [{"text": "r"}]})),
        ["PART", {"type": "image", "format": "png", "source": {"bytes": "YWI="}}],
    ]);
    assert_eq!(decoded.good(), expected);
}

#[test]
fn trace_and_fields_beside_the_message_are_parts() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [{"text": "Blocked."}]}},
        "stopReason": "guardrail_intervened",
        "additionalModelResponseFields": null,
        "trace": {"guardrail": {"actionReason": "Guardrail blocked."}},
        "usage": {"inputTokens": 1, "outputTokens": 0, "totalTokens": 1},
    });
    let decoded = BEDROCK.whole(body.to_string());
    assert_eq!(decoded.finish[0], "content_filter");
    let trace = json!({"guardrail": {"actionReason": "Guardrail blocked."}});
    let expected = json!([["TEXT", "Blocked."], ["PART", {"type": "trace", "trace": trace}]]);
    assert_eq!(decoded.good(), expected);
}

#[test]
fn arguments_may_be_a_text() {
    let block = json!({"toolUse": {"toolUseId": "t", "name": "f", "input": "{\"a\":1}"}});
    let call = json!(["TOOL_CALL", {"index": 0, "id": "t", "name": "f", "arguments": "{\"a\":1}"}]);
    assert_eq!(whole(json!([block]), "tool_use").good(), json!([call]));
}
