//! Rules of the codec, one by one, at the level of frames and events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod calls;
mod encode;
mod endings;
mod messages;
mod property;
mod recordings;
mod replies;
mod text;
mod vectors;

use serde_json::{json, Value};

use crate::providers::test_support::*;
use crate::providers::Progress;

const OPENAI: Wire = Wire::sse("openai").api("responses");

/// The events that open a stream.
fn created() -> Value {
    let response = json!({"id": "resp_1", "model": "m-1", "status": "in_progress", "output": []});
    json!({"type": "response.created", "response": response})
}

/// An event about an item of the output.
fn of_item(kind: &str, index: u64, fields: Value) -> Value {
    let event = json!({"type": format!("response.{kind}"), "output_index": index});
    joined(event, fields)
}

fn delta(kind: &str, index: u64, delta: &str) -> Value {
    of_item(kind, index, json!({"delta": delta, "content_index": 0}))
}

fn text_delta(piece: &str) -> Value {
    delta("output_text.delta", 0, piece)
}

fn added(index: u64, item: Value) -> Value {
    of_item("output_item.added", index, json!({ "item": item }))
}

fn done(index: u64, item: Value) -> Value {
    of_item("output_item.done", index, json!({ "item": item }))
}

/// The event that ends a stream.
fn ended(status: &str, fields: Value) -> Value {
    let response = joined(
        json!({"id": "resp_1", "model": "m-1", "status": status}),
        fields,
    );
    json!({"type": format!("response.{status}"), "response": response})
}

fn completed() -> Value {
    ended("completed", json!({"output": [], "usage": null}))
}

/// Reads frames of a stream that begins and ends well.
fn streamed_whole(frames: &[Value]) -> Decoded {
    let mut all = vec![created()];
    all.extend_from_slice(frames);
    all.push(completed());
    OPENAI.stream(&all)
}

/// Its events behind START, without the block of items at the end.
fn events_of(frames: &[Value]) -> Value {
    without_block(streamed_whole(frames).good())
}

fn without_block(mut events: Value) -> Value {
    let list = events.as_array_mut().unwrap();
    list.retain(|event| event[0] != "START" && event[1]["type"] != "content");
    events
}

/// The whole events of a body of these items.
fn whole(items: Value) -> Decoded {
    let body = json!({"id": "resp_1", "model": "m-1", "status": "completed", "output": items});
    OPENAI.whole(body.to_string())
}

/// A message of one text.
fn message(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn function_call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": "fc_1", "call_id": id, "name": name,
        "arguments": arguments, "status": "completed"})
}
