//! What goes out for fields that differ by model, and what is refused.

use super::*;

/// `thinkingConfig` for an effort.
fn thinking(model: &str, effort: &str) -> Value {
    let sent = sent(GEMINI, json!({"model": model, "reasoning_effort": effort}));
    sent["generationConfig"]["thinkingConfig"].clone()
}

#[test]
fn an_effort_is_a_level_or_a_budget() {
    let level = |word: &str| json!({"thinkingLevel": word, "includeThoughts": true});
    let budget = |tokens: i64| json!({"thinkingBudget": tokens, "includeThoughts": true});
    check! {
        thinking("gemini-3-pro-preview", "high") => (level("HIGH"));
        thinking("gemini-3.1-pro", "minimal") => (level("MINIMAL"));
        thinking("gemini-flash-latest", "low") => (level("LOW"));
        thinking("gemini-3-flash-preview", "none") => {"thinkingLevel": "MINIMAL"};
        thinking("gemini-3.8-flash", "none") => {"thinkingLevel": "LOW"};
        thinking("gemini-2.5-pro", "low") => (budget(2048));
        thinking("gemini-2.5-flash", "minimal") => (budget(128));
        thinking("gemini-2.5-flash-lite", "minimal") => (budget(512));
        thinking("gemini-2.5-flash", "none") => {"thinkingBudget": 0};
        thinking("gemini-2.5-flash", "777") => (budget(777));
        thinking("tuned", "high") => (budget(24576));
        thinking("gemini-2.0-flash", "none") => null;
    }
    for (model, effort) in [
        ("gemini-2.5-pro", "none"),
        ("gemini-2.0-flash", "low"),
        ("gemma-3-27b-it", "low"),
    ] {
        let request = request(json!({"model": model, "reasoning_effort": effort}));
        assert_eq!(
            GEMINI.refused_field(&request, &target()).0,
            "reasoning_effort"
        );
    }
}

#[test]
fn the_callers_own_thinking_goes_before_an_effort() {
    let own = |config: Value| {
        let fields = json!({"model": "gemini-3-pro", "reasoning_effort": "low",
            "thinkingConfig": config});
        sent(GEMINI, fields)["generationConfig"]["thinkingConfig"].clone()
    };
    check! {
        own(json!({"thinkingBudget": 5})) => {"thinkingBudget": 5, "includeThoughts": true};
        own(json!({"includeThoughts": false})) =>
            {"includeThoughts": false, "thinkingLevel": "LOW"};
    }
    let old = sent(GEMINI, json!({"thinking_config": {"thinking_budget": 5}}));
    check! { old["generationConfig"] => {"thinkingConfig": {"thinking_budget": 5}}; }
}

#[test]
fn the_callers_own_objects_are_joined_with_ours() {
    let fields = json!({"temperature": 0.5, "top_k": 1, "generationConfig": {"topK": 2},
        "extra_body": {"generation_config": {"topK": 3, "temperature": null}}});
    check! { sent(GEMINI, fields)["generationConfig"] => {"topK": 3}; }
    let none = json!({"temperature": 0.5, "extra_body": {"generationConfig": null}});
    check! { sent(GEMINI, none) => {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}; }
    let own = json!({"toolConfig": {"x": 1}, "tools": [tool("f")], "tool_choice": "auto"});
    check! { sent(GEMINI, own)["toolConfig"] => {"x": 1}; }
}

#[test]
fn extra_body_holds_over_what_would_be_refused() {
    let fields = json!({"n": 2, "parallel_tool_calls": false, "user": "u",
        "extra_body": {"n": null, "parallel_tool_calls": null, "user": null}});
    check! { sent(GEMINI, fields) => {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}; }
}

#[cfg(feature = "anthropic")]
#[test]
fn an_error_of_claude_names_vertex() {
    let messages = json!([{"role": "tool", "content": "1"}]);
    let fields = json!({"model": "claude-sonnet-4-5", "messages": messages});
    let error = VERTEX.encode(&request(fields), &target()).err().unwrap();
    assert_eq!(error.provider, Some("vertex"));
    assert_eq!(error.message, "vertex: messages[0].tool_call_id is missing");
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name}})
}

