//! Rules of the codec, one by one, at the level of frames and events. How a test says what it saw
//! is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod calls;
mod chance;
mod encode;
mod endings;
mod messages;
mod recorded;
mod recordings;
mod requests;
mod rows;
mod text;
mod vectors;

use serde_json::{json, Value};

use super::OpenAi;
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, Start};
use crate::framing::Frame;
use crate::framing::Framing;
use crate::providers::compatible::CODECS;
use crate::providers::{ending, Decoder, Progress, Provider};

/// What came of an answer.
struct Heard {
    /// Events in the form of the vectors, without START where it says only the defaults.
    events: Value,
    error: Option<LlmError>,
    progress: Progress,
    /// Finish reason, the raw one, and usage without its raw object.
    finish: Value,
}

/// The codec of a row.
fn codec(name: &str) -> OpenAi {
    *CODECS
        .iter()
        .find(|codec| codec.vendor.name == name)
        .unwrap()
}

fn decoder() -> Box<dyn Decoder> {
    decoder_of("openai")
}

fn decoder_of(name: &str) -> Box<dyn Decoder> {
    let codec = codec(name);
    let start = Start {
        model: "asked".to_owned(),
        provider: codec.name(),
        ..Start::default()
    };
    codec.decoder(start, Framing::Sse)
}

/// Reads frames without a name, and closes the answer if it is complete.
fn stream(frames: &[&str]) -> Heard {
    named(&frames.iter().map(|data| ("", *data)).collect::<Vec<_>>())
}

fn named(frames: &[(&str, &str)]) -> Heard {
    let mut decoder = decoder();
    let mut batch = EventBatch::default();
    let mut read = |frame: &(&str, &str)| {
        decoder.frame(
            Frame {
                name: frame.0,
                data: frame.1,
            },
            &mut batch,
        )
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
    let is_ended = matches!(progress, Progress::Answered | Progress::Done);
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

/// A chunk with this delta.
fn delta(delta: Value) -> String {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}).to_string()
}

/// A chunk with this finish reason.
fn finish(reason: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string()
}

/// The events of a stream of these deltas that ends with this reason.
fn said(deltas: &[Value], reason: &str) -> Value {
    let mut frames: Vec<String> = deltas.iter().cloned().map(delta).collect();
    frames.push(finish(reason));
    frames.push("[DONE]".to_owned());
    let heard = stream(&frames.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(heard.error.is_none(), "{:?}", heard.error);
    heard.events
}
