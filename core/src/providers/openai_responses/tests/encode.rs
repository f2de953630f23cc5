//! The fields of a request, and where it goes.

use super::*;
use crate::providers::Target;

/// What is sent beside model and input.
fn sent(fields: Value) -> Value {
    let encoded = OPENAI.encode(&request(fields), &target()).unwrap();
    assert!(encoded.warnings.is_empty(), "{:?}", encoded.warnings);
    let usual = json!({"model": "m", "input": [{"role": "user", "content": "hi"}]});
    beside(body(&encoded), usual)
}

#[test]
fn fields_have_their_own_names() {
    check! {
        sent(json!({})) => {};
        sent(json!({"max_tokens": 9})) => {"max_output_tokens": 9};
        sent(json!({"max_tokens": 9, "max_completion_tokens": 7})) => {"max_output_tokens": 7};
        sent(json!({"max_tokens": 9, "max_output_tokens": 5})) => {"max_output_tokens": 5};
        sent(json!({"max_tokens": 9, "extra_body": {"max_output_tokens": null}})) => {};
        sent(json!({"temperature": 0.5, "top_p": 0.25, "user": "u", "metadata": {"a": "b"}})) =>
            {"temperature": 0.5, "top_p": 0.25, "user": "u", "metadata": {"a": "b"}};
        sent(json!({"reasoning_effort": "low"})) => {"reasoning": {"effort": "low"}};
        sent(json!({"reasoning_effort": "low", "reasoning": {"summary": "auto"}})) =>
            {"reasoning": {"summary": "auto", "effort": "low"}};
        sent(json!({"reasoning_effort": "low", "reasoning": {"effort": "high"}})) =>
            {"reasoning": {"effort": "high"}};
        sent(json!({"reasoning_effort": "low", "extra_body": {"reasoning": null}})) => {};
        sent(json!({"verbosity": "low"})) => {"text": {"verbosity": "low"}};
    }
}

/// Whatever the API has beside the common fields goes out as it is.
#[test]
fn its_own_fields_pass() {
    let own = json!({"previous_response_id": "resp_0", "store": false, "include": ["x"],
        "instructions": "i", "background": true, "parallel_tool_calls": false, "truncation": "auto",
        "service_tier": "flex", "prompt_cache_key": "k", "safety_identifier": "s",
        "top_logprobs": 2, "conversation": "c", "max_tool_calls": 3, "new_field": {"a": [1]}});
    assert_eq!(sent(own.clone()), own);
}

#[test]
fn a_response_format_is_flat_and_part_of_text() {
    let schema = json!({"type": "object"});
    let nested = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true,
        "schema": schema, "description": null}});
    let flat = json!({"type": "json_schema", "name": "n", "strict": true, "schema": schema});
    let unnamed = json!({"type": "json_schema", "json_schema": {"schema": schema}});
    check! {
        sent(json!({"response_format": nested})) => {"text": {"format": flat}};
        sent(json!({"response_format": flat})) => {"text": {"format": flat}};
        sent(json!({"response_format": unnamed})) =>
            {"text": {"format": {"type": "json_schema", "schema": schema, "name": "response"}}};
        sent(json!({"response_format": {"type": "json_object"}, "verbosity": "high"})) =>
            {"text": {"format": {"type": "json_object"}, "verbosity": "high"}};
        sent(json!({"response_format": {"type": "text"}})) => {};
        sent(json!({"response_format": nested, "text": {"format": {"type": "text"}}})) =>
            {"text": {"format": {"type": "text"}}};
    }
}

#[test]
fn tools_are_flat() {
    let tool = |fields: Value| sent(json!({"tools": [fields]}))["tools"][0].clone();
    let schema = json!({"type": "object", "properties": {}});
    let function = json!({"name": "f", "description": "d", "parameters": schema});
    let grammar = json!({"syntax": "lark", "definition": "x"});
    let custom = json!({"name": "c", "format": {"type": "grammar", "grammar": grammar}});
    let search = json!({"type": "file_search", "vector_store_ids": ["v"]});
    let flat = json!({"type": "function", "name": "f", "parameters": schema});
    check! {
        tool(json!({"type": "function", "function": function})) => {"type": "function", "name": "f",
            "description": "d", "parameters": schema, "strict": false};
        tool(json!({"type": "function", "function": {"name": "f", "strict": true}})) =>
            {"type": "function", "name": "f", "parameters": schema, "strict": true};
        tool(flat.clone()) => (joined(flat, json!({"strict": false})));
        tool(json!({"type": "custom", "custom": custom})) => {"type": "custom", "name": "c",
            "format": {"type": "grammar", "syntax": "lark", "definition": "x"}};
        tool(search.clone()) => search;
    }
}

#[test]
fn a_choice_among_tools_is_flat() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let choice =
        |choice: Value| sent(json!({"tools": tools, "tool_choice": choice}))["tool_choice"].clone();
    let named = json!({"type": "function", "function": {"name": "f"}});
    let allowed = json!({"mode": "auto", "tools": [named]});
    let flat = json!({"type": "function", "name": "f"});
    check! {
        choice(json!("auto")) => "auto";
        choice(json!("required")) => "required";
        choice(named) => flat;
        choice(flat.clone()) => flat;
        choice(json!({"type": "custom", "custom": {"name": "c"}})) =>
            {"type": "custom", "name": "c"};
        choice(json!({"type": "file_search"})) => {"type": "file_search"};
        choice(json!({"type": "allowed_tools", "allowed_tools": allowed})) =>
            {"type": "allowed_tools", "mode": "auto", "tools": [flat]};
        sent(json!({"tool_choice": "auto"})) => {};
    }
}

