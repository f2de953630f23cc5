//! Batches through the traits alone: steps out, responses in. What goes over sockets is in
//! `core/tests/operations`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod property;
mod recordings;
mod requests;
mod responses;
mod states;

use serde_json::{json, Map, Value};

use super::{Answer, Answered, Asked, Batches, Step};
use crate::error::LlmError;
use crate::providers::{by_name_and_api, Provider, Target};
use crate::request::{AnyRequest, BatchRequest, CloudOptions};

/// A provider, perhaps with one of its APIs: `openai/responses`.
fn provider(name: &str) -> &'static dyn Provider {
    let (name, api) = name.split_once('/').unwrap_or((name, ""));
    by_name_and_api(name, Some(api)).unwrap()
}

fn codec(name: &str) -> &'static dyn Batches {
    provider(name).batches().unwrap()
}

fn parsed(fields: Value) -> Result<BatchRequest, LlmError> {
    let mut request = json!({"operation": "batch"});
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    match AnyRequest::from_json(&request.to_string())? {
        AnyRequest::Batch(request) => Ok(request),
        other => panic!("{other:?}"),
    }
}

fn request(fields: Value) -> BatchRequest {
    parsed(fields).unwrap()
}

/// Rows of chats.
fn rows(ids: &[&str]) -> Value {
    let row = |id: &&str| {
        let messages = json!([{"role": "user", "content": format!("say {id}")}]);
        json!({"id": id, "request": {"model": "m", "messages": messages, "stream": true}})
    };
    ids.iter().map(row).collect()
}

/// Method, path, headers and body of a step.
fn encoded(
    name: &str,
    step: &Step,
    request: &BatchRequest,
) -> Result<(String, String, Vec<u8>), LlmError> {
    encoded_at(name, "/v1", step, request)
}

fn encoded_at(
    name: &str,
    base_path: &str,
    step: &Step,
    request: &BatchRequest,
) -> Result<(String, String, Vec<u8>), LlmError> {
    let cloud = CloudOptions::default();
    let target = Target {
        cloud: &cloud,
        own_endpoint: true,
        host: "host",
        base_path,
        query: "",
        stream: false,
        lenient: false,
    };
    let asked = Asked {
        provider: provider(name),
        request,
        mark: "mark-1",
        target: &target,
    };
    let encoded = codec(name).encode(step, &asked)?;
    let first = format!("{} {}", encoded.method, encoded.path);
    let headers = encoded.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    Ok((first, headers.join("\n"), encoded.body))
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn decoded(name: &str, step: &Step, text: &str) -> Result<Answer, LlmError> {
    let request = BatchRequest::default();
    let answered = Answered {
        provider: provider(name),
        request: &request,
        text,
    };
    codec(name).decode(step, &answered)
}

fn line(name: &str, text: &Value) -> Map<String, Value> {
    let request = BatchRequest::default();
    let text = text.to_string();
    let answered = Answered {
        provider: provider(name),
        request: &request,
        text: &text,
    };
    codec(name).line(&answered).unwrap()
}

fn status() -> Step {
    Step::Status {
        batch: "b-1".to_owned(),
    }
}

fn look() -> Step {
    Step::Look {
        batch: "b-1".to_owned(),
    }
}
