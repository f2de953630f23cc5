//! Requests of v2: what goes out, under which name, and what does not.

use super::*;
use crate::framing::Framing;

/// The body beside model, messages and stream.
fn rest(fields: Value) -> Value {
    let body = body(&encode(&request(fields), &target("")).unwrap());
    beside(body, joined(request(json!({})), json!({"stream": true})))
}

/// The field that is named by the error, and what lenient makes of the same request.
fn refused(fields: Value, lenient: Value) -> String {
    let (field, mut body) = V2.refused_field(&request(fields), &target(""));
    let fields = body.as_object_mut().unwrap();
    fields.retain(|name, _| lenient.get(name).is_some());
    assert_eq!(body, lenient);
    field
}

fn messages(messages: Value) -> Value {
    let request = conversation(messages);
    body(&encode(&request, &target("/v2")).unwrap())["messages"].take()
}

#[test]
fn the_base_url_chooses_the_version() {
    let rows = list! {
        ("", "/v2/chat", Framing::Sse), ("/gateway", "/v2/chat", Framing::Sse),
        ("/key/v2", "/chat", Framing::Sse), ("/v2", "/chat", Framing::Sse),
        ("/key/v1", "/chat", Framing::Ndjson), ("/v1", "/chat", Framing::Ndjson),
    };
    for (base_path, path, framing) in rows {
        let encoded = encode(&request(json!({})), &target(base_path)).unwrap();
        assert_eq!(
            (encoded.path.as_str(), encoded.framing),
            (path, framing),
            "{base_path}"
        );
    }
}

#[test]
fn only_what_was_set_is_sent() {
    let request = request(json!({}));
    let key_headers = Wire::sse("cohere").key_headers("test-key");
    check! { key_headers => [("authorization", "Bearer test-key".to_owned())]; }
    let encoded = encode(&request, &target("")).unwrap();
    assert_eq!(encoded.warnings, Vec::<String>::new());
    assert_eq!(encode(&request, &target("")).unwrap().headers, []);
    assert_eq!(rest(json!({})), json!({}));
    check! { rest(json!({"stop": [], "tools": [], "temperature": null, "k": null})) => {}; }
    let encoded = encode(&request, &own_target()).unwrap();
    assert_eq!(body(&encoded)["stream"], false);
}

#[test]
fn fields_go_out_under_coheres_names() {
    let fields = json!({"max_tokens": 5, "temperature": 0.5, "top_p": 0.25, "stop": ["a", "b"],
        "seed": -7, "frequency_penalty": 0.5, "presence_penalty": 0.75, "top_k": 3,
        "safety_mode": "OFF", "documents": ["d"], "citation_options": {"mode": "FAST"},
        "logprobs": true, "priority": 1});
    let expected = json!({"max_tokens": 5, "temperature": 0.5, "p": 0.25,
        "stop_sequences": ["a", "b"], "seed": -7, "frequency_penalty": 0.5,
        "presence_penalty": 0.75, "k": 3, "safety_mode": "OFF", "documents": ["d"],
        "citation_options": {"mode": "FAST"}, "logprobs": true, "priority": 1});
    assert_eq!(rest(fields), expected);
    assert_eq!(rest(json!({"stop": "a"})), json!({"stop_sequences": ["a"]}));
    check! { rest(json!({"max_completion_tokens": 5})) => {"max_tokens": 5}; }
}

#[test]
fn what_the_caller_wrote_wins() {
    assert_eq!(rest(json!({"top_p": 0.5, "p": 0.25})), json!({"p": 0.25}));
    check! { rest(json!({"max_tokens": 5, "max_completion_tokens": 6})) => {"max_tokens": 6}; }
    let over = json!({"top_p": 0.5, "extra_body": {"p": 0.25, "n": 2, "stream": null, "x": null}});
    let mut body = body(&encode(&request(over), &target("")).unwrap());
    body.as_object_mut()
        .unwrap()
        .retain(|name, _| !matches!(name.as_str(), "model" | "messages"));
    assert_eq!(body, json!({"p": 0.25, "n": 2}));
    let thinking = json!({"type": "enabled", "token_budget": 9});
    let fields = json!({"reasoning_effort": "none", "thinking": thinking});
    assert_eq!(rest(fields), json!({"thinking": thinking}));
}

