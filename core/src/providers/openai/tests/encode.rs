//! Requests: what goes out, under which name, and what does not.

use super::*;
use crate::providers::{EncodedRequest, Target};

fn encode(fields: &Value, target: &Target<'_>) -> EncodedRequest {
    OPENAI.encode(&request(fields.clone()), target).unwrap()
}

/// The body beside model and messages.
fn rest_at(fields: &Value, target: &Target<'_>) -> Value {
    beside(body(&encode(fields, target)), request(json!({})))
}

fn rest(fields: Value) -> Value {
    rest_at(&fields, &target())
}

#[test]
fn only_what_was_set_is_sent() {
    let nothing = json!({});
    let encoded = encode(&nothing, &target());
    check! {
        encoded.path => "/chat/completions";
        encoded.headers => [];
        encoded.warnings => [];
        rest(json!({})) => {};
        rest(json!({"stop": [], "tools": [], "temperature": null})) => {};
    }
}

#[test]
fn every_field_goes_out() {
    let fields = json!({"temperature": 0.5, "top_p": 1, "stop": ["a", "b"], "seed": -7,
        "tools": [{"type": "function", "function":
            {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        "reasoning_effort": "low", "user": "u", "metadata": {"a": "b"}, "n": 1,
        "parallel_tool_calls": false});
    let mut sent = rest(fields.clone());
    assert_eq!(sent["top_p"], json!(1.0));
    sent["top_p"] = json!(1);
    assert_eq!(sent, fields);
}

#[test]
fn a_stream_asks_for_usage() {
    let rest = |fields: Value| rest_at(&fields, &streamed());
    let own = json!({"include_obfuscation": false});
    check! {
        rest(json!({})) => {"stream": true, "stream_options": {"include_usage": true}};
        rest(json!({"stream_options": own})) => {"stream": true, "stream_options": own};
        rest(json!({"extra_body": {"stream_options": null}})) => {"stream": true};
    }
}

#[test]
fn the_limit_has_the_name_that_the_server_knows() {
    let other = Target {
        own_endpoint: false,
        ..target()
    };
    let cases = list! {
        (json!({"max_tokens": 5}), json!({"max_completion_tokens": 5}), json!({"max_tokens": 5})),
        (json!({"max_tokens": 5, "max_completion_tokens": 6}),
            json!({"max_completion_tokens": 6}), json!({"max_completion_tokens": 6})),
        (json!({"max_tokens": 5, "extra_body": {"max_tokens": 7}}),
            json!({"max_tokens": 7}), json!({"max_tokens": 7})),
        (json!({"max_tokens": 5, "extra_body": {"max_tokens": null}}), json!({}), json!({})),
        (json!({"max_tokens": 5, "max_completion_tokens": null}),
            json!({"max_completion_tokens": 5}), json!({"max_tokens": 5})),
        (json!({"max_tokens": null, "max_completion_tokens": 6}),
            json!({"max_completion_tokens": 6}), json!({"max_completion_tokens": 6})),
        (json!({"max_tokens": 5, "extra_body": {"max_completion_tokens": null}}),
            json!({"max_tokens": 5}), json!({"max_tokens": 5})),
    };
    for (fields, own, elsewhere) in cases {
        assert_eq!(rest_at(&fields, &target()), own, "{fields}");
        assert_eq!(rest_at(&fields, &other), elsewhere, "{fields}");
    }
}

#[test]
fn extra_body_wins_over_everything() {
    let fields = json!({"temperature": 1, "top_k": 5, "min_p": 1,
        "extra_body": {"temperature": 0, "top_k": null, "new": [1]}});
    let model = json!({"extra_body": {"model": "other"}});
    check! {
        rest(fields) => {"min_p": 1, "temperature": 0, "new": [1]};
        body(&encode(&model, &target()))["model"] => "other";
    }
}

#[test]
fn more_than_one_response_is_refused_or_left_out() {
    let cases = list! {
        json!({"n": 2}), json!({"extra_body": {"n": 2}}), json!({"n": 1, "extra_body": {"n": 3}}),
    };
    for fields in cases {
        let message = OPENAI.refused(&request(fields.clone()), &target());
        assert!(message.starts_with("n is more than 1"), "{message}");
        check! {
            rest_at(&fields, &lenient()) => {}, fields;
            encode(&fields, &lenient()).warnings
                => ["n was left out: one stream carries one response"];
        }
    }
    assert_eq!(rest(json!({"n": 2, "extra_body": {"n": null}})), json!({}));
}

#[test]
fn messages_go_out_as_they_are() {
    let conversation = conversation(json!([
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
    ]));
    let encoded = OPENAI.encode(&conversation, &target()).unwrap();
    assert_eq!(body(&encoded), conversation);
}
