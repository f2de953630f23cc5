//! Tools, calls and results.

use super::*;

fn tool(function: Value) -> Value {
    json!({"type": "function", "function": function})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}})
}

fn result(id: &str, text: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": text})
}

fn hi() -> Value {
    json!({"role": "user", "content": "hi"})
}

#[test]
fn tools_and_the_choice_are_one_object() {
    let schema = json!({"type": "object", "properties": {}});
    let tools = json!([
        tool(json!({"name": "f", "description": "d", "parameters": {"properties": {}},
            "strict": true})),
        joined(tool(json!({"name": "g", "description": ""})), json!({"cache_control": {}})),
        {"type": "systemTool", "systemTool": {"name": "nova_grounding"}},
    ]);
    let config = |choice: Value| {
        body_of(NOVA, json!({"tools": tools, "tool_choice": choice}))["toolConfig"].take()
    };
    let listed = json!([
        {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": schema},
            "strict": true}},
        {"toolSpec": {"name": "g", "inputSchema": {"json": schema}}},
        {"cachePoint": {"type": "default"}},
        {"systemTool": {"name": "nova_grounding"}},
    ]);
    let rows = [
        (json!("auto"), json!({"auto": {}})),
        (json!("required"), json!({"any": {}})),
        (
            json!({"type": "function", "function": {"name": "f"}}),
            json!({"tool": {"name": "f"}}),
        ),
        (
            json!({"type": "tool", "name": "f"}),
            json!({"tool": {"name": "f"}}),
        ),
        (json!({"any": {}}), json!({"any": {}})),
    ];
    for (choice, expected) in rows {
        assert_eq!(
            config(choice),
            json!({"tools": listed, "toolChoice": expected})
        );
    }
    assert_eq!(config(json!(null)), json!({ "tools": listed }));
    assert_eq!(config(json!("none")), json!(null));
    for (fields, message) in [
        (
            json!({"tool_choice": "required"}),
            "tool_choice requires tools; give them",
        ),
        (
            json!({"tools": tools, "tool_choice": "x"}),
            "tool_choice must be auto, none, required, or name a tool",
        ),
        (
            json!({"tools": [{"type": "function"}]}),
            "tools[0].function is missing",
        ),
    ] {
        let request = joined(conversation(json!([hi()])), fields);
        assert_eq!(BEDROCK.refused(&request, &target()), message);
    }
    let unknown = joined(
        conversation(json!([hi()])),
        json!({"tools": [{"type": "web_search"}]}),
    );
    assert_eq!(BEDROCK.refused_field(&unknown, &target()).0, "tools[0]");
}

#[test]
fn tools_stay_while_the_conversation_holds_calls() {
    let turn = json!({"role": "assistant", "tool_calls": [call("t", "{}")]});
    let request = json!({"model": NOVA, "messages": [hi(), turn, result("t", "1")],
        "tools": [tool(json!({"name": "f"}))], "tool_choice": "none"});
    let encoded = encode(&request, &target()).unwrap();
    assert_eq!(encoded.warnings.len(), 1);
    assert!(encoded.warnings[0].starts_with("tool_choice was left out: Converse has no \"none\""));
    let config = body(&encoded)["toolConfig"].take();
    assert_eq!(config["tools"].as_array().unwrap().len(), 1);
    assert_eq!(config.get("toolChoice"), None);
}

/// The turns after the first call, of a conversation of two calls and their results.
fn after_calls(model: &str, last: Value) -> Value {
    let first = json!({"role": "assistant", "content": "", "tool_calls": [
        call("a", "{\"x\": 1.0}"), call("b", "")]});
    let failed = joined(result("b", ""), json!({"is_error": true}));
    turns_of(
        model,
        json!([hi(), first, result("a", "{\"y\":2}"), failed, last]),
    )
}

