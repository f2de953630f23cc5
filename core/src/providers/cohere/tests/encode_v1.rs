//! Requests of v1: what goes out, under which name, and what does not.

use super::*;

fn sent(request: Value) -> Value {
    let body = body(&encode(&request, &target("/v1")).unwrap());
    beside(body, json!({"model": "m", "stream": true}))
}

/// The body beside what every request has.
fn rest(fields: Value) -> Value {
    beside(sent(request(fields)), json!({"message": "hi"}))
}

fn sent_of(messages: Value) -> Value {
    sent(conversation(messages))
}

/// The field that is named by the error; lenient leaves it out.
fn refused(request: &Value) -> String {
    V1.refused_field(request, &target("/v1")).0
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}})
}

#[test]
fn a_question_is_the_message() {
    assert_eq!(rest(json!({})), json!({}));
    let fields = json!({"max_tokens": 5, "temperature": 0.5, "top_p": 0.25, "stop": ["a"],
        "seed": 7,
        "frequency_penalty": 0.5, "top_k": 3, "connectors": [{"id": "web-search"}],
        "documents": [{"text": "d"}], "reasoning_effort": "none", "tool_choice": "auto"});
    let expected = json!({"max_tokens": 5, "temperature": 0.5, "p": 0.25, "stop_sequences": ["a"],
        "seed": 7, "frequency_penalty": 0.5, "k": 3, "connectors": [{"id": "web-search"}],
        "documents": [{"text": "d"}]});
    assert_eq!(rest(fields), expected);
}

#[test]
fn earlier_messages_are_history() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let sent = sent_of(json!([
        {"role": "system", "content": "be brief"},
        {"role": "developer", "content": [text("be"), text("kind")]},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"role": "system", "content": "be quick"},
        {"role": "user", "content": [{"type": "text", "text": "and now?"}]},
    ]));
    let expected = json!({
        "message": "and now?",
        "preamble": "be brief\n\nbe\nkind",
        "chat_history": [
            {"role": "USER", "message": "hi"},
            {"role": "CHATBOT", "message": "hello"},
            {"role": "SYSTEM", "message": "be quick"},
        ],
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_preamble_of_the_callers_own_leaves_instructions_in_the_history() {
    let request = json!({"model": "m", "preamble": "mine", "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]});
    let history = json!([{"role": "SYSTEM", "message": "be brief"}]);
    let expected = json!({"message": "hi", "preamble": "mine", "chat_history": history});
    assert_eq!(sent(request), expected);
}

#[test]
fn results_stand_beside_their_calls() {
    let first = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "I will",
            "tool_calls": [call("a", "{\"x\":1}"), call("b", "")]},
        {"role": "tool", "tool_call_id": "b", "name": "f", "content": "five"},
        {"role": "tool", "tool_call_id": "a", "content": "{\"y\":2}"},
    ]);
    let calls = json!([{"name": "f", "parameters": {"x": 1}}, {"name": "f", "parameters": {}}]);
    let results = json!([
        {"call": {"name": "f", "parameters": {}}, "outputs": [{"output": "five"}]},
        {"call": {"name": "f", "parameters": {"x": 1}}, "outputs": [{"y": 2}]},
    ]);
    let history = json!([
        {"role": "USER", "message": "hi"},
        {"role": "CHATBOT", "message": "I will", "tool_calls": calls},
    ]);
    let expected = json!({"message": "", "chat_history": history, "tool_results": results});
    assert_eq!(sent_of(first.clone()), expected);

    // Later they are a turn; an id that was made again means the nearest call.
    let mut messages = first.as_array().unwrap().clone();
    messages.extend(list! {
        json!({"role": "assistant", "content": null, "tool_calls": [call("a", "{\"x\":9}")]}),
        json!({"role": "tool", "tool_call_id": "a", "content": [{"type": "document", "document":
            {"data": {"z": 3}}}, {"type": "text", "text": "7"}]}),
    });
    let mut history = history.as_array().unwrap().clone();
    let calls = json!([{"name": "f", "parameters": {"x": 9}}]);
    history.extend(list! {
        json!({"role": "TOOL", "tool_results": results}),
        json!({"role": "CHATBOT", "message": "", "tool_calls": calls}),
    });
    let results = json!([{"call": calls[0], "outputs": [{"z": 3}, {"output": "7"}]}]);
    let expected = json!({"message": "", "chat_history": history, "tool_results": results});
    assert_eq!(sent_of(json!(messages)), expected);
}

#[test]
fn schemas_become_definitions() {
    let schema = json!({"type": "object", "required": ["s", "e"], "properties": {
        "s": {"type": "string", "description": "a text", "title": "S"},
        "i": {"type": ["null", "integer"]},
        "n": {"type": "number"},
        "b": {"type": "boolean"},
        "o": {"type": "object"},
        "a": {"type": "array", "items": {"type": "string"}},
        "l": {"type": "array"},
        "p": {"type": "List[str]"},
        "e": {},
    }});
    let definition = |kind: &str, required: bool| json!({"type": kind, "required": required});
    let expected = json!({
        "s": {"description": "a text", "type": "str", "required": true},
        "i": definition("int", false),
        "n": definition("float", false),
        "b": definition("bool", false),
        "o": definition("dict", false),
        "a": definition("list[str]", false),
        "l": definition("list", false),
        "p": definition("List[str]", false),
        "e": definition("str", true),
    });
    let tools = |function: Value| json!({"tools": [{"type": "function", "function": function}]});
    let sent = rest(tools(json!({"name": "f", "parameters": schema})));
    let tool = json!({"name": "f", "description": "", "parameter_definitions": expected});
    assert_eq!(sent, json!({"tools": [tool]}));
    let sent = rest(tools(
        json!({"name": "f", "description": "d", "strict": false}),
    ));
    assert_eq!(sent, json!({"tools": [{"name": "f", "description": "d"}]}));

    let schema = json!({"properties": {"x": {"type": "string", "enum": ["a"]},
        "y": {"type": "array", "items": {"type": "string", "enum": ["a"]}, "enum": []}}});
    let request = request(tools(json!({"name": "f", "parameters": schema})));
    let encoded = encode(&request, &target("/v1")).unwrap();
    let warning = "tools[0].function.parameters: Cohere's v1 knows only type, description and \
                   required; left out: enum, items";
    assert_eq!(encoded.warnings, [warning]);
}

#[test]
fn a_schema_is_a_field_of_the_json_object() {
    let schema = json!({"type": "object"});
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema}});
    let expected = json!({"response_format": {"type": "json_object", "schema": schema}});
    assert_eq!(rest(json!({"response_format": format})), expected);
}

