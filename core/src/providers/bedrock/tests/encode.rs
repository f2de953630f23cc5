//! The fields beside messages and tools.

use super::*;

#[test]
fn only_what_the_caller_set_is_sent() {
    let body = body_of(NOVA, json!({}));
    let expected = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]});
    assert_eq!(body, expected);
    let encoded = encode(
        &conversation(json!([{"role": "user", "content": "hi"}])),
        &target(),
    );
    let headers = vec![("accept", "application/json".to_owned())];
    assert_eq!(encoded.unwrap().headers, headers);
}

/// The fields of a request beside its messages.
fn fields(model: &str, fields: Value) -> Value {
    let mut body = body_of(model, fields);
    body.as_object_mut().unwrap().shift_remove("messages");
    body
}

#[test]
fn every_field_has_its_place() {
    check! {
        fields(NOVA, json!({"max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "stop": ["x"]})) =>
            {"inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 0.9,
                "stopSequences": ["x"]}};
        fields(NOVA, json!({"max_tokens": 5, "max_completion_tokens": 7})) =>
            {"inferenceConfig": {"maxTokens": 7}};
        fields(NOVA, json!({"max_tokens": 5, "inferenceConfig": {"maxTokens": 6, "topP": 1}})) =>
            {"inferenceConfig": {"maxTokens": 6, "topP": 1}};
        fields(NOVA, json!({"max_tokens": 5, "extra_body": {"inferenceConfig": null}})) => {};
        fields(NOVA, json!({"metadata": {"a": "b", "n": 1, "x": null}})) =>
            {"requestMetadata": {"a": "b", "n": "1"}};
        fields(NOVA, json!({"service_tier": "flex"})) => {"serviceTier": {"type": "flex"}};
        fields(NOVA, json!({"service_tier": "auto"})) => {};
        fields(NOVA, json!({"top_k": 4})) =>
            {"additionalModelRequestFields": {"inferenceConfig": {"topK": 4}}};
        fields(CLAUDE, json!({"top_k": 4, "additionalModelRequestFields": {"a": 1}})) =>
            {"additionalModelRequestFields": {"top_k": 4, "a": 1}};
        fields(NOVA, json!({"guardrailConfig": {"guardrailIdentifier": "g", "trace": "enabled"},
            "performanceConfig": {"latency": "optimized"}, "stream_options": {}, "n": 1,
            "seed": null, "novelty": 7, "extra_body": {"deep": [1]}})) =>
            {"guardrailConfig": {"guardrailIdentifier": "g", "trace": "enabled"},
            "performanceConfig": {"latency": "optimized"}, "novelty": 7, "deep": [1]};
    }
}

#[test]
fn a_schema_goes_out_as_a_text() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let format = |inner: Value| fields(CLAUDE, json!({ "response_format": inner }));
    let expected = |more: Value| {
        let described = joined(json!({"schema": schema.to_string()}), more);
        let structure = json!({"jsonSchema": described});
        json!({"outputConfig": {"textFormat": {"type": "json_schema", "structure": structure}}})
    };
    let described = json!({"name": "n", "description": "d", "strict": true, "schema": schema});
    let named = format(json!({"type": "json_schema", "json_schema": described}));
    assert_eq!(named, expected(json!({"name": "n", "description": "d"})));
    assert_eq!(
        format(json!({"type": "json_schema", "schema": schema})),
        expected(json!({}))
    );
    assert_eq!(format(json!({"type": "text"})), json!({}));
    let native = expected(json!({}))["outputConfig"]["textFormat"].take();
    assert_eq!(format(native), expected(json!({})));
    for kind in ["json_object", "novelty"] {
        let request = conversation(json!([{"role": "user", "content": "hi"}]));
        let request = joined(request, json!({"response_format": {"type": kind}}));
        let (field, body) = BEDROCK.refused_field(&request, &target());
        assert_eq!(
            (field.as_str(), body.get("outputConfig")),
            ("response_format", None)
        );
    }
    let missing = json!({"response_format": {"type": "json_schema", "json_schema": {}}});
    let request = joined(
        conversation(json!([{"role": "user", "content": "hi"}])),
        missing,
    );
    let message = BEDROCK.refused(&request, &target());
    assert_eq!(message, "response_format.json_schema.schema is missing");
}

#[test]
fn effort_is_written_in_each_vendors_way() {
    let newer = "global.anthropic.claude-opus-4-6-v1";
    let nova = "us.amazon.nova-2-lite-v1:0";
    let (gpt, qwen) = ("openai.gpt-oss-120b-1:0", "qwen.qwen3-32b-v1:0");
    let kimi = "moonshotai.kimi-k2.5";
    let effort = |model: &str, word: &str| fields(model, json!({"reasoning_effort": word}));
    let additional = |value: Value| json!({"additionalModelRequestFields": value});
    let budget = |tokens: u64, limit: u64| {
        let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
        json!({"inferenceConfig": {"maxTokens": limit}, "additionalModelRequestFields": thinking})
    };
    check! {
        effort(newer, "high") => (additional(json!({"thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"}})));
        effort(newer, "none") => (additional(json!({"thinking": {"type": "disabled"}})));
        effort(CLAUDE, "low") => (budget(2048, 6144));
        effort(CLAUDE, "high") => (budget(16_384, 20_480));
        fields(CLAUDE, json!({"reasoning_effort": "high", "max_tokens": 5000})) =>
            (budget(4999, 5000));
        effort(gpt, "medium") => (additional(json!({"reasoning_effort": "medium"})));
        effort(qwen, "minimal") => (additional(json!({"reasoning_config": "low"})));
        effort(qwen, "medium") => (additional(json!({"reasoning_config": "high"})));
        effort(kimi, "max") => (additional(json!({"reasoning_effort": "max"})));
        effort(nova, "low") => (additional(json!({"reasoningConfig":
            {"type": "enabled", "maxReasoningEffort": "low"}})));
        effort(nova, "none") => (additional(json!({"reasoningConfig": {"type": "disabled"}})));
        fields(CLAUDE, json!({"thinking": {"type": "disabled"}, "reasoning_effort": "high"})) =>
            (additional(json!({"thinking": {"type": "disabled"}})));
        fields(NOVA, json!({"thinking": {"type": "disabled"}})) =>
            {"thinking": {"type": "disabled"}};
    }
    for (model, word) in [
        (NOVA, "low"),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "low"),
        (CLAUDE, "novelty"),
        (gpt, "none"),
        (qwen, "none"),
        (kimi, "medium"),
        (nova, "xhigh"),
        ("deepseek.r1-v1:0", "low"),
    ] {
        let request = json!({"model": model, "messages": [{"role": "user", "content": "hi"}],
            "reasoning_effort": word});
        let (field, body) = BEDROCK.refused_field(&request, &target());
        assert_eq!(field, "reasoning_effort", "{model}");
        assert_eq!(body.get("additionalModelRequestFields"), None, "{model}");
    }
    let small = json!({"model": CLAUDE, "messages": [{"role": "user", "content": "hi"}],
        "reasoning_effort": "low", "max_tokens": 1024});
    let message = BEDROCK.refused(&small, &target());
    assert_eq!(
        message,
        "max_tokens must be above 1024 where this model thinks"
    );
}

#[test]
fn what_bedrock_cannot_do_is_named() {
    for (name, value) in [
        ("seed", json!(7)),
        ("user", json!("somebody")),
        ("n", json!(2)),
        ("logprobs", json!(true)),
        ("frequency_penalty", json!(0.5)),
        ("logit_bias", json!({"1": 1})),
        ("parallel_tool_calls", json!(false)),
        ("top_k", json!(4)),
        ("store", json!(true)),
        ("web_search_options", json!({"a": 1})),
    ] {
        let mut request = conversation(json!([{"role": "user", "content": "hi"}]));
        request[name] = value;
        let (field, body) = BEDROCK.refused_field(&request, &target());
        assert_eq!((field.as_str(), body.get(name)), (name, None));
        request["extra_body"] = json!({name: "mine"});
        assert_eq!(
            super::body(&encode(&request, &target()).unwrap())[name],
            "mine"
        );
    }
    for wrong in [
        "inferenceConfig",
        "outputConfig",
        "additionalModelRequestFields",
    ] {
        let mut request = conversation(json!([{"role": "user", "content": "hi"}]));
        request[wrong] = json!([1]);
        let message = BEDROCK.refused(&request, &target());
        assert_eq!(message, format!("{wrong} must be an object"));
    }
}
