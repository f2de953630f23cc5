//! Tapes through the Rust interface: what is recorded comes back the same, without network and key,
//! for every wire; and no key is ever in a file.
#![cfg(all(
    feature = "openai_responses",
    feature = "anthropic",
    feature = "bedrock",
    feature = "cohere",
    feature = "gemini",
    feature = "ollama"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod files;
mod modes;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod wires;

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use liter_llm::{AnyRequest, Client, ClientOptions, Event};
use serde_json::{json, Value};

pub const KEY: &str = "tape-Key_7f3a9c.e41b88d2zz";

/// A folder of its own for each test, which goes with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = format!("liter-llm-tape-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn client(options: Value) -> Client {
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

/// A client with a key that records.
pub fn recorder(file: &str) -> Client {
    client(
        json!({"api_key": KEY, "retries_max": 1, "aws_region": "eu-central-1",
        "tape": {"file": file, "mode": "record"}}),
    )
}

/// A client without a key that plays.
pub fn player(file: &str) -> Client {
    client(json!({"retries_max": 1, "tape": {"file": file, "mode": "replay"}}))
}

pub async fn events(client: &Client, request: &Value) -> Vec<Value> {
    let request = AnyRequest::from_json(&request.to_string()).unwrap();
    let events = client.start(request).map(|event| named(&event)).collect();
    let waiting = tokio::time::timeout(Duration::from_secs(30), events);
    waiting.await.unwrap()
}

/// A chat of one message at this address.
pub fn chat(base_url: &str, text: &str) -> Value {
    json!({"model": "openai/m", "base_url": base_url,
        "messages": [{"role": "user", "content": text}]})
}

/// An event without what differs from run to run: times, and ids that the library makes.
fn named(event: &Event) -> Value {
    let mut named = match event {
        Event::Vectors(vectors) => json!(["VECTORS", vectors.iter().collect::<Vec<_>>()]),
        Event::Result(result) => json!(["RESULT", result]),
        other => support::vectors::named(other),
    };
    if named[0] == "END" {
        let end = &mut named[1];
        end["timings"] = Value::Null;
        let of_error = end["error"]["tried"].take();
        for mut tried in [end["tried"].take(), of_error] {
            let list = tried.as_array_mut();
            let list = list.into_iter().flatten();
            list.for_each(|it| it["milliseconds"] = Value::Null);
            end["attempted"] = tried;
        }
    }
    if named[0] == "TOOL_CALL" {
        let id = named[1]["id"].as_str().unwrap_or_default();
        if id.starts_with("call_") && id.len() > 20 {
            named[1]["id"] = json!("made");
        }
    }
    named
}

/// The lines of a tape without times and ports.
pub fn steady(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let url = line["request"]["url"].as_str().unwrap().to_owned();
        let path = url.splitn(4, '/').nth(3).unwrap();
        line["request"]["url"] = json!(path);
        if let Some(response) = line.get_mut("response").and_then(Value::as_object_mut) {
            response.remove("ms");
            response.remove("pieces");
        }
        line
    });
    lines.collect()
}

/// What a file has and must not have.
pub fn assert_no_key(file: &str, secrets: &[&str]) {
    let text = std::fs::read_to_string(file).unwrap().to_lowercase();
    for secret in secrets {
        assert!(!text.contains(&secret.to_lowercase()), "{secret} in {text}");
    }
    for name in [
        "authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "cookie",
        "bearer",
    ] {
        assert!(!text.contains(&format!("\"{name}\"")), "{name} in {text}");
    }
}
