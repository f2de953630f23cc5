//! Rules of the codec, one by one, at the level of frames and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod calls;
mod encode;
mod endings;
mod messages;
mod parts;
mod property;
mod recordings;
mod requests;
mod round_trip;
mod text;

use serde_json::{json, Value};

use crate::error::{ErrorKind, LlmError};
use crate::providers::test_support::*;
use crate::providers::{EncodedRequest, Progress, Target};

const ANTHROPIC: Wire = Wire::sse("anthropic");

/// Reads frames named as their type is.
fn stream(frames: &[Value]) -> Decoded {
    ANTHROPIC.stream(frames)
}

fn named(frames: &[(&str, &str)]) -> Decoded {
    ANTHROPIC.frames(frames.iter().copied())
}

fn whole(body: impl AsRef<[u8]>) -> Decoded {
    ANTHROPIC.whole(body)
}

/// A block begins.
fn begin(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

/// Something is new in a block.
fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text_delta(index: u64, text: &str) -> Value {
    delta(index, json!({"type": "text_delta", "text": text}))
}

fn input_delta(index: u64, json: &str) -> Value {
    delta(
        index,
        json!({"type": "input_json_delta", "partial_json": json}),
    )
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

/// The two last events.
fn ended(reason: &str) -> [Value; 2] {
    let delta = json!({"stop_reason": reason, "stop_sequence": null});
    [
        json!({"type": "message_delta", "delta": delta}),
        json!({"type": "message_stop"}),
    ]
}

/// The events of a stream of these frames that ends with this reason.
fn events_of(frames: &[Value], reason: &str) -> Value {
    let decoded = stream(&[frames, &ended(reason)].concat());
    assert_eq!(decoded.progress, Progress::Done);
    decoded.good()
}

/// The events of a whole response of these blocks.
fn events_of_whole(blocks: Value, reason: &str) -> Value {
    let body = json!({"type": "message", "content": blocks, "stop_reason": reason});
    whole(body.to_string()).good()
}

/// A PART that has to go back.
fn content(block: Value) -> Value {
    json!(["PART", {"type": "content", "content": block}])
}

fn encode(request: &Value, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    ANTHROPIC.encode(request, target)
}
