//! Anthropic over HTTP: the vectors, and the mock's own wire, through the Rust interface.
#![cfg(feature = "anthropic")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use liter_llm::{Client, ClientOptions, Event, LlmRequest, Message};
use serde_json::{json, Value};
use support::Mock;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

fn client() -> Client {
    let options = json!({"provider": "anthropic", "api_key": "test-key"});
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors() {
    let mock = Mock::start(&["--vectors", folder().to_str().unwrap()]);
    let client = client();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        if vector["provider"] != "anthropic" {
            continue;
        }
        for cut in [0, 1, 7] {
            count += 1;
            wrong.extend(play(&mock, &client, &vector, cut).await);
        }
    }
    assert!(count > 100, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plays one vector in pieces of this size; what is not as expected.
async fn play(mock: &Mock, client: &Client, vector: &Value, cut: usize) -> Option<String> {
    let name = vector["name"].as_str().unwrap();
    let key = format!("vector~{name}~{cut}~x");
    let mut request = LlmRequest::from_json(&vector["request"].to_string()).unwrap();
    request.base_url = Some(mock.base_url(&key));
    let events: Vec<Event> = client.stream(request).collect().await;
    let heard: Vec<Value> = events.iter().map(named).collect();
    let expected = &vector["expected"];
    let wanted = expected["events"].as_array().unwrap();
    let same = heard.len() == wanted.len()
        && heard
            .iter()
            .zip(wanted)
            .all(|(heard, wanted)| is_as(heard, wanted));
    if !same {
        return Some(format!(
            "{name} cut {cut}\n  got  {}\n  want {}",
            json!(heard),
            json!(wanted)
        ));
    }
    let seen = mock.seen(&key);
    let requests = seen["requests"].as_array().cloned().unwrap_or_default();
    if json!(requests.len()) != expected["attempts"] {
        return Some(format!("{name} cut {cut}: {} requests", requests.len()));
    }
    let sent = &vector["sent"];
    requests
        .first()
        .and_then(|request| differs(request, sent, &key))
        .map(|differs| format!("{name}: {differs}"))
}

/// Where a request is not what should have been sent.
fn differs(request: &Value, sent: &Value, key: &str) -> Option<String> {
    let path = sent["path"].as_str().map(|path| format!("/{key}/v1{path}"));
    if path.is_some_and(|path| request["path"] != path) {
        return Some(format!("path {}", request["path"]));
    }
    let headers = request["headers"].as_array().unwrap();
    for (name, value) in sent["headers"].as_object().into_iter().flatten() {
        if !headers.contains(&json!([name, value])) {
            return Some(format!(
                "header {name}: {value} is not among {}",
                request["headers"]
            ));
        }
    }
    let body = sent.get("body").filter(|body| **body != request["body"]);
    body.map(|body| format!("body\n  got  {}\n  want {body}", request["body"]))
}

fn named(event: &Event) -> Value {
    match event {
        Event::Start(start) => json!(["START", start]),
        Event::Text(text) => json!(["TEXT", text]),
        Event::Reasoning(text) => json!(["REASONING", text]),
        Event::ToolDelta(delta) => json!(["TOOL_DELTA", delta]),
        Event::ToolCall(call) => json!(["TOOL_CALL", call]),
        Event::Part(part) => json!(["PART", part]),
        Event::End(receipt) => json!(["END", receipt]),
        other => panic!("{other:?}"),
    }
}

/// START and END say at least what is wanted, everything else exactly that.
fn is_as(heard: &Value, wanted: &Value) -> bool {
    match wanted[0].as_str() {
        Some("START" | "END") => heard[0] == wanted[0] && contains(&heard[1], &wanted[1]),
        _ => heard == wanted,
    }
}

fn contains(heard: &Value, wanted: &Value) -> bool {
    match (heard, wanted) {
        (Value::Object(heard), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| heard.get(name).is_some_and(|heard| contains(heard, value))),
        _ => heard == wanted,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo() {
    let mock = Mock::start(&[]);
    mock.plan("echo", json!([{"answer": {"text": "Hello wide world"}}]));
    let client = client();
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.base_url = Some(mock.base_url("echo"));
    let events: Vec<Event> = client.stream(request.clone()).collect().await;
    let heard: Vec<Value> = events.iter().map(named).collect();
    let texts = json!([["TEXT", "Hello"], ["TEXT", " wide"], ["TEXT", " world"]]);
    assert_eq!(json!(heard[1..4]), texts);
    let start = json!({"id": "msg_1", "model": "test-model", "request_id": "req_1"});
    assert!(contains(&heard[0][1], &start), "{}", heard[0]);
    let usage = json!({"input_tokens": 9, "output_tokens": 3, "cached_input_tokens": 0});
    let end = json!({"outcome": "complete", "finish_reason": "stop", "usage": usage});
    assert!(contains(&heard[4][1], &end), "{}", heard[4]);
    let response = client.complete(request).await.unwrap();
    assert_eq!(response.text, "Hello wide world");
}
