//! Responses, Gemini, Bedrock and Ollama's own API: their paths, frames and ends.

use serde_json::{json, Value};

use crate::client::{post, Response};
use crate::program::Mock;

fn documents(texts: impl IntoIterator<Item = String>) -> Vec<Value> {
    let parse = |text: String| serde_json::from_str(&text).unwrap();
    texts.into_iter().map(parse).collect()
}

/// The events of an AWS event stream: the type and the payload of each.
fn frames(response: &Response) -> Vec<(String, Value)> {
    let bytes = response.bytes();
    let mut rest = bytes.as_slice();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let number = |at: usize| u32::from_be_bytes(rest[at..at + 4].try_into().unwrap()) as usize;
        let (total, headers) = (number(0), number(4));
        let name_ends = 12 + 1 + ":event-type".len();
        let length = usize::from(rest[name_ends + 2]);
        let kind = &rest[name_ends + 3..name_ends + 3 + length];
        let payload = &rest[12 + headers..total - 4];
        let kind = String::from_utf8(kind.to_vec()).unwrap();
        frames.push((kind, serde_json::from_slice(payload).unwrap()));
        rest = &rest[total..];
    }
    frames
}

#[test]
fn responses_streams_from_created_to_completed_with_the_whole_text() {
    let mock = Mock::start(&[]);
    let body = r#"{"model":"tiny","stream":true}"#;

    let response = post(&mock.http(), "/new/v1/responses", body);

    let events = documents(response.events());
    let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    let expected = json!([
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed"
    ]);
    assert_eq!(json!(types), expected);
    assert_eq!(events[5]["delta"], " world");
    assert_eq!(events[6]["text"], "Hello world");
    assert_eq!(events[9]["response"]["usage"]["output_tokens"], 2);
    assert!(response
        .text()
        .starts_with("event: response.created\ndata: {"));
}

#[test]
fn responses_that_reach_the_limit_are_incomplete() {
    let mock = Mock::start(&[]);
    mock.plan("k", json!([{"answer": {"text": "Hi", "finish": "length"}}]));

    let stream = post(&mock.http(), "/k/v1/responses", r#"{"stream":true}"#);
    let whole = post(&mock.http(), "/k/v1/responses", "{}").json();

    let last = documents(stream.events()).pop().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    let reason = json!({"reason": "max_output_tokens"});
    assert_eq!(last["response"]["incomplete_details"], reason);
    assert_eq!(whole["incomplete_details"], reason);
    assert_eq!(whole["output"][0]["content"][0]["text"], "Hi");
}

#[test]
fn gemini_streams_whole_documents_by_its_path() {
    let mock = Mock::start(&[]);
    let place = "/new/v1beta/models/gemini-x";

    let path = format!("{place}:streamGenerateContent?alt=sse");
    let stream = post(&mock.http(), &path, "{}");
    let whole = post(&mock.http(), &format!("{place}:generateContent"), "{}").json();

    let events = documents(stream.events());
    let texts: Vec<&Value> = events
        .iter()
        .map(|event| &event["candidates"][0]["content"]["parts"][0]["text"])
        .collect();
    assert_eq!(json!(texts), json!(["Hello", " world", ""]));
    assert_eq!(events[2]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(events[2]["usageMetadata"]["totalTokenCount"], 11);
    assert_eq!(events[0]["modelVersion"], "gemini-x");
    assert!(stream.text().contains("}\r\n\r\n"));
    let parts = json!([{"text": "Hello world"}]);
    assert_eq!(whole["candidates"][0]["content"]["parts"], parts);
}

#[test]
fn bedrock_streams_frames_from_message_start_to_metadata() {
    let mock = Mock::start(&[]);
    let place = "/new/model/us.amazon.nova-lite-v1%3A0";

    let stream = post(&mock.http(), &format!("{place}/converse-stream"), "{}");
    let whole = post(&mock.http(), &format!("{place}/converse"), "{}").json();

    let frames = frames(&stream);
    let types: Vec<&String> = frames.iter().map(|(kind, _)| kind).collect();
    let expected = json!([
        "messageStart",
        "contentBlockDelta",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata"
    ]);
    assert_eq!(json!(types), expected);
    assert_eq!(frames[2].1["delta"], json!({"text": " world"}));
    assert_eq!(frames[4].1["stopReason"], "end_turn");
    assert_eq!(frames[5].1["usage"]["totalTokens"], 11);
    let kind = "application/vnd.amazon.eventstream";
    assert_eq!(stream.header("content-type"), Some(kind));
    let content = json!([{"text": "Hello world"}]);
    assert_eq!(whole["output"]["message"]["content"], content);
}

#[test]
fn ollama_streams_lines_unless_it_is_told_not_to() {
    let mock = Mock::start(&[]);

    let stream = post(&mock.http(), "/new/api/chat", r#"{"model":"tiny"}"#);
    let whole = post(&mock.http(), "/new/api/chat", r#"{"stream":false}"#).json();

    let lines = documents(stream.text().lines().map(str::to_owned));
    let texts: Vec<&Value> = lines
        .iter()
        .map(|line| &line["message"]["content"])
        .collect();
    assert_eq!(json!(texts), json!(["Hello", " world", ""]));
    assert_eq!(
        (&lines[2]["done"], &lines[2]["eval_count"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(lines[0]["model"], "tiny");
    assert_eq!(stream.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(whole["message"]["content"], "Hello world");
}

#[test]
fn each_new_wire_has_its_own_error() {
    let mock = Mock::start(&[]);
    let error = json!({"message": "slow down", "type": "Slow"});
    mock.plan("k", json!([{"status": 429, "error": error}]));
    let ask = |path: &str| post(&mock.http(), &format!("/k{path}"), "{}");

    let gemini = ask("/v1beta/models/m:generateContent");
    let bedrock = ask("/model/m/converse");
    let ollama = ask("/api/chat");

    let expected = json!({"error": {"code": 429, "message": "slow down", "status": "Slow"}});
    assert_eq!(gemini.json(), expected);
    assert_eq!(bedrock.json(), json!({"message": "slow down"}));
    let kind = bedrock.header("x-amzn-errortype").unwrap();
    assert!(kind.starts_with("Slow:http://"), "{kind}");
    assert_eq!(ollama.json(), json!({"error": "slow down"}));
}

#[test]
fn a_frame_of_a_plan_is_a_message_of_its_own() {
    let mock = Mock::start(&[]);
    let frame = json!({"headers": [[":event-type", "messageStart"]], "payload": {"role": "x"}});
    let head = json!({"status": 200, "chunked": true});
    mock.plan(
        "k",
        json!([{"raw": [{"head": head}, {"frame": frame}, {"chunk_end": true}]}]),
    );

    let response = post(&mock.http(), "/k/model/m/converse-stream", "{}");

    let expected = ("messageStart".to_owned(), json!({"role": "x"}));
    assert_eq!(frames(&response), [expected]);
}
