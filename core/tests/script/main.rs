//! Provider `script` through the Rust interface: what each answer becomes, and that the machinery
//! of every provider runs over it.
#![cfg(feature = "script")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod calls;
mod operations;

use std::time::Duration;

use futures_util::StreamExt;
use liter_llm::{AnyRequest, Client, ClientOptions, Event, Outcome};
use serde_json::{json, Value};

pub fn client(options: Value) -> Client {
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

/// A client of this script, which retries at once.
pub fn scripted(script: Value) -> Client {
    client(json!({"script": script, "retries_max": 2}))
}

pub async fn events(client: &Client, request: Value) -> Vec<Value> {
    let request = AnyRequest::from_json(&request.to_string()).unwrap();
    let events = client.start(request).map(|event| named(&event)).collect();
    let waiting = tokio::time::timeout(Duration::from_secs(20), events);
    waiting.await.unwrap()
}

/// A chat of one message.
pub fn chat(text: &str) -> Value {
    json!({"model": "script/m", "messages": [{"role": "user", "content": text}]})
}

/// What a chat came to.
pub async fn call(client: &Client, text: &str) -> Vec<Value> {
    events(client, chat(text)).await
}

fn named(event: &Event) -> Value {
    match event {
        Event::Start(start) => json!(["START", start]),
        Event::Text(text) => json!(["TEXT", text]),
        Event::Reasoning(text) => json!(["REASONING", text]),
        Event::ToolDelta(delta) => json!(["TOOL_DELTA", delta]),
        Event::ToolCall(call) => json!(["TOOL_CALL", call]),
        Event::Part(part) => json!(["PART", part]),
        Event::Result(result) => json!(["RESULT", result]),
        Event::Vectors(vectors) => {
            let rows: Vec<_> = vectors.iter().collect();
            json!(["VECTORS", rows])
        }
        Event::End(receipt) => {
            assert_eq!(
                receipt.outcome == Outcome::Complete,
                receipt.error.is_none()
            );
            json!(["END", receipt])
        }
        other => panic!("{other:?}"),
    }
}

pub fn texts(events: &[Value]) -> Vec<&str> {
    let texts = events.iter().filter(|event| event[0] == "TEXT");
    texts.map(|event| event[1].as_str().unwrap()).collect()
}

pub fn end(events: &[Value]) -> &Value {
    let last = events.last().unwrap();
    assert_eq!(last[0], "END");
    &last[1]
}
