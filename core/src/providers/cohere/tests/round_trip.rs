//! A round trip: a response as the next request's message.

use super::*;

/// The response's message between a question and the result of its first call.
fn next(decoded: &Decoded, base_path: &str) -> Value {
    let message = json!(decoded.response.message());
    let id = message["tool_calls"][0]["id"].clone();
    let request = json!({"model": "m", "messages": [
        {"role": "user", "content": "hi"},
        message,
        {"role": "tool", "tool_call_id": id, "content": "5"},
    ]});
    body(&encode(&request, &target(base_path)).unwrap())
}

#[test]
fn v2_gets_its_thinking_and_its_plan_back() {
    let content =
        |index, content: Value| event("content-delta", index, json!({"content": content}));
    let function = json!({"name": "f", "arguments": "null"});
    let call = json!({"id": "f_1", "type": "function", "function": function});
    let decoded = v2(&list! {
        content(0, json!({"thinking": "Let me "})), content(0, json!({"thinking": "see"})),
        plan("I will"), plan(" ask"), event("tool-call-start", 0, json!({"tool_calls": call})),
        message_end("TOOL_CALL"),
    });
    let call = json!({"id": "f_1", "type": "function",
        "function": {"name": "f", "arguments": "{}"}});
    let expected = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Let me see"}],
            "tool_calls": [call], "tool_plan": "I will ask"},
        {"role": "tool", "content": "5", "tool_call_id": "f_1"},
    ]);
    assert_eq!(next(&decoded, "/v2")["messages"], expected);
}

#[test]
fn v2_gets_its_text_back() {
    let thinking = event("content-delta", 0, json!({"content": {"thinking": "Hm"}}));
    let decoded = v2(&[thinking, text("4"), text("2"), message_end("COMPLETE")]);
    let message = json!(decoded.response.message());
    let request = json!({"model": "m", "messages": [message]});
    let expected = json!([{"role": "assistant", "content": [
        {"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "42"}]}]);
    check! { body(&encode(&request, &target("/v2")).unwrap())["messages"] => expected; }
}

#[test]
fn v1_gets_its_calls_and_its_plan_back() {
    let calls = json!([{"name": "f", "parameters": {"x": 1}}]);
    let decoded = v1(&list! {
        json!({"event_type": "tool-calls-chunk", "text": "I will ask"}),
        json!({"event_type": "tool-calls-generation", "tool_calls": calls}),
        stream_end("COMPLETE", json!({"text": "I will ask", "tool_calls": calls})),
    });
    let history = json!([
        {"role": "USER", "message": "hi"},
        {"role": "CHATBOT", "message": "I will ask", "tool_calls": calls},
    ]);
    let results = json!([{"call": calls[0], "outputs": [{"output": "5"}]}]);
    let expected = json!({"model": "m", "message": "", "chat_history": history,
        "tool_results": results, "stream": true});
    assert_eq!(next(&decoded, "/v1"), expected);
}

#[test]
fn a_response_of_v2_can_go_on_with_v1() {
    let function = json!({"name": "f", "arguments": "{\"x\":1}"});
    let call = json!({"id": "f_1", "type": "function", "function": function});
    let decoded = v2(&list! {
        plan("I will ask"), event("tool-call-start", 0, json!({"tool_calls": call})),
        message_end("TOOL_CALL"),
    });
    let turn = json!({"role": "CHATBOT", "message": "I will ask",
        "tool_calls": [{"name": "f", "parameters": {"x": 1}}]});
    assert_eq!(next(&decoded, "/v1")["chat_history"][1], turn);
}