#[test]
fn tools_are_as_of_chat_completions_and_strict_together() {
    let schema = json!({"type": "object", "properties": {"x": {"type": "integer"}}});
    let tool = |function: Value| json!({"type": "function", "function": function});
    let strict =
        tool(json!({"name": "f", "description": "d", "parameters": schema, "strict": true}));
    let plain = tool(json!({"name": "f", "description": "d", "parameters": schema}));
    let bare = tool(json!({"name": "g"}));
    let nothing = json!({"type": "object", "properties": {}});
    let empty = tool(json!({"name": "g", "parameters": nothing}));
    check! { rest(json!({"tools": [plain, bare]})) => {"tools": [plain, empty]}; }
    let expected = json!({"tools": [plain], "strict_tools": true});
    assert_eq!(rest(json!({"tools": [strict]})), expected);
    let encoded = encode(&request(json!({"tools": [strict, bare]})), &target("")).unwrap();
    let warning = "tools: strict became strict_tools, which holds for all tools";
    assert_eq!(encoded.warnings, [warning]);
    check! { refused(json!({"tools": [{"type": "web_search"}]}), json!({})) => "tools[0]"; }
}

#[test]
fn a_tool_choice_is_a_word_or_nothing() {
    assert_eq!(rest(json!({"tool_choice": "auto"})), json!({}));
    check! {
        rest(json!({"tool_choice": "required"})) => {"tool_choice": "REQUIRED"};
        rest(json!({"tool_choice": "none"})) => {"tool_choice": "NONE"};
    }
    let named = json!({"type": "function", "function": {"name": "f"}});
    check! { refused(json!({"tool_choice": named}), json!({})) => "tool_choice"; }
}

#[test]
fn a_schema_is_a_field_of_the_json_object() {
    let schema = json!({"type": "object", "required": ["x"]});
    let format = |format: Value| rest(json!({"response_format": format}))["response_format"].take();
    let named = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema,
        "strict": true}});
    check! { format(named) => {"type": "json_object", "json_schema": schema}; }
    for own in list! {
        json!({"type": "text"}), json!({"type": "json_object", "json_schema": schema}),
    } {
        assert_eq!(format(own.clone()), own);
    }
    let other = json!({"response_format": {"type": "grammar"}});
    assert_eq!(refused(other, json!({})), "response_format");
}

#[test]
fn an_effort_is_thinking_on_or_off() {
    check! { rest(json!({"reasoning_effort": "none"})) => {"thinking": {"type": "disabled"}}; }
    for effort in ["minimal", "low", "medium", "high", "xhigh", "max"] {
        let encoded = encode(&request(json!({"reasoning_effort": effort})), &target("")).unwrap();
        assert_eq!(body(&encoded)["thinking"], json!({"type": "enabled"}));
        check! { encoded.warnings => ["reasoning_effort became thinking, which is on or off"]; }
    }
    check! { refused(json!({"reasoning_effort": "1024"}), json!({})) => "reasoning_effort"; }
}

#[test]
fn what_has_no_place_is_named() {
    let rows = json!({"user": "u", "metadata": {"a": "b"}, "parallel_tool_calls": false, "n": 2,
        "logit_bias": {"1": 2}, "top_logprobs": 2, "service_tier": "flex", "store": true,
        "functions": [], "function_call": "auto", "modalities": ["text"], "audio": {},
        "prediction": {}, "verbosity": "low", "web_search_options": {}, "prompt_cache_key": "k",
        "safety_identifier": "s"});
    for (name, value) in rows.as_object().unwrap() {
        let nothing = json!({"model": "m", "stream": true});
        assert_eq!(&refused(json!({ name: value }), nothing), name);
    }
    let nothing = json!({"parallel_tool_calls": true, "n": 1, "store": false, "logprobs": false,
        "stream_options": {"include_usage": true}});
    assert_eq!(rest(nothing), json!({}));
    let own = json!({"user": "u", "metadata": {}, "n": 2,
        "extra_body": {"user": "v", "metadata": null, "n": null}});
    assert_eq!(rest(own), json!({"user": "v"}));
}

