//! Anthropic over HTTP: the vectors, and the mock's own wire, through the Rust interface.
#![cfg(feature = "anthropic")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use futures_util::StreamExt;
use liter_llm::{Event, LlmRequest, Message};
use serde_json::{json, Value};
use support::vectors::{client, contains, named, play_all};
use support::Mock;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors() {
    let count = play_all(|provider| provider == "anthropic").await;
    assert!(count > 70, "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo() {
    let mock = Mock::start(&[]);
    mock.plan("echo", json!([{"answer": {"text": "Hello wide world"}}]));
    let client = client("anthropic");
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url("echo"));
    let events: Vec<Event> = client.stream(request.clone()).collect().await;
    let got: Vec<Value> = events.iter().map(named).collect();
    let texts = json!([["TEXT", "Hello"], ["TEXT", " wide"], ["TEXT", " world"]]);
    assert_eq!(json!(got[1..4]), texts);
    let start = json!({"id": "msg_1", "model": "test-model", "request_id": "req_1"});
    assert!(contains(&got[0][1], &start), "{}", got[0]);
    let usage = json!({"input_tokens": 9, "output_tokens": 3, "cached_input_tokens": 0});
    let end = json!({"outcome": "complete", "finish_reason": "stop", "usage": usage});
    assert!(contains(&got[4][1], &end), "{}", got[4]);
    let response = client.complete(request).await.unwrap();
    assert_eq!(response.text, "Hello wide world");
}
