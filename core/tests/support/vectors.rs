//! The vectors of `tests/vectors` through the Rust interface, cut as the mock writes them.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use liter_llm::{Client, ClientOptions, Event, LlmRequest};
use serde_json::{json, Value};

use super::Mock;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// A client of this provider, with a key.
pub fn client(provider: &str) -> Client {
    let options = json!({"provider": provider, "api_key": "test-key"});
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

/// Plays every vector of the providers that fit; how many there were.
pub async fn play_all(fits: impl Fn(&str) -> bool) -> usize {
    let mock = Mock::start(&["--vectors", folder().to_str().unwrap()]);
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in std::fs::read_dir(folder()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        let provider = vector["provider"].as_str().unwrap();
        if !fits(provider) {
            continue;
        }
        count += 1;
        let client = client(provider);
        let plays = [0, 1, 7].map(|cut| play(&mock, &client, &vector, cut));
        wrong.extend(futures_util::future::join_all(plays).await);
    }
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    count
}

/// Plays one vector in pieces of this size; returns what is not as expected.
async fn play(mock: &Mock, client: &Client, vector: &Value, cut: usize) -> Option<String> {
    let name = vector["name"].as_str().unwrap();
    let base_path = vector["base_path"].as_str().unwrap_or("/v1");
    let key = format!("vector~{name}~{cut}~x");
    let mut request = LlmRequest::from_json(&vector["request"].to_string()).unwrap();
    let root = mock.base_url(&key);
    request.call.base_url = Some(format!("{}{base_path}", root.trim_end_matches("/v1")));
    let events: Vec<Event> = client.stream(request).collect().await;
    let got: Vec<Value> = events.iter().map(named).collect();
    let expected = &vector["expected"];
    let wanted = expected["events"].as_array().unwrap();
    let mut pairs = got.iter().zip(wanted);
    if got.len() != wanted.len() || !pairs.all(|(got, wanted)| is_as(got, wanted)) {
        return Some(format!(
            "{name} cut {cut}\n  got  {}\n  want {}",
            json!(got),
            json!(wanted)
        ));
    }
    let seen = mock.seen(&key);
    let requests = seen["requests"].as_array().cloned().unwrap_or_default();
    let attempts = &expected["attempts"];
    if !attempts.is_null() && json!(requests.len()) != *attempts {
        return Some(format!("{name} cut {cut}: {} requests", requests.len()));
    }
    let prefix = format!("/{key}{base_path}");
    requests
        .first()
        .and_then(|request| differs(request, &vector["sent"], &prefix))
        .map(|differs| format!("{name}: {differs}"))
}

/// Where a request is not what should have been sent.
fn differs(request: &Value, sent: &Value, prefix: &str) -> Option<String> {
    let path = sent["path"].as_str().map(|path| format!("{prefix}{path}"));
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

/// An event as the vectors write it.
pub fn named(event: &Event) -> Value {
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

/// START and END hold at least what is wanted, everything else exactly that. A tool call for which
/// no id is wanted has one that the library made.
fn is_as(got: &Value, wanted: &Value) -> bool {
    match wanted[0].as_str() {
        Some("TOOL_CALL") if wanted[1]["id"].is_null() => {
            let mut got = got.clone();
            let id = got[1]["id"].take();
            id.as_str().is_some_and(|id| id.starts_with("call_")) && got == *wanted
        }
        Some("START" | "END") => got[0] == wanted[0] && contains(&got[1], &wanted[1]),
        _ => got == wanted,
    }
}

pub fn contains(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| got.get(name).is_some_and(|got| contains(got, value))),
        _ => got == wanted,
    }
}
