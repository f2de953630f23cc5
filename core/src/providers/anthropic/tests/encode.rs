//! Fields beside messages: what goes out, under which name, and what does not.

use super::*;

/// The body beside model, messages and the default limit.
fn rest_at(fields: &Value, target: &Target<'_>) -> Value {
    let encoded = encode(&request(fields.clone()), target).unwrap();
    let mut rest = beside(body(&encoded), request(json!({})));
    if rest["max_tokens"] == 4096 {
        rest.as_object_mut().unwrap().shift_remove("max_tokens");
    }
    rest
}

fn rest(fields: Value) -> Value {
    rest_at(&fields, &target())
}

/// What is left of the request where the caller is lenient, of fields of which one is refused.
fn refused(fields: Value, name: &str) -> Value {
    let message = ANTHROPIC.refused(&request(fields.clone()), &target());
    check! { message.starts_with(&format!("{name} cannot be sent: ")) => true, message; }
    let (field, _) = ANTHROPIC.refused_field(&request(fields.clone()), &target());
    assert_eq!(field, name);
    rest_at(&fields, &lenient())
}

/// The error of what cannot be written at all.
fn wrong(fields: Value) -> String {
    ANTHROPIC.refused(&request(fields), &lenient())
}

#[test]
fn only_what_was_set_is_sent_and_the_limit_that_is_required() {
    let encoded = encode(&request(json!({})), &target()).unwrap();
    let expected =
        json!({"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}]});
    assert_eq!(body(&encoded), expected);
    assert_eq!(encoded.warnings, Vec::<String>::new());
    let nothing = json!({"stop": [], "tools": [], "temperature": null, "user": null});
    assert_eq!(rest(nothing), json!({}));
}

#[test]
fn the_path_is_not_doubled() {
    for (base_path, path) in list! {
        ("", "/v1/messages"), ("/v1", "/messages"), ("/key/v1", "/messages"),
        ("/anthropic", "/v1/messages"), ("/sv1", "/v1/messages"),
    } {
        let target = Target {
            base_path,
            ..target()
        };
        assert_eq!(encode(&request(json!({})), &target).unwrap().path, path);
    }
}

#[test]
fn a_token_of_oauth_is_no_key() {
    let headers = |key: &str| Wire::sse("anthropic").key_headers(key);
    let version = || ("anthropic-version", "2023-06-01".to_owned());
    let key = ("x-api-key", "sk-ant-api03-x".to_owned());
    assert_eq!(headers("sk-ant-api03-x"), [key]);
    let token = ("authorization", "Bearer sk-ant-oat01-x".to_owned());
    let beta = ("anthropic-beta", "oauth-2025-04-20".to_owned());
    assert_eq!(headers("sk-ant-oat01-x"), [token, beta]);
    check! { encode(&request(json!({})), &target()).unwrap().headers => [version()]; }
}

#[test]
fn fields_have_the_names_of_anthropic() {
    let fields = json!({"max_tokens": 5, "temperature": 0.5, "top_p": 0.25, "stop": "END",
        "user": "u", "top_k": 3, "service_tier": "auto", "thinking": {"type": "adaptive"}});
    let expected = json!({"max_tokens": 5, "temperature": 0.5, "top_p": 0.25,
        "stop_sequences": ["END"], "metadata": {"user_id": "u"}, "top_k": 3,
        "service_tier": "auto", "thinking": {"type": "adaptive"}});
    assert_eq!(rest(fields.clone()), expected);
    let usage = json!({"stream_options": {"include_usage": true}});
    assert_eq!(rest_at(&usage, &streamed()), json!({"stream": true}));
}

#[test]
fn the_limit_has_several_names_and_leaves_room_for_thinking() {
    let cases = list! {
        (json!({"max_tokens": 5, "max_completion_tokens": 6}), json!(6)),
        (json!({"max_completion_tokens": 6}), json!(6)),
        (json!({"max_tokens": 5, "extra_body": {"max_tokens": 7}}), json!(7)),
        (json!({"extra_body": {"max_tokens": null}}), Value::Null),
        (json!({"thinking": {"type": "enabled", "budget_tokens": 3000}}), json!(7096)),
        (json!({"extra_body": {"thinking": {"budget_tokens": 1024}}}), json!(5120)),
        (json!({"max_tokens": 5, "thinking": {"budget_tokens": 3000}}), json!(5)),
    };
    for (fields, limit) in cases {
        assert_eq!(rest(fields.clone())["max_tokens"], limit, "{fields}");
    }
}

#[test]
fn extra_body_wins_over_everything() {
    let fields = json!({"temperature": 1, "top_k": 5, "seed": 1, "n": 2, "stop": "a", "user": "u",
        "response_format": {"type": "json_schema", "schema": {}}, "reasoning_effort": "low",
        "tools": [{"type": "t", "name": "x"}], "tool_choice": "auto",
        "extra_body": {"temperature": 0, "top_k": null, "seed": null, "n": null, "new": [1],
            "stop_sequences": ["b"], "metadata": {"x": 1}, "output_config": {"y": 2},
            "tools": null, "tool_choice": null}});
    let expected = json!({"temperature": 0, "new": [1], "stop_sequences": ["b"],
        "metadata": {"x": 1}, "output_config": {"y": 2}});
    assert_eq!(rest(fields.clone()), expected);
}

#[test]
fn what_only_openai_knows_is_refused_by_name() {
    let rows = json!({"seed": 7, "n": 2, "frequency_penalty": 0.5, "presence_penalty": -1,
        "logit_bias": {"1": 2}, "logprobs": true, "top_logprobs": 2, "store": true,
        "prediction": {"type": "content"}, "modalities": ["text"], "audio": {"voice": "x"},
        "functions": [{}], "function_call": "auto", "verbosity": "low", "prompt_cache_key": "k",
        "prompt_cache_retention": "24h", "safety_identifier": "s", "web_search_options": {"a": 1}});
    for (name, value) in rows.as_object().unwrap() {
        assert_eq!(refused(json!({name: value}), name), json!({}), "{name}");
    }
    let nothing = json!({"n": 1, "frequency_penalty": 0, "presence_penalty": 0.0, "logprobs": false,
        "logit_bias": {}, "store": null, "top_logprobs": 0, "functions": []});
    assert_eq!(rest(nothing), json!({}));
}

#[test]
fn metadata_is_the_user_and_nothing_else() {
    let left = refused(json!({"user": "u", "metadata": {"a": "b"}}), "metadata.a");
    assert_eq!(left, json!({"metadata": {"user_id": "u"}}));
    let own = json!({"user": "u", "metadata": {"user_id": "v"}});
    assert_eq!(rest(own), json!({"metadata": {"user_id": "v"}}));
}

#[test]
fn a_schema_is_the_format_of_the_output() {
    let schema = json!({"type": "array", "items": {"type": "integer"}});
    let format = json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}});
    let described = json!({"name": "n", "strict": true, "schema": schema});
    let openai = json!({"response_format": {"type": "json_schema", "json_schema": described}});
    assert_eq!(rest(openai), format);
    let own = json!({"response_format": {"type": "json_schema", "schema": schema}});
    assert_eq!(rest(own), format);
    check! { rest(json!({"response_format": {"type": "text"}})) => {}; }
    let object = json!({"response_format": {"type": "json_object"}});
    assert_eq!(refused(object, "response_format"), json!({}));
    let odd = json!({"response_format": {"type": "grammar"}});
    assert_eq!(refused(odd, "response_format"), json!({}));
    let empty = json!({"response_format": {"type": "json_schema", "json_schema": {}}});
    assert!(wrong(empty).contains("response_format.json_schema.schema is missing"));
}