#[test]
fn results_of_one_turn_are_one_message() {
    let calls = json!({"role": "assistant", "content": [
        {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1.0}}},
        {"toolUse": {"toolUseId": "b", "name": "f", "input": {}}},
    ]});
    let first = json!({"role": "user", "content": [{"text": "hi"}]});
    let results = |content: Value| {
        json!([
            {"toolResult": {"toolUseId": "a", "content": [content]}},
            {"toolResult": {"toolUseId": "b", "content": [], "status": "error"}},
        ])
    };
    let last = json!({"role": "user", "content": "go on"});
    let mut mixed = results(json!({"text": "{\"y\":2}"}));
    mixed.as_array_mut().unwrap().push(json!({"text": "go on"}));
    let expected = json!([first, calls, {"role": "user", "content": mixed}]);
    assert_eq!(after_calls(NOVA, last.clone()), expected);
    assert_eq!(after_calls(CLAUDE, last.clone()), expected);
    let apart = |results: Value, rest: Value| {
        let between = json!({"role": "assistant", "content": [{"text": "."}]});
        json!([first, calls, {"role": "user", "content": results}, between,
            {"role": "user", "content": rest}])
    };
    let llama = after_calls("meta.llama3-1-8b-instruct-v1:0", last);
    let objects = results(json!({"json": {"y": 2}}));
    assert_eq!(llama, apart(objects, json!([{"text": "go on"}])));
    // Claude takes no documents beside results.
    let file = json!({"type": "file", "file": {"file_data": "data:text/csv;base64,AAAA"}});
    let last = json!({"role": "user", "content": [file]});
    let document = json!({"document": {"format": "csv", "name": "document",
        "source": {"bytes": "AAAA"}}});
    let texts = results(json!({"text": "{\"y\":2}"}));
    assert_eq!(after_calls(CLAUDE, last), apart(texts, json!([document])));
}

#[test]
fn a_result_that_is_no_object_is_put_into_one_where_it_has_to_be() {
    let turn = json!({"role": "assistant", "tool_calls": [call("123456789", "{}")]});
    let model = "mistral.mistral-large-2407-v1:0";
    let turns = turns_of(model, json!([hi(), turn, result("123456789", "sunny")]));
    let content = &turns[2]["content"][0]["toolResult"]["content"];
    assert_eq!(*content, json!([{"json": {"return_value": "sunny"}}]));
}

#[test]
fn ids_get_the_letters_and_the_length_that_are_taken() {
    let ids = |model: &str, id: &str| {
        let turn = json!({"role": "assistant", "tool_calls": [call(id, "{}")]});
        let turns = turns_of(model, json!([hi(), turn, result(id, "1")]));
        let called = turns[1]["content"][0]["toolUse"]["toolUseId"].clone();
        assert_eq!(turns[2]["content"][0]["toolResult"]["toolUseId"], called);
        called.as_str().unwrap().to_owned()
    };
    let long = "x".repeat(65);
    assert_eq!(ids(CLAUDE, "a.b:c-d_1"), "a.b:c-d_1");
    assert_eq!(ids(CLAUDE, "a|b"), "a_b");
    assert!(ids(NOVA, &long).len() <= 64);
    let fits = "x".repeat(64);
    assert_eq!(ids(NOVA, &fits), fits);
    let mistral = ids("mistral.mistral-large-2407-v1:0", "tooluse_abc");
    assert!(mistral.len() == 9 && mistral.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[test]
fn what_a_call_lacks_is_named() {
    let refused = |turn: Value| BEDROCK.refused(&conversation(json!([hi(), turn])), &target());
    let calls = |call: Value| json!({"role": "assistant", "tool_calls": [call]});
    let arguments = "messages[1].tool_calls[0].function.arguments is not the text of a JSON object";
    for text in ["[1]", "x", "{"] {
        assert_eq!(refused(calls(call("t", text))), arguments);
    }
    let without = json!({"function": {"name": "f", "arguments": "{}"}});
    assert_eq!(
        refused(calls(without)),
        "messages[1].tool_calls[0].id is missing"
    );
    let result = json!({"role": "tool", "content": "1"});
    assert_eq!(refused(result), "messages[1].tool_call_id is missing");
}