#[test]
fn what_v1_cannot_do_is_named() {
    let tool = json!({"type": "function", "function": {"name": "f", "strict": true}});
    let rows = list! {
        (json!({"tool_choice": "required"}), "tool_choice"),
        (json!({"tool_choice": {"type": "function", "function": {"name": "f"}}}), "tool_choice"),
        (json!({"tools": [tool]}), "tools[0].function.strict"),
        (json!({"tools": [{"type": "web_search"}]}), "tools[0]"),
        (json!({"reasoning_effort": "low"}), "reasoning_effort"),
        (json!({"thinking": {"type": "enabled"}}), "thinking"),
        (json!({"logprobs": true}), "logprobs"),
        (json!({"strict_tools": true}), "strict_tools"),
        (json!({"citation_options": {"mode": "FAST"}}), "citation_options"),
        (json!({"user": "u"}), "user"),
        (json!({"n": 2}), "n"),
    };
    for (fields, field) in rows {
        assert_eq!(refused(&request(fields)), field);
    }
    let hi = json!({"role": "user", "content": "hi"});
    let rows = list! {
        (json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}),
            "messages[1].content[0]"),
        (json!({"role": "user", "content": "hi", "name": "n"}), "messages[1].name"),
        (json!({"role": "function", "content": "x"}), "messages[1]"),
        (json!({"role": "tool", "tool_call_id": "x", "content": "x"}), "messages[1].tool_call_id"),
        (json!({"role": "tool", "content": "x"}), "messages[1].tool_call_id"),
        (json!({"role": "assistant", "tool_calls": [{"id": "c", "type": "custom"}]}),
            "messages[1].tool_calls[0]"),
    };
    for (message, field) in rows {
        assert_eq!(refused(&conversation(json!([hi, message]))), field);
    }
}

#[test]
fn arguments_that_are_no_object_cannot_go_back() {
    let message = json!({"role": "assistant", "tool_calls": [call("a", "{\"x")]});
    let error = V1.refused(&conversation(json!([message])), &target("/v1"));
    let place = "messages[0].tool_calls[0].function.arguments must be a JSON object";
    assert!(error.starts_with(place), "{error}");
}

#[test]
fn what_another_providers_reply_had_stays_behind() {
    let reply = json!({"role": "assistant", "refusal": "no", "content": [
        {"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "a"}]});
    let hi = json!({"role": "user", "content": "hi"});
    let request = json!({"model": "m", "messages": [reply, hi]});
    let encoded = encode(&request, &target("/v1")).unwrap();
    let history = json!([{"role": "CHATBOT", "message": "a"}]);
    assert_eq!(body(&encoded)["chat_history"], history);
    let expected = list! {
        "messages[0].refusal was left out: cohere takes no \"refusal\"",
        "messages[0].content[0] was left out: cohere takes no \"thinking\"",
    };
    assert_eq!(encoded.warnings, expected);
}
