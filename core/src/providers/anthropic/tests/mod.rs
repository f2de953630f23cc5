//! Rules of the codec, one by one, at the level of frames and events. How a test says what it saw
//! is the form of the vectors in `tests/vectors`.

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

use super::Anthropic;
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, Start};
use crate::framing::{Frame, Framing};
use crate::providers::{ending, Decoder, EncodedRequest, Progress, Provider, Target};
use crate::request::LlmRequest;

/// What came of an answer.
struct Heard {
    /// Events in the form of the vectors, without START where it says only the defaults.
    events: Value,
    error: Option<LlmError>,
    progress: Progress,
    /// Finish reason, the raw one, and usage without its raw object.
    finish: Value,
    unknown_events: u64,
}

fn decoder() -> Box<dyn Decoder> {
    let start = Start {
        model: "asked".to_owned(),
        provider: "anthropic",
        ..Start::default()
    };
    Anthropic.decoder(start, Framing::Sse)
}

/// Reads frames named as their type is, and closes the answer if it is complete.
fn stream(frames: &[Value]) -> Heard {
    let frames: Vec<(String, String)> = frames
        .iter()
        .map(|data| {
            (
                data["type"].as_str().unwrap_or_default().to_owned(),
                data.to_string(),
            )
        })
        .collect();
    let frames = frames
        .iter()
        .map(|(name, data)| (name.as_str(), data.as_str()));
    named(&frames.collect::<Vec<_>>())
}

fn named(frames: &[(&str, &str)]) -> Heard {
    let mut decoder = decoder();
    let mut batch = EventBatch::default();
    let mut read = |frame: &(&str, &str)| {
        let (name, data) = *frame;
        decoder.frame(Frame { name, data }, &mut batch)
    };
    let error = frames.iter().try_for_each(&mut read).err();
    heard(decoder, batch, error)
}

fn whole(body: &str) -> Heard {
    let mut decoder = decoder();
    let mut batch = EventBatch::default();
    let error = decoder.whole(body.as_bytes(), &mut batch).err();
    heard(decoder, batch, error)
}

fn heard(mut decoder: Box<dyn Decoder>, mut batch: EventBatch, error: Option<LlmError>) -> Heard {
    let progress = decoder.progress();
    let is_ended = progress == Progress::Done;
    let verdict = ending::judge(decoder.seen());
    let verdict = verdict.err().filter(|_| is_ended);
    let error = error.or(verdict);
    if error.is_none() && is_ended {
        decoder.close(&mut batch);
        decoder.close(&mut batch);
    }
    let finish = decoder.finish();
    let mut usage = json!(finish.usage);
    usage.as_object_mut().and_then(|usage| usage.remove("raw"));
    let events = batch.drain().iter().filter_map(event).collect();
    Heard {
        events,
        error,
        progress,
        finish: json!([finish.reason, finish.reason_raw, usage]),
        unknown_events: finish.unknown_events,
    }
}

fn event(event: &Event) -> Option<Value> {
    let value = match event {
        Event::Start(start) if start.id.is_none() && start.model == "asked" => return None,
        Event::Start(start) => json!(["START", [start.id, start.model]]),
        Event::Text(text) => json!(["TEXT", text]),
        Event::Reasoning(text) => json!(["REASONING", text]),
        Event::ToolDelta(delta) => json!(["TOOL_DELTA", delta]),
        Event::ToolCall(call) => json!(["TOOL_CALL", call]),
        Event::Part(part) => json!(["PART", part]),
        Event::End(_) => panic!("a codec says no END"),
    };
    Some(value)
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
fn said(frames: &[Value], reason: &str) -> Value {
    let heard = stream(&[frames, &ended(reason)].concat());
    assert!(heard.error.is_none(), "{:?}", heard.error);
    assert_eq!(heard.progress, Progress::Done);
    heard.events
}

/// The events of a whole answer of these blocks.
fn said_whole(blocks: Value, reason: &str) -> Value {
    let body = json!({"type": "message", "content": blocks, "stop_reason": reason});
    let heard = whole(&body.to_string());
    assert!(heard.error.is_none(), "{:?}", heard.error);
    heard.events
}

/// A PART that has to go back.
fn content(block: Value) -> Value {
    json!(["PART", {"type": "content", "content": block}])
}

fn target() -> Target<'static> {
    Target {
        key: None,
        authorization: None,
        own_endpoint: true,
        host: "",
        query: "",
        base_path: "",
        stream: false,
        lenient: false,
    }
}

fn lenient() -> Target<'static> {
    Target {
        lenient: true,
        ..target()
    }
}

fn encode(request: &Value, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    Anthropic.request(
        &LlmRequest::from_json(&request.to_string()).unwrap(),
        target,
    )
}

fn body(encoded: &EncodedRequest) -> Value {
    serde_json::from_slice(&encoded.body).unwrap()
}
