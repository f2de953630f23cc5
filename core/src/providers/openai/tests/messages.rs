//! What each server requires of messages, above all of replies that go back to it or to another.

use super::*;

/// The messages as they go out, and the warnings.
fn sent(name: &'static str, messages: Value) -> (Value, Vec<String>) {
    sent_at(name, &messages, false)
}

fn sent_at(name: &'static str, messages: &Value, is_lenient: bool) -> (Value, Vec<String>) {
    let target = if is_lenient { lenient() } else { target() };
    let encoded = Wire::sse(name)
        .encode(&conversation(messages.clone()), &target)
        .unwrap();
    (body(&encoded)["messages"].take(), encoded.warnings)
}

/// The message that a response of these deltas adds up to.
fn reply(name: &'static str, list: &[Value]) -> Value {
    message(deltas(Wire::sse(name), list, "stop"))
}

fn message(decoded: Decoded) -> Value {
    assert!(decoded.error.is_none(), "{:?}", decoded.error);
    let message = decoded.response.message();
    let json = json!(message);
    check! { serde_json::from_value::<crate::Message>(json.clone()).unwrap() => message; }
    json
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

#[test]
fn reasoning_text_goes_back_in_its_field() {
    for name in ["deepseek", "moonshot"] {
        let message = reply(
            name,
            &list! {
                json!({"role": "assistant", "content": null, "reasoning_content": "Let me "}),
                json!({"content": null, "reasoning_content": "think."}),
                json!({"content": "I will ask.", "reasoning_content": null}),
                json!({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f",
                    "arguments": "{}"}}]}),
            },
        );
        let block = json!({"type": "reasoning_content", "reasoning_content": "Let me think."});
        check! {
            message
                => { "role": "assistant", "content": [block, {"type": "text", "text":
                    "I will ask."}], "tool_calls": [call("c1")], };
        }
        let expected = json!([{
            "role": "assistant",
            "content": "I will ask.",
            "tool_calls": [call("c1")],
            "reasoning_content": "Let me think.",
        }]);
        assert_eq!(sent(name, json!([message])), (expected, vec![]));
    }
}

#[test]
fn reasoning_without_text_goes_back_beside_the_calls() {
    let message = reply(
        "deepseek",
        &list! {
            json!({"reasoning_content": "Hm"}),
            json!({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments":
                "{}"}}]}),
        },
    );
    let expected = json!([{"role": "assistant", "content": null, "tool_calls": [call("c1")],
            "reasoning_content": "Hm"}]);
    assert_eq!(sent("deepseek", json!([message])).0, expected);
}

#[test]
fn entries_of_reasoning_go_back_as_they_were() {
    let encrypted = json!({"type": "reasoning.encrypted", "data": "abc", "index": 1});
    let message = reply(
        "openrouter",
        &list! {
            json!({"reasoning": "Let ", "reasoning_details": [{"type": "reasoning.text", "text":
                "Let ", "index": 0, "format": null}]}),
            json!({"reasoning": "me", "reasoning_details": [{"type": "reasoning.text", "text": "me",
                "index": 0, "format": "x"}]}),
            json!({"reasoning_details": [{"type": "reasoning.text", "text": "", "signature": "sig",
                "index": 0}, encrypted]}),
            json!({"content": "42", "reasoning": null, "reasoning_details": []}),
        },
    );
    let entries = json!([
        {"type": "reasoning.text", "text": "Let me", "index": 0, "format": "x", "signature": "sig"},
        encrypted,
    ]);
    let block = json!({"type": "reasoning_details", "reasoning_details": entries});
    check! { message["content"] => [block, {"type": "text", "text": "42"}]; }
    let expected = json!([{"role": "assistant", "content": "42", "reasoning_details": entries}]);
    assert_eq!(sent("openrouter", json!([message])), (expected, vec![]));
}

#[test]
fn thinking_parts_go_back_as_parts() {
    let thinking = |text: &str| json!([{"type": "text", "text": text}]);
    let message = reply(
        "mistral",
        &list! {
            json!({"content": [{"type": "thinking", "thinking": thinking("Let ")}]}),
            json!({"content": [{"type": "thinking", "thinking": thinking("me"), "closed": true},
                {"type": "text", "text": "4"}]}),
            json!({"content": "2"}),
        },
    );
    let content = json!([
        {"type": "thinking", "thinking": thinking("Let me"), "closed": true},
        {"type": "text", "text": "42"},
    ]);
    assert_eq!(message, json!({"role": "assistant", "content": content}));
    check! { sent("mistral", json!([message])) => [[message], []]; }
}

#[test]
fn a_whole_response_keeps_its_reasoning_too() {
    let body = json!({"choices": [{"finish_reason": "stop",
        "message": {"reasoning_content": "Hm", "content": "42"}}]});
    let decoded = Wire::sse("deepseek").whole(body.to_string());
    let sent = sent("deepseek", json!([message(decoded)])).0;
    let expected = json!([{"role": "assistant", "content": "42", "reasoning_content": "Hm"}]);
    assert_eq!(sent, expected);
}

