//! Rules of the codec, one by one, at the level of frames and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod encode_v1;
mod encode_v2;
mod endings;
mod property;
mod recordings;
mod requests;
mod round_trip;
mod v1;
mod v2;
mod vectors;

use serde_json::{json, Value};

use crate::error::LlmError;
use crate::providers::test_support::{target as own_target, *};
use crate::providers::{EncodedRequest, Progress, Target};

const V2: Wire = Wire::sse("cohere");
const V1: Wire = Wire::ndjson("cohere");

fn v2(frames: &[Value]) -> Decoded {
    V2.stream(frames)
}

fn v1(frames: &[Value]) -> Decoded {
    V1.stream(frames)
}

/// A v2 event whose delta is about the message.
fn event(kind: &str, index: u64, message: Value) -> Value {
    json!({"type": kind, "index": index, "delta": {"message": message}})
}

fn text(text: &str) -> Value {
    event("content-delta", 0, json!({"content": {"text": text}}))
}

fn plan(text: &str) -> Value {
    event("tool-plan-delta", 0, json!({"tool_plan": text}))
}

fn message_end(reason: &str) -> Value {
    json!({"type": "message-end", "delta": {"finish_reason": reason}})
}

fn stream_end(reason: &str, response: Value) -> Value {
    json!({"event_type": "stream-end", "is_finished": true, "finish_reason": reason,
        "response": response})
}

fn target(base_path: &str) -> Target<'_> {
    Target {
        own_endpoint: base_path.is_empty(),
        base_path,
        stream: true,
        ..own_target()
    }
}

fn encode(request: &Value, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    V2.encode(request, target)
}
