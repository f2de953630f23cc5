//! Rules of the codec, one by one, at the level of lines and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod decode;
mod encode;
mod property;
mod recordings;
mod vectors;

use serde_json::{json, Value};

use crate::providers::test_support::*;
use crate::providers::Progress;

const OLLAMA: Wire = Wire::ndjson("ollama").api("native");

/// A line with this message.
fn line(message: Value) -> Value {
    json!({"model": MODEL, "message": message, "done": false})
}

fn text(text: &str) -> Value {
    line(json!({"role": "assistant", "content": text}))
}

fn thinking(text: &str) -> Value {
    line(json!({"role": "assistant", "content": "", "thinking": text}))
}

fn calls(calls: Value) -> Value {
    line(json!({"content": "", "tool_calls": calls}))
}

/// The last line.
fn done(reason: Value) -> Value {
    json!({"model": MODEL, "message": {"content": ""}, "done": true, "done_reason": reason})
}
