//! Rules of the codec, one by one, at the level of frames and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod authentication;
mod encode;
mod endings;
mod errors;
mod messages;
mod property;
mod recordings;

mod streams;
mod tools;
mod vectors;

mod whole;

use serde_json::{json, Value};

use crate::error::{ErrorKind, LlmError};
use crate::providers::test_support::*;
use crate::providers::{EncodedRequest, Progress, Target};

const BEDROCK: Wire = Wire::eventstream("bedrock");
const CLAUDE: &str = "anthropic.claude-sonnet-4-20250514-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";

/// Reads frames of these names.
fn stream(frames: &[(&str, Value)]) -> Decoded {
    let frames: Vec<_> = frames
        .iter()
        .map(|(name, data)| (*name, data.to_string()))
        .collect();
    BEDROCK.frames(frames.iter().map(|(name, data)| (*name, data.as_str())))
}

/// A block begins.
fn begin(index: u64, start: Value) -> (&'static str, Value) {
    let event = json!({"contentBlockIndex": index, "start": start, "p": "abc"});
    ("contentBlockStart", event)
}

/// Something is new in a block.
fn delta(index: u64, delta: Value) -> (&'static str, Value) {
    let event = json!({"contentBlockIndex": index, "delta": delta, "p": "abc"});
    ("contentBlockDelta", event)
}

fn text_delta(index: u64, text: &str) -> (&'static str, Value) {
    delta(index, json!({ "text": text }))
}

fn input_delta(index: u64, json: &str) -> (&'static str, Value) {
    delta(index, json!({"toolUse": {"input": json}}))
}

fn stop(index: u64) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex": index}))
}

fn message_stop(reason: &str) -> (&'static str, Value) {
    ("messageStop", json!({ "stopReason": reason }))
}

fn metadata() -> (&'static str, Value) {
    let usage = json!({"inputTokens": 3, "outputTokens": 2, "totalTokens": 5});
    (
        "metadata",
        json!({"usage": usage, "metrics": {"latencyMs": 7}}),
    )
}

/// The events of a stream of these frames that ends with this reason.
fn events_of(frames: &[(&str, Value)], reason: &str) -> Value {
    let end = [message_stop(reason), metadata()];
    let decoded = stream(&[frames, &end].concat());
    assert_eq!(decoded.progress, Progress::Done);
    decoded.good()
}

/// A whole response of these blocks.
fn whole(blocks: Value, reason: &str) -> Decoded {
    let message = json!({"role": "assistant", "content": blocks});
    let body = json!({"output": {"message": message}, "stopReason": reason});
    BEDROCK.whole(body.to_string())
}

/// A PART that has to go back.
fn content(kind: &str, block: Value) -> Value {
    json!(["PART", {"type": "content", "content": {"type": kind, kind: block}}])
}

fn encode(request: &Value, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    BEDROCK.encode(request, target)
}

/// The body of a request of these fields to this model.
fn body_of(model: &str, fields: Value) -> Value {
    let usual = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    body(&encode(&joined(usual, fields), &target()).unwrap())
}

/// The turns of a conversation with this model.
fn turns_of(model: &str, messages: Value) -> Value {
    body_of(model, json!({ "messages": messages }))["messages"].take()
}
