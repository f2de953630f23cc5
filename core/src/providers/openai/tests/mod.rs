//! Rules of the codec, one by one, at the level of frames and events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod calls;
mod encode;
mod endings;
mod messages;
mod property;
mod recordings;
mod requests;
mod text;
mod vectors;
mod vendors;

use serde_json::{json, Value};

use crate::providers::test_support::*;
use crate::providers::Progress;

const OPENAI: Wire = Wire::sse("openai");

/// Reads frames without a name.
fn stream(frames: &[&str]) -> Decoded {
    OPENAI.frames(frames.iter().map(|data| ("", *data)))
}

fn named(frames: &[(&str, &str)]) -> Decoded {
    OPENAI.frames(frames.iter().copied())
}

fn whole(body: impl AsRef<[u8]>) -> Decoded {
    OPENAI.whole(body)
}

/// A chunk with this delta.
fn delta(delta: Value) -> String {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}).to_string()
}

/// A chunk with this finish reason.
fn finish(reason: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string()
}

/// A stream of these deltas that ends with this reason.
fn deltas(wire: Wire, deltas: &[Value], reason: &str) -> Decoded {
    let mut frames: Vec<String> = deltas.iter().cloned().map(delta).collect();
    frames.extend([finish(reason), "[DONE]".to_owned()]);
    wire.frames(frames.iter().map(|data| ("", data.as_str())))
}

/// The events of such a stream.
fn events_of(list: &[Value], reason: &str) -> Value {
    deltas(OPENAI, list, reason).good()
}
