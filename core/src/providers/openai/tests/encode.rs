//! Requests: what goes out, under which name, and what does not.

use super::*;
use crate::error::ErrorKind;
use crate::providers::{EncodedRequest, Target};
use crate::request::LlmRequest;
use crate::secret::Secret;

const USER: &str = r#""model":"m","messages":[{"role":"user","content":"hi"}]"#;

fn encode(fields: &str, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    let request = LlmRequest::from_json(&format!("{{{USER}{fields}}}")).unwrap();
    codec("openai").request(&request, target)
}

fn target() -> Target<'static> {
    Target {
        key: None,
        authorization: None,
        own_endpoint: true,
        host: "",
        query: "",
        base_path: "/v1",
        stream: false,
        lenient: false,
    }
}

/// The body beside model and messages.
fn rest(fields: &str, target: &Target<'_>) -> Value {
    let encoded = encode(fields, target).unwrap();
    let text = String::from_utf8(encoded.body).unwrap();
    let mut body: Value = serde_json::from_str(&text).unwrap();
    let map = body.as_object_mut().unwrap();
    for name in map.keys() {
        assert_eq!(text.matches(&format!("\"{name}\":")).count(), 1, "{text}");
    }
    assert_eq!(map.shift_remove("model"), Some(json!("m")));
    assert_eq!(
        map.shift_remove("messages"),
        Some(json!([{"role": "user", "content": "hi"}]))
    );
    body
}

#[test]
fn only_what_was_set_is_sent() {
    let key = Secret::new("test-key".to_owned()).unwrap();
    let encoded = encode(
        "",
        &Target {
            key: Some(&key),
            ..target()
        },
    )
    .unwrap();
    assert_eq!(encoded.path, "/chat/completions");
    assert_eq!(
        encoded.headers,
        [("authorization", "Bearer test-key".to_owned())]
    );
    assert_eq!(encoded.warnings, Vec::<String>::new());
    assert_eq!(encode("", &target()).unwrap().headers, []);
    assert_eq!(rest("", &target()), json!({}));
    assert_eq!(
        rest(r#","stop":[],"tools":[],"temperature":null"#, &target()),
        json!({})
    );
}

#[test]
fn every_field_goes_out() {
    let fields = r#","temperature":0.5,"top_p":1,"stop":["a","b"],"seed":-7,
        "tools":[{"type":"function","function":{"name":"f","parameters":
            {"type":"object","properties":{}}}}],
        "tool_choice":{"type":"function","function":{"name":"f"}},
        "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},
        "reasoning_effort":"low","user":"u","metadata":{"a":"b"},"n":1,
        "parallel_tool_calls":false"#;
    let expected: Value =
        serde_json::from_str(&format!("{{{}}}", fields.trim_start_matches(','))).unwrap();
    let mut sent = rest(fields, &target());
    assert_eq!(sent["top_p"], json!(1.0));
    sent["top_p"] = json!(1);
    assert_eq!(sent, expected);
}

#[test]
fn a_stream_asks_for_usage() {
    let stream = Target {
        stream: true,
        ..target()
    };
    let usage = json!({"include_usage": true});
    assert_eq!(
        rest("", &stream),
        json!({"stream": true, "stream_options": usage})
    );
    let own = r#","stream_options":{"include_obfuscation":false}"#;
    let expected = json!({"stream": true, "stream_options": {"include_obfuscation": false}});
    assert_eq!(rest(own, &stream), expected);
    assert_eq!(
        rest(r#","extra_body":{"stream_options":null}"#, &stream),
        json!({"stream": true})
    );
}

#[test]
fn the_limit_has_the_name_that_the_server_knows() {
    let other = Target {
        authorization: None,
        own_endpoint: false,
        host: "",
        query: "",
        ..target()
    };
    let cases = [
        (
            r#","max_tokens":5"#,
            json!({"max_completion_tokens": 5}),
            json!({"max_tokens": 5}),
        ),
        (
            r#","max_tokens":5,"max_completion_tokens":6"#,
            json!({"max_completion_tokens": 6}),
            json!({"max_completion_tokens": 6}),
        ),
        (
            r#","max_tokens":5,"extra_body":{"max_tokens":7}"#,
            json!({"max_tokens": 7}),
            json!({"max_tokens": 7}),
        ),
        (
            r#","max_tokens":5,"extra_body":{"max_tokens":null}"#,
            json!({}),
            json!({}),
        ),
        (
            r#","max_tokens":5,"max_completion_tokens":null"#,
            json!({"max_completion_tokens": 5}),
            json!({"max_tokens": 5}),
        ),
        (
            r#","max_tokens":null,"max_completion_tokens":6"#,
            json!({"max_completion_tokens": 6}),
            json!({"max_completion_tokens": 6}),
        ),
        (
            r#","max_tokens":5,"extra_body":{"max_completion_tokens":null}"#,
            json!({"max_tokens": 5}),
            json!({"max_tokens": 5}),
        ),
    ];
    for (fields, own, elsewhere) in cases {
        assert_eq!(rest(fields, &target()), own, "{fields}");
        assert_eq!(rest(fields, &other), elsewhere, "{fields}");
    }
}

#[test]
fn extra_body_wins_over_everything() {
    let fields = r#","temperature":1,"top_k":5,"min_p":1,
        "extra_body":{"temperature":0,"top_k":null,"new":[1]}"#;
    assert_eq!(
        rest(fields, &target()),
        json!({"min_p": 1, "temperature": 0, "new": [1]})
    );
    let encoded = encode(r#","extra_body":{"model":"other"}"#, &target()).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body["model"], "other");
}

#[test]
fn more_than_one_answer_is_refused_or_left_out() {
    for fields in [
        r#","n":2"#,
        r#","extra_body":{"n":2}"#,
        r#","n":1,"extra_body":{"n":3}"#,
    ] {
        let error = encode(fields, &target()).unwrap_err();
        assert_eq!(
            (error.kind, error.provider),
            (ErrorKind::InvalidRequest, Some("openai"))
        );
        assert!(
            error.message.starts_with("openai: n is more than 1"),
            "{error}"
        );
        let lenient = Target {
            lenient: true,
            ..target()
        };
        assert_eq!(rest(fields, &lenient), json!({}), "{fields}");
        let warnings = encode(fields, &lenient).unwrap().warnings;
        assert_eq!(warnings, ["n was left out: one stream carries one answer"]);
    }
    assert_eq!(
        rest(r#","n":2,"extra_body":{"n":null}"#, &target()),
        json!({})
    );
}

#[test]
fn messages_go_out_as_they_are() {
    let messages = json!([
        {"role": "developer", "content": "be brief", "name": "x"},
        {"role": "user", "content": [
            {"type": "text", "text": "what is this?"},
            {"type": "image_url", "image_url": {"url": "data:;base64,AA==", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        ]},
        {"role": "tool", "content": "42", "tool_call_id": "c1"},
    ]);
    let request = json!({"model": "m", "messages": messages}).to_string();
    let request = LlmRequest::from_json(&request).unwrap();
    let body = codec("openai").request(&request, &target()).unwrap().body;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({"model": "m", "messages": messages}));
}
