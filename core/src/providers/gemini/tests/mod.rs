//! Rules of the codec, one by one, at the level of frames and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod endpoints;
mod property;
mod recordings;
mod requests;
mod round_trip;
mod vectors;

use serde_json::{json, Value};

use crate::providers::test_support::*;

const GEMINI: Wire = Wire::sse("gemini");
const VERTEX: Wire = Wire::sse("vertex");

/// An event with these parts.
fn parts(parts: Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}]})
}

/// The last event.
fn end(reason: &str) -> Value {
    json!({"candidates": [{"finishReason": reason, "index": 0}]})
}

/// What is sent for a request of these fields.
fn sent(wire: Wire, fields: Value) -> Value {
    body(&wire.encode(&request(fields), &target()).unwrap())
}
