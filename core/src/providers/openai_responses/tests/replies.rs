//! What a model wrote, on its way back.

use super::*;

fn items() -> Value {
    json!([
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        joined(message("Hi"), json!({"phase": "commentary"})),
        function_call("call_1", "f", "{\"a\": 1}"),
    ])
}

fn block(provider: &str, items: Value) -> Value {
    json!({"type": "response_items", "provider": provider, "items": items})
}

/// The assistant's message that has these items, as another language may have written it.
fn reply(provider: &str, items: Value, text: &str, arguments: &str) -> Value {
    json!({"role": "assistant",
        "content": [{"type": "text", "text": text}, block(provider, items)],
        "tool_calls": [{"id": "call_1", "type": "function",
            "function": {"name": "f", "arguments": arguments}}]})
}

/// The items that this message becomes, and how often it was warned.
fn encoded(wire: Wire, message: Value, fields: Value) -> (Value, usize) {
    let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "42"});
    let request = joined(conversation(json!([message, result])), fields);
    let encoded = wire.encode(&request, &target()).unwrap();
    (body(&encoded)["input"].clone(), encoded.warnings.len())
}

fn portable(text: &str, arguments: &str) -> Value {
    json!([
        {"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text}]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": arguments},
        {"type": "function_call_output", "call_id": "call_1", "output": "42"}])
}

fn native(items: Value) -> Value {
    let mut items = items.as_array().unwrap().clone();
    items.push(json!({"type": "function_call_output", "call_id": "call_1", "output": "42"}));
    Value::Array(items)
}

#[test]
fn output_goes_back_as_it_came() {
    let (input, warnings) = encoded(
        OPENAI,
        reply("openai", items(), "Hi", "{\"a\":1}"),
        json!({}),
    );
    assert_eq!((input, warnings), (native(items()), 0));
    // A block that nobody signed is the provider's own.
    let mut message = reply("openai", items(), "Hi", "{\"a\":1}");
    message["content"][1]
        .as_object_mut()
        .unwrap()
        .shift_remove("provider");
    assert_eq!(encoded(OPENAI, message, json!({})).0, native(items()));
}

#[test]
fn an_edited_message_is_what_it_says() {
    let rows = [("Hello", "{\"a\": 1}"), ("Hi", "{\"a\": 2}")];
    for (text, arguments) in rows {
        let message = reply("openai", items(), text, arguments);
        let (input, warnings) = encoded(OPENAI, message, json!({}));
        assert_eq!((input, warnings), (portable(text, arguments), 1));
    }
    let mut message = reply("openai", items(), "Hi", "{}");
    message["tool_calls"] = json!([]);
    let encoded = OPENAI
        .encode(&conversation(json!([message])), &target())
        .unwrap();
    assert_eq!(body(&encoded)["input"], json!([portable("Hi", "")[0]]));
}

#[test]
fn another_providers_items_are_left_out() {
    let xai = Wire::sse("xai").api("responses");
    let (input, warnings) = encoded(xai, reply("openai", items(), "Hi", "{}"), json!({}));
    assert_eq!((input, warnings), (portable("Hi", "{}"), 1));
}

#[test]
#[cfg(all(feature = "anthropic", feature = "cohere"))]
fn other_wires_leave_the_block_out() {
    let message = reply("openai", items(), "Hi", "{}");
    let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "42"});
    let user = json!({"role": "user", "content": "hi"});
    let history = conversation(json!([user, message, result]));
    for (name, path) in [
        ("openai", ""),
        ("anthropic", ""),
        ("cohere", "/v2"),
        ("cohere", "/v1"),
    ] {
        let target = crate::providers::Target {
            base_path: path,
            ..target()
        };
        let encoded = Wire::sse(name).encode(&history, &target);
        let encoded = encoded.unwrap_or_else(|error| panic!("{name}{path}: {error}"));
        assert_eq!(encoded.warnings.len(), 1, "{name}: {:?}", encoded.warnings);
        let sent = String::from_utf8(encoded.body).unwrap();
        assert!(
            !sent.contains("gAAA") && !sent.contains("response_items"),
            "{sent}"
        );
    }
}

