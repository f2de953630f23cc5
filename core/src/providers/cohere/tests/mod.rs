//! Rules of the codec, one by one, at the level of frames and events. How a test says what it saw
//! is the form of the vectors in `tests/vectors`.

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

use super::Cohere;
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, LlmResponse, Start};
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
    usage_raw: Option<Value>,
    unknown_events: u64,
    response: LlmResponse,
}

fn decoder(framing: Framing) -> Box<dyn Decoder> {
    let start = Start {
        model: "asked".to_owned(),
        provider: "cohere",
        ..Start::default()
    };
    Cohere.decoder(start, framing)
}

/// Reads frames as one framing hands them out, and closes the answer if it is complete.
fn stream(framing: Framing, frames: &[Value]) -> Heard {
    let mut decoder = decoder(framing);
    let mut batch = EventBatch::default();
    let mut read = |frame: &Value| {
        let data = frame
            .as_str()
            .map_or_else(|| frame.to_string(), str::to_owned);
        let name = frame["type"].as_str().unwrap_or_default();
        decoder.frame(Frame { name, data: &data }, &mut batch)
    };
    let error = frames.iter().try_for_each(&mut read).err();
    heard(decoder, batch, error)
}

fn v2(frames: &[Value]) -> Heard {
    stream(Framing::Sse, frames)
}

fn v1(frames: &[Value]) -> Heard {
    stream(Framing::Ndjson, frames)
}

fn whole(framing: Framing, body: &str) -> Heard {
    let mut decoder = decoder(framing);
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
    let usage_raw = usage.as_object_mut().and_then(|usage| usage.remove("raw"));
    let events = batch.drain();
    let mut response = LlmResponse::default();
    let said = events.iter().filter_map(event).collect();
    events.into_iter().for_each(|event| response.push(event));
    Heard {
        events: said,
        error,
        progress,
        finish: json!([finish.reason, finish.reason_raw, usage]),
        usage_raw,
        unknown_events: finish.unknown_events,
        response,
    }
}

fn event(event: &Event) -> Option<Value> {
    let value = match event {
        Event::Start(start) if start.id.is_none() => return None,
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

/// A v2 event whose delta is about the message.
fn says(kind: &str, index: u64, message: Value) -> Value {
    json!({"type": kind, "index": index, "delta": {"message": message}})
}

fn text(text: &str) -> Value {
    says("content-delta", 0, json!({"content": {"text": text}}))
}

fn plan(text: &str) -> Value {
    says("tool-plan-delta", 0, json!({"tool_plan": text}))
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
        key: None,
        authorization: None,
        own_endpoint: base_path.is_empty(),
        host: "",
        query: "",
        base_path,
        stream: true,
        lenient: false,
    }
}

fn encode(request: &Value, target: &Target<'_>) -> Result<EncodedRequest, LlmError> {
    let request = LlmRequest::from_json(&request.to_string()).unwrap();
    Cohere.request(&request, target)
}

/// The body; no name stands in it twice.
fn body(encoded: &EncodedRequest) -> Value {
    let text = std::str::from_utf8(&encoded.body).unwrap();
    let body: Value = serde_json::from_str(text).unwrap();
    assert_eq!(body.to_string().len(), text.len(), "{text}");
    body
}

/// A request of one message and these fields.
fn asks(fields: Value) -> Value {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    request
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    request
}
