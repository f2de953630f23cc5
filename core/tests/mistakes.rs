//! The most likely mistakes in requests and options, and the whole line that names what is wrong:
//! `tests/mistakes.json`, which the tests of every language read. What must not be repeated, be it
//! a secret or a prompt, holds the word "hidden" there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use liter_llm::{AnyRequest, ClientOptions, ErrorKind, LlmError, LlmRequest};
use serde_json::Value;

fn rows(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/mistakes.json");
    let text = std::fs::read_to_string(path).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    document[list].as_array().unwrap().clone()
}

/// The rows whose error differs from the expected one.
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
    let error = |json: &str| AnyRequest::from_json(json).unwrap_err();
    assert_eq!(
        differences("requests", "request", error),
        Vec::<String>::new()
    );
}

#[test]
fn a_chat_is_no_other_operation() {
    let chat = r#"{"operation":"chat","model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let request = LlmRequest::from_json(chat).unwrap();
    assert!(request.extra.is_empty(), "it does not reach the provider");
    let error = LlmRequest::from_json(r#"{"operation":"models"}"#).unwrap_err();
    assert_eq!(
        error.message,
        "operation: expected \"chat\", got \"models\""
    );
    let embed = r#"{"operation":"embed","model":"m","input":[[1,2],[{"type":"text","text":"a"}]],
                    "task":"x","api_key":"key-1234"}"#;
    let Ok(AnyRequest::Embed(request)) = AnyRequest::from_json(embed) else {
        panic!("it is a request for embeddings");
    };
    assert_eq!((request.input.len(), request.extra.len()), (2, 1));
    assert!(request.call.api_key.is_some());
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
fn text_that_is_no_json_is_reported_as_such() {
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
fn an_unknown_field_reaches_the_provider() {
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

/// Everything in the list for all languages is parsed, with the type that the list names.
#[test]
fn every_field_and_option_is_parsed() {
    let document = liter_llm::schema::document();
    let names = |list: &str| {
        let entries = document[list].as_array().unwrap().iter();
        let typed = entries.filter(|entry| entry["type"] != "any");
        let names = typed.map(|entry| entry["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    for name in names("client_options") {
        let error = ClientOptions::from_json(&format!(r#"{{"{name}":[[]]}}"#)).unwrap_err();
        let expected = format!("option {name}: expected ");
        let message = error.message.replacen("[0]", "", 1);
        assert!(message.starts_with(&expected), "{error}");
    }
    for name in [names("request_fields"), names("call_options")].concat() {
        let error = LlmRequest::from_json(&format!(r#"{{"{name}":[[]]}}"#)).unwrap_err();
        let message = error.message.replacen("[0]", "", 1);
        assert!(
            message.starts_with(&format!("{name}: expected ")),
            "{error}"
        );
    }
}

#[test]
fn options_of_the_client_are_refused_in_a_call() {
    let document = liter_llm::schema::document();
    let names = |list: &str| {
        let entries = document[list].as_array().unwrap().iter();
        entries
            .map(|entry| entry["name"].clone())
            .collect::<Vec<_>>()
    };
    let call = names("call_options");
    for name in names("client_options")
        .iter()
        .filter(|name| !call.contains(name))
    {
        let error = LlmRequest::from_json(&format!("{{{name}:1}}")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
        let expected = format!("{name} is an option of the client, not of a call");
        assert_eq!(error.message, expected);
    }
    for name in names("request_fields") {
        let error = ClientOptions::from_json(&format!("{{{name}:1}}")).unwrap_err();
        let expected = format!("{name} is a field of a request, not an option of a client");
        assert_eq!(error.message, expected);
    }
}
