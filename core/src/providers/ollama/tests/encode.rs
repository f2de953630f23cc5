//! What is sent, and what is refused.

use super::*;
use crate::providers::Target;

const PNG: &str = "iVBORw0KGgo=";

fn sent(fields: Value) -> Value {
    body(&OLLAMA.encode(&request(fields), &target()).unwrap())
}

fn messages(messages: Value) -> Value {
    sent(json!({ "messages": messages }))["messages"].clone()
}

fn refused(fields: Value) -> String {
    OLLAMA.refused_field(&request(fields), &target()).0
}

#[test]
fn the_path_fits_every_base_url() {
    for (base_path, path) in [
        ("", "/api/chat"),
        ("/gate", "/api/chat"),
        ("/api", "/chat"),
        ("/gate/api/chat", ""),
        ("/v1", "/../api/chat"),
        ("/v1/chat/completions", "/../../../api/chat"),
    ] {
        let target = Target {
            base_path,
            ..streamed()
        };
        let encoded = OLLAMA.encode(&request(json!({})), &target).unwrap();
        assert_eq!(encoded.path, path, "{base_path}");
    }
}

#[test]
fn only_what_the_caller_set_is_sent() {
    let plain = request(json!({}));
    let expected = json!({"model": plain["model"], "messages": plain["messages"],
        "stream": false});
    assert_eq!(sent(json!({})), expected);
}

#[test]
fn images_are_bare_base64_however_they_are_written() {
    let image = |value: Value| {
        let part = json!({"type": "image_url", "image_url": value});
        messages(json!([{"role": "user", "content": [part]}]))[0]["images"].clone()
    };
    check! {
        image(json!({"url": format!("data:image/png;base64,{PNG}")})) => [PNG];
        image(json!(format!(" DATA:image/png;charset=x;BASE64,{PNG}"))) => [PNG];
        image(json!({"url": "data:;base64,iVBO\r\nRw0K", "detail": "low"})) => ["iVBORw0K"];
    }
    let own = json!([{"role": "user", "content": "hi", "images": [PNG]}]);
    assert_eq!(messages(own.clone()), own);
    for bad in [
        "data:image/png,abc",
        "data:image/png;base64,",
        "data:base64,abc",
    ] {
        let part = json!({"type": "image_url", "image_url": {"url": bad}});
        let request = request(json!({"messages": [{"role": "user", "content": [part]}]}));
        let message = OLLAMA.refused(&request, &lenient());
        let begin = "messages[0].content[0].image_url.url must read data:";
        assert!(message.starts_with(begin), "{message}");
    }
    for url in ["https://h/a.png", "http://h/a.png", "file.png"] {
        let part = json!({"type": "image_url", "image_url": {"url": url}});
        let fields = json!({"messages": [{"role": "user", "content": [part]}]});
        assert_eq!(refused(fields), "messages[0].content[0].image_url.url");
    }
}

#[test]
fn what_has_no_place_is_refused_by_its_name() {
    for (name, value) in list! {
        ("user", json!("u")), ("metadata", json!({"a": "b"})), ("n", json!(2)),
        ("logit_bias", json!({"1": 2})), ("parallel_tool_calls", json!(false)),
        ("store", json!(true)), ("service_tier", json!("auto")),
        ("response_format", json!({"type": "grammar"})), ("tool_choice", json!("required")),
        ("tool_choice", json!({"type": "function", "function": {"name": "f"}})),
    } {
        let fields = json!({ name: value });
        assert_eq!(refused(fields.clone()), name);
        let over = joined(fields, json!({"extra_body": {name: "own"}}));
        if !matches!(name, "response_format") {
            assert_eq!(sent(over)[name], "own", "{name}");
        }
    }
    for (name, value) in list! {
        ("n", json!(1)), ("parallel_tool_calls", json!(true)), ("store", json!(false)),
        ("stream_options", json!({"include_usage": true})), ("tool_choice", json!("auto")),
        ("response_format", json!({"type": "text"})), ("logit_bias", json!({})),
    } {
        assert_eq!(sent(json!({ name: value })), sent(json!({})), "{name}");
    }
}

