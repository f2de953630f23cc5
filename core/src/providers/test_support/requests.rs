//! Requests of tests, where they go, and their bodies as JSON.

use http::Method;
use serde_json::{json, Value};

use crate::framing::Framing;
use crate::providers::{EncodedRequest, Target};
use crate::request::CloudOptions;

/// Nothing of any cloud.
pub(super) static NO_CLOUD: CloudOptions = CloudOptions::DEFAULTS;

/// A whole response from the provider's own endpoint, without a key.
pub(in crate::providers) fn target() -> Target<'static> {
    Target {
        cloud: &NO_CLOUD,
        own_endpoint: true,
        host: "",
        query: "",
        base_path: "",
        stream: false,
        lenient: false,
    }
}

pub(in crate::providers) fn lenient() -> Target<'static> {
    Target {
        lenient: true,
        ..target()
    }
}

pub(in crate::providers) fn streamed() -> Target<'static> {
    Target {
        stream: true,
        ..target()
    }
}

pub(in crate::providers) fn copy<'t>(target: &Target<'t>) -> Target<'t> {
    Target { ..*target }
}

/// A request of one message and these fields.
pub(in crate::providers) fn request(fields: Value) -> Value {
    joined(
        json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
        fields,
    )
}

/// A request of these messages.
pub(in crate::providers) fn conversation(messages: Value) -> Value {
    json!({"model": "m", "messages": messages})
}

/// The fields of both; those of the second win.
pub(in crate::providers) fn joined(mut object: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("{fields} is no object");
    };
    object.as_object_mut().unwrap().extend(fields);
    object
}

/// The body; no name stands twice in one object.
pub(in crate::providers) fn body(encoded: &EncodedRequest) -> Value {
    let text = std::str::from_utf8(&encoded.body).unwrap();
    let body: Value = serde_json::from_str(text).unwrap();
    assert_eq!(names_written(text), names(&body), "{text}");
    body
}

/// The body beside these fields, which must be as they are here.
pub(in crate::providers) fn beside(mut body: Value, usual: Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    for (name, value) in usual.as_object().unwrap() {
        assert_eq!(fields.shift_remove(name).as_ref(), Some(value), "{name}");
    }
    body
}

/// Colons outside of strings: one for each name.
fn names_written(text: &str) -> usize {
    let (mut names, mut is_string, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            b':' if !is_string => names += 1,
            _ => {}
        }
    }
    names
}

fn names(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.len() + fields.values().map(names).sum::<usize>(),
        Value::Array(list) => list.iter().map(names).sum(),
        _ => 0,
    }
}

#[test]
#[should_panic(expected = "assertion")]
fn a_name_that_stands_twice_is_found() {
    let encoded = EncodedRequest {
        method: Method::POST,
        path: String::new(),
        headers: Vec::new(),
        body: br#"{"a":[{"b:":1,"c":"\":","b:":2}]}"#.to_vec(),
        warnings: Vec::new(),
        framing: Framing::Sse,
    };
    body(&encoded);
}