#[test]
fn choices_have_modes() {
    let mode = |choice: Value| {
        let fields = json!({"tools": [tool("f"), tool("g")], "tool_choice": choice});
        sent(GEMINI, fields)["toolConfig"]["functionCallingConfig"].clone()
    };
    let named = json!({"mode": "ANY", "allowedFunctionNames": ["f"]});
    let some = json!({"type": "allowed_tools",
        "allowed_tools": {"mode": "auto", "tools": [tool("g")]}});
    check! {
        mode(json!("auto")) => {"mode": "AUTO"};
        mode(json!("none")) => {"mode": "NONE"};
        mode(json!("required")) => {"mode": "ANY"};
        mode(json!({"type": "function", "function": {"name": "f"}})) => named;
        mode(json!({"type": "tool", "name": "f"})) => named;
        mode(some) => {"mode": "VALIDATED", "allowedFunctionNames": ["g"]};
    }
    let without = sent(GEMINI, json!({"tool_choice": "auto"}));
    assert!(without.get("toolConfig").is_none());
    let hosted = |model: &str, wire: Wire| {
        let tools = json!([tool("f"), {"type": "google_search"}]);
        sent(wire, json!({"model": model, "tools": tools}))["toolConfig"].clone()
    };
    check! {
        hosted("gemini-3-pro", GEMINI) => {"includeServerSideToolInvocations": true};
        hosted("gemini-2.5-pro", GEMINI) => null;
        hosted("gemini-3-pro", VERTEX) => null;
    }
}

#[test]
fn what_gemini_cannot_do_is_named() {
    for (fields, field) in [
        (json!({"user": "u"}), "user"),
        (json!({"logit_bias": {"1": 2}}), "logit_bias"),
        (json!({"n": 2}), "n"),
        (json!({"parallel_tool_calls": false}), "parallel_tool_calls"),
        (
            json!({"response_format": {"type": "grammar"}}),
            "response_format",
        ),
        (
            json!({"tools": [{"type": "custom", "custom": {"name": "x"}}]}),
            "tools[0]",
        ),
        (json!({"tool_choice": "required"}), "tool_choice"),
        (json!({"metadata": {"a": []}}), "metadata.a"),
    ] {
        let (refused, sent) = GEMINI.refused_field(&request(fields), &target());
        assert_eq!(refused, field);
        check! { sent => {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}; }
    }
}

#[test]
fn what_requests_nothing_passes() {
    let nothing = json!({"n": 1, "logit_bias": null, "functions": [], "stream_options": {},
        "parallel_tool_calls": true, "service_tier": "auto", "response_format": {"type": "text"}});
    check! { sent(GEMINI, nothing) => {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}; }
}

fn contents(model: &str, messages: Value) -> Value {
    let request = json!({"model": model, "messages": messages});
    body(&GEMINI.encode(&request, &target()).unwrap())["contents"].take()
}

#[test]
fn only_instructions_make_an_empty_turn() {
    let system = json!([{"role": "system", "content": "Be brief."}]);
    check! {
        contents("gemini-2.5-flash", system.clone()) => [{"role": "user", "parts": [{"text": ""}]}];
        contents("gemma-3-27b-it", system) => [{"role": "user", "parts": [{"text": "Be brief."}]}];
    }
}

#[test]
fn images_in_results_need_gemini_3() {
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let call = json!({"id": "c", "function": {"name": "f", "arguments": "{}"}});
    let messages = json!([{"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c",
            "content": [{"type": "text", "text": "see"}, image]}]);
    let part = json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}});
    let sent = contents("gemini-3-flash", messages.clone());
    check! { sent[2]["parts"][0]["functionResponse"] =>
    {"name": "f", "response": {"output": "see"}, "id": "c", "parts": [part]}; }
    let request = json!({"model": "gemini-2.5-pro", "messages": messages});
    let (field, _) = GEMINI.refused_field(&request, &target());
    assert_eq!(field, "messages[2].content");
}

#[test]
fn odd_media_are_named() {
    for (url, why) in [
        ("ftp://x", "is neither"),
        ("data:image/png,AA", "must read"),
        ("https://example.org/cat", "does not show its media type"),
        ("gs://b/cat", "does not show its media type"),
    ] {
        let part = json!([{"type": "image_url", "image_url": {"url": url}}]);
        let request = request(json!({"model": "gemini-2.5-pro",
            "messages": [{"role": "user", "content": part}]}));
        let message = GEMINI.refused(&request, &target());
        let place = "messages[0].content[0].image_url.url ";
        assert!(message.starts_with(&format!("{place}{why}")), "{message}");
    }
}