#[test]
fn effort_joins_what_the_caller_wrote() {
    let fields = json!({"reasoning_effort": "high", "output_config": {"x": 1},
        "response_format": {"type": "json_schema", "schema": {}}});
    let format = json!({"type": "json_schema", "schema": {}});
    let expected = json!({"output_config": {"x": 1, "format": format, "effort": "high"}});
    assert_eq!(rest(fields.clone()), expected);
    let both = json!({"reasoning_effort": "high", "output_config": {"effort": "max"}});
    assert_eq!(rest(both), json!({"output_config": {"effort": "max"}}));
    for word in ["none", "minimal"] {
        let left = refused(json!({"reasoning_effort": word}), "reasoning_effort");
        assert_eq!(left, json!({}));
    }
    assert!(wrong(json!({"output_config": 7})).contains("output_config must be an object"));
}

#[test]
fn tools_have_a_schema_and_keep_what_stands_beside_it() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let mark = json!({"type": "ephemeral"});
    let tools = json!([
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema,
            "strict": true}, "cache_control": mark},
        {"type": "function", "function": {"name": "g", "defer_loading": true}},
        {"type": "function", "function": {"name": "h", "parameters": null, "strict": null}},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
        {"name": "own", "input_schema": schema},
        {"type": "custom", "name": "own", "input_schema": schema},
    ]);
    let expected = json!([
        {"name": "f", "description": "d", "input_schema": schema, "strict": true,
            "cache_control": mark},
        {"name": "g", "input_schema": {"type": "object"}, "defer_loading": true},
        {"name": "h", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
        {"name": "own", "input_schema": schema},
        {"type": "custom", "name": "own", "input_schema": schema},
    ]);
    assert_eq!(rest(json!({"tools": tools})), json!({"tools": expected}));
    let free = json!({"tools": [{"type": "custom", "custom": {"name": "x"}}]});
    assert_eq!(refused(free, "tools[0]"), json!({}));
    assert!(wrong(json!({"tools": [{"type": "function"}]})).contains("tools[0].function is"));
}