#[test]
fn a_stream_asks_for_nothing_but_itself() {
    let sent = |fields: Value| {
        let encoded = OPENAI.encode(&request(fields), &streamed()).unwrap();
        let usual = json!({"model": "m", "input": [{"role": "user", "content": "hi"}],
            "stream": true});
        beside(body(&encoded), usual)
    };
    let options = json!({"include_usage": true, "include_obfuscation": false});
    check! {
        sent(json!({})) => {};
        sent(json!({"stream_options": {"include_usage": true}})) => {};
        sent(json!({"stream_options": options})) =>
            {"stream_options": {"include_obfuscation": false}};
    }
    let whole = OPENAI.encode(&request(json!({"stream_options": options})), &target());
    assert!(body(&whole.unwrap())["stream_options"].is_null());
}

#[test]
fn what_the_api_does_not_have_is_refused_by_name() {
    for (field, value) in [
        ("stop", json!(["x"])),
        ("seed", json!(7)),
        ("n", json!(2)),
        ("top_k", json!(5)),
        ("logprobs", json!(true)),
        ("logit_bias", json!({"1": 2})),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(0.5)),
        ("functions", json!([{"name": "f"}])),
        ("function_call", json!("auto")),
        ("modalities", json!(["audio"])),
        ("web_search_options", json!({"a": 1})),
    ] {
        let request = request(json!({ field: value }));
        let (named, left) = OPENAI.refused_field(&request, &target());
        assert_eq!(named, field);
        assert!(left[field].is_null(), "{left}");
    }
    check! {
        sent(json!({"n": 1, "logprobs": false, "top_k": null, "modalities": ["text"]})) => {};
        sent(json!({"extra_body": {"stop": ["x"], "top_k": 3}})) => {"stop": ["x"], "top_k": 3};
        sent(json!({"stop": "y", "extra_body": {"stop": ["x"]}})) => {"stop": ["x"]};
    }
    let refused = OPENAI.refused(&request(json!({"text": "x"})), &target());
    assert_eq!(refused, "text must be an object");
}

#[test]
fn the_path_follows_the_base_url() {
    let path = |name: &'static str, base_path: &str| {
        let target = Target {
            base_path,
            own_endpoint: false,
            ..target()
        };
        let wire = Wire::sse(name).api("responses");
        let encoded = wire.encode(&request(json!({})), &target);
        encoded.map_or_else(|error| error.message, |encoded| encoded.path)
    };
    check! {
        path("openai", "/v1") => "/responses";
        path("openai", "/v1/responses") => "";
        path("deepseek", "") => "/responses";
        path("llamacpp", "/any") => "/responses";
        path("perplexity", "") => "/v1/responses";
        path("perplexity", "/v1") => "/responses";
        path("azure", "/openai/v1") => "/responses";
        path("azure", "/openai/v1/responses") => "";
        path("azure", "/openai") => "/v1/responses";
        path("azure", "") => "/openai/v1/responses";
        path("azure", "/models") => "azure: no endpoint fits the base_url";
        path("azure", "/openai/deployments/d") => "azure: no endpoint fits the base_url";
    }
    let azure = Wire::sse("azure").api("responses");
    assert_eq!(
        azure.key_headers("test-key"),
        [("api-key", "test-key".to_owned())]
    );
}

#[test]
fn those_who_have_the_api_are_in_the_table() {
    let names: Vec<&str> = crate::providers::all()
        .filter(|provider| provider.api() == "responses")
        .map(|provider| provider.name())
        .collect();
    for name in [
        "openai",
        "azure",
        "xai",
        "openrouter",
        "deepseek",
        "llamacpp",
        "groq",
        "fireworks",
        "perplexity",
        "huggingface",
        "ollama",
        "vllm",
        "lmstudio",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    for name in ["mistral", "cerebras", "anthropic", "cohere"] {
        assert!(!names.contains(&name), "{name}");
    }
}

/// Names and what a dash adds to them, and no others.
#[test]
fn models_that_exist_only_here_are_known() {
    let chat = crate::providers::by_name("openai").unwrap();
    for model in [
        "o1-pro",
        "o1-pro-2025-03-19",
        "o3-pro",
        "gpt-5-pro",
        "gpt-5-codex",
        "gpt-5.1-codex-max",
        "codex-mini-latest",
        "computer-use-preview",
        "o3-deep-research",
        "o4-mini-deep-research",
    ] {
        assert_eq!(chat.api_of(model), Some("responses"), "{model}");
    }
    for model in [
        "o1",
        "o1-preview",
        "o3",
        "o3-mini",
        "gpt-5",
        "gpt-5.1",
        "gpt-4o",
        "o1-prof",
    ] {
        assert_eq!(chat.api_of(model), None, "{model}");
    }
    assert_eq!(OPENAI.provider().api_of("o1-pro"), None);
    let other = crate::providers::by_name("openrouter").unwrap();
    assert_eq!(other.api_of("o1-pro"), None);
}