/// Where nothing is kept, an id means nothing to the provider, nor an item without its reasoning.
#[test]
fn reasoning_that_only_the_provider_remembers_needs_its_memory() {
    let mut forgotten = items();
    forgotten[0]["encrypted_content"] = json!(null);
    let message = || reply("openai", forgotten.clone(), "Hi", "{\"a\": 1}");
    assert_eq!(
        encoded(OPENAI, message(), json!({})),
        (native(forgotten.clone()), 0)
    );
    let (input, warnings) = encoded(OPENAI, message(), json!({"store": false}));
    assert_eq!((input.as_array().unwrap().len(), warnings), (3, 1));
    assert!(
        input
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["id"].is_null()),
        "{input}"
    );
    assert_eq!(input[0]["phase"], "commentary");
    // With its content it stands for itself.
    let full = reply("openai", items(), "Hi", "{\"a\": 1}");
    assert_eq!(
        encoded(OPENAI, full, json!({"store": false})),
        (native(items()), 0)
    );
    forgotten[0]["content"] = json!([{"type": "reasoning_text", "text": "so"}]);
    let full = reply("openai", forgotten.clone(), "Hi", "{\"a\": 1}");
    assert_eq!(
        encoded(OPENAI, full, json!({"store": false})),
        (native(forgotten), 0)
    );
}

/// A result belongs to its call, whose id goes back as it came.
#[test]
fn an_id_that_came_from_here_is_not_renamed() {
    let id = format!("resp_{}:call_0", "y".repeat(60));
    let items = json!([function_call(&id, "f", "{}")]);
    let message = json!({"role": "assistant", "content": [block("openai", items)],
        "tool_calls": [{"id": id, "function": {"name": "f", "arguments": "{}"}}]});
    let result = json!({"role": "tool", "tool_call_id": id, "content": "42"});
    let request = conversation(json!([message, result]));
    let input = body(&OPENAI.encode(&request, &target()).unwrap())["input"].clone();
    assert_eq!(
        (&input[0]["call_id"], &input[1]["call_id"]),
        (&json!(id), &json!(id))
    );
}

#[test]
fn a_custom_call_gets_a_custom_result() {
    let item = json!({"type": "custom_tool_call", "id": "ct", "call_id": "c", "name": "sql",
        "input": "SELECT 1"});
    let message = whole(json!([item])).response.message();
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "1"});
    let request = conversation(json!([message, result]));
    check! {
        body(&OPENAI.encode(&request, &target()).unwrap())["input"] => [item,
            {"type": "custom_tool_call_output", "call_id": "c", "output": "1"}];
        // Chat completions have another form of it.
        body(&Wire::sse("openai").encode(&request, &lenient()).unwrap())["messages"][0] =>
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "custom",
                "custom": {"name": "sql", "input": "SELECT 1"}}]};
    }
}

/// It goes back to where it came from, also in a message that was edited.
#[test]
fn a_namespace_is_known_only_here() {
    let call = json!({"id": "c", "function": {"name": "f", "arguments": "{}"}, "namespace": "n"});
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "1"});
    let request = conversation(json!([{"role": "assistant", "tool_calls": [call]}, result]));
    let sent = body(&OPENAI.encode(&request, &target()).unwrap());
    assert_eq!(sent["input"][0]["namespace"], "n");
    let chat = Wire::sse("openai").encode(&request, &target()).unwrap();
    check! {
        body(&chat)["messages"][0]["tool_calls"] => [{"id": "c", "type": "function",
            "function": {"name": "f", "arguments": "{}"}}];
    }
}

#[test]
fn parts_and_fields_of_other_providers_are_left_out() {
    let message = json!({"role": "assistant", "refusal": "no", "reasoning_content": "r",
        "phase": "final_answer",
        "content": [{"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": ""}, {"type": "text", "text": "a"}]});
    let encoded = OPENAI
        .encode(&conversation(json!([message])), &target())
        .unwrap();
    assert_eq!(encoded.warnings.len(), 2, "{:?}", encoded.warnings);
    check! {
        body(&encoded)["input"] => [{"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}, {"type": "refusal",
            "refusal": "no"}], "phase": "final_answer"}];
    }
}
