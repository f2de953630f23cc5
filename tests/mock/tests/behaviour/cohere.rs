//! Cohere's two wires: v2 as server-sent events, v1 as one JSON document per line.

use serde_json::{json, Value};

use crate::client::{post, Response};
use crate::program::Mock;

const STREAM: &str = r#"{"model":"tiny","stream":true}"#;

fn chat(mock: &Mock, key: &str, version: &str, body: &str) -> Response {
    post(&mock.http(), &format!("/{key}/{version}/chat"), body)
}

fn lines(response: &Response) -> Vec<Value> {
    let text = response.text();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn counts(output: u64) -> Value {
    let counts = json!({"input_tokens": 9, "output_tokens": output});
    json!({"billed_units": counts, "tokens": counts})
}

#[test]
fn cohere_v2_streams_from_message_start_to_done() {
    let mock = Mock::start(&[]);

    let response = chat(&mock, "new", "v2", STREAM);

    let mut events = response.events();
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    let events: Vec<Value> = events
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    let expected = json!([
        "message-start",
        "content-start",
        "content-delta",
        "content-delta",
        "content-end",
        "message-end"
    ]);
    assert_eq!(json!(types), expected);
    let content = json!({"message": {"content": {"text": " world"}}});
    assert_eq!(events[3]["delta"], content);
    let end = json!({"finish_reason": "COMPLETE", "usage": counts(2)});
    assert_eq!(events[5]["delta"], end);
    assert!(response.text().starts_with("event: message-start\ndata: {"));
    assert_eq!(response.header("x-debug-trace-id"), Some("req_1"));
}

#[test]
fn cohere_v1_streams_lines_from_stream_start_to_stream_end() {
    let mock = Mock::start(&[]);

    let response = chat(&mock, "new", "v1", STREAM);

    let lines = lines(&response);
    let types: Vec<&Value> = lines.iter().map(|line| &line["event_type"]).collect();
    let expected = json!([
        "stream-start",
        "text-generation",
        "text-generation",
        "stream-end"
    ]);
    assert_eq!(json!(types), expected);
    assert_eq!(lines[2]["text"], " world");
    assert_eq!(lines[3]["finish_reason"], "COMPLETE");
    assert_eq!(lines[3]["response"]["meta"]["tokens"], counts(2)["tokens"]);
    assert_eq!(
        response.header("content-type"),
        Some("application/stream+json")
    );
}

#[test]
fn cohere_responds_whole_and_with_errors_in_its_own_envelope() {
    let mock = Mock::start(&[]);
    let error = json!({"message": "too long", "type": "TOO_MANY_TOKENS"});
    let steps =
        json!([{"answer": {"text": "Hi", "finish": "length"}}, {"status": 400, "error": error}]);
    for version in ["v1", "v2"] {
        mock.plan(version, steps.clone());

        let response = chat(&mock, version, version, "{}").json();
        let error = chat(&mock, version, version, "{}");

        assert_eq!(response["finish_reason"], "MAX_TOKENS");
        let envelope = json!({"id": "req_2", "message": "too long",
            "error_type": "TOO_MANY_TOKENS"});
        assert_eq!((error.status, error.json()), (400, envelope));
        match version {
            "v1" => {
                assert_eq!(response["text"], "Hi");
                assert_eq!(response["meta"]["billed_units"], counts(1)["tokens"]);
            }
            _ => {
                let content = json!([{"type": "text", "text": "Hi"}]);
                assert_eq!(response["message"]["content"], content);
                assert_eq!(response["usage"], counts(1));
            }
        }
    }
}

#[test]
fn cohere_paces_its_tokens() {
    let mock = Mock::start(&[]);

    let v2 = chat(&mock, "tokens~3~5~k", "v2", STREAM).events();
    let v1 = lines(&chat(&mock, "tokens~3~5~k", "v1", STREAM));

    let deltas = v2.iter().filter(|event| event.contains("content-delta"));
    assert_eq!(deltas.count(), 3);
    let deltas = v1
        .iter()
        .filter(|line| line["event_type"] == "text-generation");
    assert_eq!(deltas.count(), 3);
    assert_eq!(v1.last().unwrap()["is_finished"], true);
}