#[test]
fn the_choice_of_a_tool_is_an_object() {
    let tool = json!({"type": "x", "name": "f"});
    let choice = |fields: Value| {
        let mut fields = fields;
        fields["tools"] = json!([tool]);
        rest(fields.clone())["tool_choice"].clone()
    };
    let named = json!({"type": "function", "function": {"name": "f"}});
    let one = json!({"type": "auto", "disable_parallel_tool_use": true});
    let own = json!({"type": "any", "disable_parallel_tool_use": false});
    let rows = list! {
        (json!({"tool_choice": "auto"}), json!({"type": "auto"})),
        (json!({"tool_choice": "none"}), json!({"type": "none"})),
        (json!({"tool_choice": "required"}), json!({"type": "any"})),
        (json!({"tool_choice": named}), json!({"type": "tool", "name": "f"})),
        (json!({"tool_choice": own}), own.clone()),
        (json!({"tool_choice": own, "parallel_tool_calls": false}), own.clone()),
        (json!({"parallel_tool_calls": false}), one),
        (json!({"parallel_tool_calls": true}), Value::Null),
        (json!({"tool_choice": "none", "parallel_tool_calls": false}), json!({"type": "none"})),
        (json!({"tool_choice": named, "parallel_tool_calls": false}), json!({"type": "tool", "name":
            "f", "disable_parallel_tool_use": true})),
    };
    for (fields, expected) in rows {
        assert_eq!(choice(fields.clone()), expected, "{fields}");
    }
    assert_eq!(rest(json!({"parallel_tool_calls": false})), json!({}));
    let some = json!({"tool_choice": {"type": "allowed_tools"}});
    assert_eq!(refused(some, "tool_choice"), json!({}));
    assert!(wrong(json!({"tool_choice": "maybe"})).contains("tool_choice must be"));
    let nameless = json!({"tool_choice": {"type": "function"}});
    assert!(wrong(nameless).contains("tool_choice.function.name is missing"));
}