#[test]
fn servers_that_want_no_reasoning_get_none() {
    let message = reply(
        "groq",
        &[json!({"reasoning": "Hm"}), json!({"content": "42"})],
    );
    assert_eq!(message, json!({"role": "assistant", "content": "42"}));
    // A field that the caller wrote stays.
    let own = json!([{"role": "assistant", "content": "42", "reasoning": "Hm"}]);
    assert_eq!(sent("groq", own.clone()), (own, vec![]));
}

#[test]
fn a_reply_of_another_provider_leaves_its_own_parts_behind() {
    let foreign = json!([{"role": "assistant", "tool_calls": [call("g6fVbXS8K")], "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "abc"},
        {"type": "redacted_thinking", "data": "abc"},
        {"type": "text", "text": "So: "},
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        {"type": "reasoning_unheard_of"},
        {"type": "text", "text": "42"},
    ]}]);
    let expected =
        json!([{"role": "assistant", "content": "So: 42", "tool_calls": [call("g6fVbXS8K")]}]);
    for name in super::vendors::names() {
        let (messages, warnings) = sent(name, foreign.clone());
        assert_eq!(messages, expected);
        assert_eq!(warnings.len(), 4);
        let first = format!("messages[0].content[0] was left out: {name} takes no \"thinking\"");
        assert_eq!(warnings[0], first);
    }
}

#[test]
fn a_reply_with_nothing_left_is_still_a_message() {
    let thought = json!([{"type": "thinking", "thinking": "Hm"}]);
    let only = json!([{"role": "assistant", "content": thought}]);
    let expected = json!([{"role": "assistant", "content": ""}]);
    assert_eq!(sent("openai", only).0, expected);
    assert_eq!(sent("openai", json!([{"role": "assistant"}])).0, expected);
    let calls = json!([{"role": "assistant", "content": thought, "tool_calls": [call("c")]}]);
    let expected = json!([{"role": "assistant", "content": null, "tool_calls": [call("c")]}]);
    assert_eq!(sent("openai", calls).0, expected);
}

#[test]
fn parts_that_stay_keep_their_fields() {
    let cached = json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}});
    let message = json!([{"role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm"}, cached]}]);
    let expected = json!([{"role": "assistant", "content": [cached]}]);
    assert_eq!(sent("openrouter", message).0, expected);
}

#[test]
fn what_chat_completions_cannot_carry_is_refused() {
    let document = json!({"type": "document", "source": {"type": "text", "data": "x"}});
    let text = json!({"type": "text", "text": "what is this?"});
    for (position, role) in [(0, "user"), (1, "tool")] {
        let hi = json!({"role": "user", "content": "hi"});
        let mut messages = json!([hi, hi]);
        messages[position] = json!({"role": role, "content": [text, document]});
        let place = format!("messages[{position}].content[1]");
        let error = Wire::sse("groq").refused(&conversation(messages.clone()), &target());
        check! { error.starts_with(&format!("{place} cannot be sent: ")) => true, error; }

        let (sent, warnings) = sent_at("groq", &messages, true);
        let warning = format!("{place} was left out: chat completions have no \"document\"");
        check! {
            sent[position] => {"role": role, "content": "what is this?"};
            warnings => [warning];
        }
    }
}

#[test]
fn unknown_parts_go_out() {
    let parts = json!([
        {"type": "video_url", "video_url": {"url": "https://h/v.mp4"}},
        {"type": "something_new", "x": 1},
    ]);
    let messages = json!([{"role": "user", "content": parts}]);
    assert_eq!(sent("vllm", messages.clone()), (messages, vec![]));
}

#[test]
fn foreign_call_ids_become_short_the_same_everywhere() {
    let result = |id: &str| json!({"role": "tool", "content": "1", "tool_call_id": id});
    let ids = list! { "call_00_rGGuLWLHvYxVPMtiENE41150", "g6fVbXS8K", "", "toolu_é" };
    let calls: Vec<Value> = ids.iter().map(|id| call(id)).collect();
    let mut messages = vec![json!({"role": "assistant", "content": null, "tool_calls": calls})];
    messages.extend(ids.iter().map(|id| result(id)));

    let (first, _) = sent("mistral", json!(messages));
    let new: Vec<&str> = (0..ids.len())
        .map(|index| first[0]["tool_calls"][index]["id"].as_str().unwrap())
        .collect();
    for (index, id) in new.iter().enumerate() {
        check! { id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => true, id; }
        assert_eq!(first[index + 1]["tool_call_id"], *id);
        assert_eq!(new.iter().filter(|other| *other == id).count(), 1);
    }
    assert_eq!(new[1], "g6fVbXS8K");
    // The next request of the same conversation has the same.
    messages.insert(0, json!({"role": "user", "content": "hi"}));
    assert_eq!(sent("mistral", json!(messages)).0[1], first[0]);
    assert_eq!(sent("openai", json!(messages)).0, json!(messages));
}

#[test]
fn xai_usage_keeps_its_meaning() {
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
        "completion_tokens_details": {"reasoning_tokens": 100}});
    let data = json!({"choices": [], "usage": usage}).to_string();
    let decoded = Wire::sse("xai").frames([("", data.as_str())]);
    check! {
        decoded.finish[2] => {"input_tokens": 10, "output_tokens": 5, "reasoning_tokens": 100,
            "total_tokens": 115};
    }
}
