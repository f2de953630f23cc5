//! The most likely mistakes in requests and options, and the whole line that says what is wrong:
//! `tests/mistakes.json`, which the tests of every language read. What must not be repeated, be it
//! a secret or a prompt, holds the word "hidden" there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use liter_llm::{ClientOptions, ErrorKind, LlmError, LlmRequest};
use serde_json::Value;

fn rows(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/mistakes.json");
    let text = std::fs::read_to_string(path).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    document[list].as_array().unwrap().clone()
}

/// The rows whose error is another one.
fn differences(list: &str, field: &str, error: impl Fn(&str) -> LlmError) -> Vec<String> {
    let compare = |row: &Value| {
        let error = error(&row[field].to_string());
        assert_eq!(error.number, error.kind.number());
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        let found = (error.kind.name(), error.message.as_str());
        let expected = (
            row["kind"].as_str().unwrap(),
            row["message"].as_str().unwrap(),
        );
        (found != expected).then(|| format!("{}: {found:?}, expected {expected:?}", row["name"]))
    };
    rows(list).iter().filter_map(compare).collect()
}

#[test]
fn mistakes_in_requests_are_named_in_the_words_of_the_caller() {
    let error = |json: &str| LlmRequest::from_json(json).unwrap_err();
    assert_eq!(
        differences("requests", "request", error),
        Vec::<String>::new()
    );
}

#[test]
fn mistakes_in_options_are_named_in_the_words_of_the_caller() {
    let error = |json: &str| ClientOptions::from_json(json).unwrap_err();
    assert_eq!(
        differences("options", "options", error),
        Vec::<String>::new()
    );
}

#[test]
fn text_that_is_no_json_is_said_to_be_none() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (json, reason) in [
        (
            "{",
            "not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            deep.as_str(),
            "not JSON: it is nested deeper than 128 levels",
        ),
    ] {
        let request = LlmRequest::from_json(json).unwrap_err();
        let options = ClientOptions::from_json(json).unwrap_err();
        assert_eq!(request.kind, ErrorKind::InvalidRequest);
        assert_eq!(request.message, format!("request is {reason}"));
        assert_eq!(options.kind, ErrorKind::Config);
        assert_eq!(options.message, format!("options are {reason}"));
    }
}

#[test]
fn a_field_that_is_nobodys_reaches_the_provider() {
    let request = LlmRequest::from_json(
        r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"top_k":5,
            "timeout":1,"provider":{"order":["a"]},"worker_threads":null}"#,
    );
    let extra = Value::Object(request.unwrap().extra);
    let expected = serde_json::json!({"top_k": 5, "timeout": 1, "provider": {"order": ["a"]}});
    assert_eq!(
        extra.to_string(),
        expected.to_string(),
        "in the order of the request"
    );
}