#[test]
fn places_in_messages_and_tools_are_named() {
    let in_messages = |message: Value| {
        refused(json!({"messages": [
        {"role": "user", "content": "hi"}, message]}))
    };
    let user = |part: Value| in_messages(json!({"role": "user", "content": [part]}));
    check! {
        in_messages(json!({"role": "function", "name": "f", "content": "x"})) => "messages[1]";
        in_messages(json!({"role": "user", "name": "me", "content": "x"})) => "messages[1].name";
        user(json!({"type": "input_audio"})) => "messages[1].content[0]";
        refused(json!({"tools": [{"type": "web_search"}]})) => "tools[0]";
        refused(json!({"tools": [{"function": {"name": "f", "strict": true}}]})) =>
            "tools[0].function.strict";
    }
    let bad = json!({"messages": [{"role": "assistant", "tool_calls": [
        {"id": "c", "function": {"name": "f", "arguments": "[1]"}}]}]});
    let message = OLLAMA.refused(&request(bad), &target());
    let begin = "messages[0].tool_calls[0].function.arguments must be a JSON object";
    assert!(message.starts_with(begin), "{message}");
    let bad = OLLAMA.refused(&request(json!({"options": 7})), &target());
    assert_eq!(bad, "options must be an object");
}

#[test]
fn replies_of_other_models_leave_behind_what_is_theirs() {
    let reply = json!({"role": "assistant", "refusal": "no", "reasoning_content": "because",
        "content": [{"type": "text", "text": "a"}, {"type": "redacted_thinking", "data": "x"},
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": "b"}]});
    let request = request(json!({"messages": [reply]}));
    let encoded = OLLAMA.encode(&request, &target()).unwrap();
    check! {
        body(&encoded)["messages"] =>
            [{"role": "assistant", "content": "ab", "thinking": "because"}];
        encoded.warnings => [
            "messages[0].content[1] was left out: ollama takes no \"redacted_thinking\"",
            "messages[0].content[2] was left out: ollama takes no \"thinking\"",
            "messages[0].refusal was left out: ollama takes no \"refusal\"",
        ];
    }
}

#[test]
fn a_result_names_its_tool() {
    let call = |id: &str, name: &str| {
        json!({"role": "assistant", "content": "", "tool_calls": [
            {"id": id, "function": {"name": name, "arguments": {}}}]})
    };
    let named = |result: Value| {
        let result = joined(json!({"role": "tool", "content": "5"}), result);
        let history = json!([
            call("c", "old"),
            call("c", "new"),
            call("d", "other"),
            result
        ]);
        messages(history)[3].get("tool_name").cloned()
    };
    check! {
        named(json!({"tool_call_id": "c"})) => "new";
        named(json!({"tool_call_id": "unknown"})) => null;
        named(json!({})) => null;
        named(json!({"tool_call_id": "c", "name": "own"})) => "own";
        named(json!({"tool_name": "own"})) => "own";
    }
}

#[test]
fn unknown_fields_reach_the_body_and_extra_body_wins() {
    let fields = json!({"keep_alive": 0, "shift": false, "new": [1], "temperature": 1,
        "format": "json", "response_format": {"type": "json_schema", "schema": {"type": "object"}},
        "reasoning_effort": "xhigh", "extra_body": {"shift": null, "think": "own"}});
    let expected = joined(
        sent(json!({})),
        json!({"keep_alive": 0, "new": [1],
        "options": {"temperature": 1.0}, "format": "json", "think": "own"}),
    );
    assert_eq!(sent(fields), expected);
    for (effort, think) in [
        ("none", json!(false)),
        ("high", json!("high")),
        ("xhigh", json!("max")),
    ] {
        assert_eq!(sent(json!({"reasoning_effort": effort}))["think"], think);
    }
    let bare = json!({"response_format": {"type": "json_schema", "schema": {"a": 1}}});
    assert_eq!(sent(bare)["format"], json!({"a": 1}));
}