#[test]
fn messages_have_coheres_roles_and_parts() {
    let image =
        json!({"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}});
    let document = json!({"type": "document", "document": {"id": "d", "data": {"a": 1}}});
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}});
    let sent = messages(json!([
        {"role": "developer", "content": "be brief"},
        {"role": "system", "content": [{"type": "text", "text": "be kind"}]},
        {"role": "user", "content": [{"type": "text", "text": "look"}, image], "x": 1,
            "name": null},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": [document], "name": "f"},
        {"role": "assistant", "content": "done"},
        {"role": "user", "content": "thanks"},
    ]));
    let mut sent_call = call.clone();
    sent_call["function"]["arguments"] = json!("{}");
    let expected = json!([
        {"role": "system", "content": "be brief"},
        {"role": "system", "content": [{"type": "text", "text": "be kind"}]},
        {"role": "user", "content": [{"type": "text", "text": "look"}, image], "x": 1},
        {"role": "assistant", "tool_calls": [sent_call]},
        {"role": "tool", "content": [document], "tool_call_id": "c"},
        {"role": "assistant", "content": "done"},
        {"role": "user", "content": "thanks"},
    ]);
    assert_eq!(sent, expected);
}

#[test]
fn text_beside_calls_is_the_plan() {
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let sent = |content: Value, plan: Value| {
        let message = json!({"role": "assistant", "content": content, "tool_plan": plan,
            "tool_calls": [call]});
        let mut sent = messages(json!([message]))[0].take();
        let fields = sent.as_object_mut().unwrap();
        assert_eq!(fields.shift_remove("tool_calls"), Some(json!([call])));
        sent
    };
    let text = |text: &str| json!({"type": "text", "text": text});
    let part = json!({"type": "tool_plan", "tool_plan": "I will"});
    let thinking = json!({"type": "thinking", "thinking": "Hm"});
    let plan = |plan: &str| json!({"role": "assistant", "tool_plan": plan});
    assert_eq!(sent(json!("I will"), json!(null)), plan("I will"));
    assert_eq!(sent(json!(null), json!("I will")), plan("I will"));
    assert_eq!(sent(json!([part]), json!(null)), plan("I will"));
    check! {
        sent(json!([part, text("ask")]), json!("Well")) => (plan("Well\nI will\nask"));
        sent(json!([text("")]), json!(null)) => {"role": "assistant"};
    }
    let expected = json!({"role": "assistant", "content": [thinking], "tool_plan": "I will"});
    check! { sent(json!([thinking, text("I will")]), json!(null)) => expected; }
    // Without calls a text stays one.
    let message = json!({"role": "assistant", "content": [thinking, text("done")]});
    assert_eq!(messages(json!([message])), json!([message]));
}

#[test]
fn parts_and_fields_without_a_place_are_named() {
    let user = |content: Value| json!({"role": "user", "content": content});
    let hi = json!({"role": "user", "content": "hi"});
    let rows = list! {
        (user(json!([{"type": "input_audio", "input_audio": {}}])), "messages[1].content[0]"),
        (json!({"role": "system", "content": [{"type": "image_url", "image_url": {}}]}),
            "messages[1].content[0]"),
        (json!({"role": "user", "content": "hi", "name": "n"}), "messages[1].name"),
        (json!({"role": "function", "content": "x", "name": "f"}), "messages[1]"),
        (json!({"role": "assistant", "tool_calls": [{"id": "c", "type": "custom"}]}),
            "messages[1].tool_calls[0]"),
    };
    for (message, field) in rows {
        let fields = json!({"messages": [hi, message]});
        assert_eq!(refused(fields, json!({"model": "m"})), field);
    }
}

#[test]
fn what_another_providers_reply_had_stays_behind() {
    let reply = json!({"role": "assistant", "refusal": "no", "citations": [7], "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "a"},
        {"type": "redacted_thinking", "data": "x"},
    ]});
    let request = json!({"model": "m", "messages": [reply]});
    let encoded = encode(&request, &target("/v2")).unwrap();
    let text = json!([{"type": "text", "text": "a"}]);
    let sent = json!([{"role": "assistant", "content": text, "citations": [7]}]);
    assert_eq!(body(&encoded)["messages"], sent);
    let expected = list! {
        "messages[0].content[0] was left out: cohere takes no \"thinking\"",
        "messages[0].content[2] was left out: cohere takes no \"redacted_thinking\"",
        "messages[0].refusal was left out: cohere takes no \"refusal\"",
    };
    assert_eq!(encoded.warnings, expected);
}
