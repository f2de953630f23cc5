//! What differs between the wires: paths, envelopes, names.

use serde_json::{json, Value};

use crate::client::{post, Response};
use crate::program::Mock;

fn messages(mock: &Mock, key: &str, body: &str) -> Response {
    post(&mock.http(), &format!("/{key}/v1/messages"), body)
}

fn types(response: &Response) -> Vec<Value> {
    let events = response.events();
    let events = events
        .iter()
        .map(|event| serde_json::from_str::<Value>(event).unwrap());
    events.map(|event| event["type"].clone()).collect()
}

#[test]
fn anthropic_streams_from_message_start_to_message_stop() {
    let mock = Mock::start(&[]);

    let response = messages(&mock, "new", r#"{"model":"tiny","stream":true}"#);

    let expected = json!([
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop"
    ]);
    assert_eq!(json!(types(&response)), expected);
    let events = response.events();
    assert!(events[0].contains(r#""model":"tiny""#) && events[0].contains(r#""input_tokens":9"#));
    assert!(events[4].contains(r#""delta":{"type":"text_delta","text":" world"}"#));
    assert!(events[6].contains(r#""stop_reason":"end_turn""#));
    assert!(
        events[6].contains(r#""usage":{"output_tokens":2}"#),
        "{}",
        events[6]
    );
    assert!(response.text().starts_with("event: message_start\ndata: {"));
    assert_eq!(response.header("request-id"), Some("req_1"));
}

#[test]
fn anthropic_responds_whole_and_with_errors_in_its_own_envelope() {
    let mock = Mock::start(&[]);
    let error = json!({"message": "Overloaded", "type": "overloaded_error"});
    mock.plan(
        "k",
        json!([{"answer": {"text": "Hi", "finish": "length"}}, {"status": 529, "error": error}]),
    );

    let (response, error) = (messages(&mock, "k", "{}"), messages(&mock, "k", "{}"));

    let document = response.json();
    assert_eq!(document["content"], json!([{"type": "text", "text": "Hi"}]));
    assert_eq!(document["stop_reason"], "max_tokens");
    assert_eq!(document["usage"]["output_tokens"], 1);
    let envelope = json!({"type": "error", "request_id": "req_2",
        "error": {"type": "overloaded_error", "message": "Overloaded"}});
    assert_eq!((error.status, error.json()), (529, envelope));
}

#[test]
fn anthropic_paces_its_tokens() {
    let mock = Mock::start(&[]);

    let response = messages(&mock, "tokens~3~5~k", r#"{"stream":true}"#);

    let deltas = types(&response)
        .into_iter()
        .filter(|kind| kind == "content_block_delta");
    assert_eq!(deltas.count(), 3);
    assert_eq!(types(&response).last(), Some(&json!("message_stop")));
}
