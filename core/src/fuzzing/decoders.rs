//! Decoders behind their real framing, as the response reader uses them: cut anywhere the same
//! events; a response that ended early is a prefix and never complete; calls are the sum of their
//! deltas.

use memchr::memmem;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::requests::check_encoded;
use super::{check_error, one_of, pieces, seeded_rng};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{Event, LlmResponse, Start, ToolCall, ToolDelta};
use crate::framing::eventstream::writer;
use crate::framing::{Framer, Framing};
use crate::providers::{self, error_body, Decoder, FrameDecoder, Progress, Provider, Target};
use crate::request::Message;
use crate::request::{CloudOptions, LlmRequest};

const FRAME_BYTES_MAX: usize = 1 << 20;

/// One wire: a provider that uses it, and what a stream must hold to be complete.
struct Wire {
    provider: &'static str,
    /// Empty for the provider's first.
    api: &'static str,
    framing: Framing,
    base_path: &'static str,
    marks: &'static [&'static [u8]],
}

/// OpenAI's wire, with the vendors whose responses are parsed differently.
pub fn openai(bytes: &[u8]) {
    let names = ["openai", "mistral", "deepseek", "openrouter", "azure"];
    check(
        bytes,
        &Wire {
            provider: one_of(&names, &mut seeded_rng(bytes)),
            api: "",
            framing: Framing::Sse,
            base_path: "/v1",
            marks: &[b"[DONE]", b"finish_reason"],
        },
    );
}

/// OpenAI's other API, with vendors whose responses differ.
pub fn openai_responses(bytes: &[u8]) {
    let names = ["openai", "xai", "deepseek", "openrouter", "azure"];
    check(
        bytes,
        &Wire {
            provider: one_of(&names, &mut seeded_rng(bytes)),
            api: "responses",
            framing: Framing::Sse,
            base_path: "/v1",
            marks: &[
                b"response.completed",
                b"response.done",
                b"response.incomplete",
                b"response.failed",
                b"response.cancelled",
            ],
        },
    );
}

/// Anthropic's messages.
pub fn anthropic(bytes: &[u8]) {
    check(
        bytes,
        &Wire {
            provider: "anthropic",
            api: "",
            framing: Framing::Sse,
            base_path: "",
            marks: &[b"message_stop"],
        },
    );
}

/// Cohere's chat, version 2.
pub fn cohere_v2(bytes: &[u8]) {
    check(
        bytes,
        &Wire {
            provider: "cohere",
            api: "",
            framing: Framing::Sse,
            base_path: "/v2",
            marks: &[b"message-end"],
        },
    );
}

/// Cohere's chat, version 1.
pub fn cohere_v1(bytes: &[u8]) {
    check(
        bytes,
        &Wire {
            provider: "cohere",
            api: "",
            framing: Framing::Ndjson,
            base_path: "/v1",
            marks: &[b"stream-end"],
        },
    );
}

/// Ollama's own chat.
pub fn ollama(bytes: &[u8]) {
    check(
        bytes,
        &Wire {
            provider: "ollama",
            api: "native",
            framing: Framing::Ndjson,
            base_path: "",
            marks: &[b"done"],
        },
    );
}

/// Gemini's content, of both services.
pub fn gemini(bytes: &[u8]) {
    check(
        bytes,
        &Wire {
            provider: one_of(&["gemini", "vertex"], &mut seeded_rng(bytes)),
            api: "",
            framing: Framing::Sse,
            base_path: "/v1",
            marks: &[b"finishReason", b"blockReason"],
        },
    );
}

/// Bedrock's Converse: messages of the event stream, each of which the fuzzer writes as a line, its
/// name and its JSON, so that it need not find checksums; a raw body where no line is one.
pub fn bedrock(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| {
        let (name, json) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        Some(match name.strip_prefix('!') {
            Some(name) => {
                let headers = [(":exception-type", name), (":message-type", "exception")];
                writer::message(&headers, json.as_bytes())
            }
            None => writer::event(name, json),
        })
    });
    let body: Vec<u8> = messages.flatten().collect();
    let body = if body.is_empty() { bytes } else { &body };
    check(
        body,
        &Wire {
            provider: "bedrock",
            api: "",
            framing: Framing::EventStream,
            base_path: "",
            marks: &[b"messageStop"],
        },
    );
}

/// Bodies behind an error status, and error events.
pub fn error_body(bytes: &[u8]) {
    let mut rng = seeded_rng(bytes);
    let wires = ["openai", "anthropic", "bedrock", "cohere", "gemini"];
    let provider = provider(one_of(&wires, &mut rng), "");
    let status = one_of(&[400, 429, 500, rng.u16(300..600)], &mut rng);
    let error = provider.error(status, bytes);
    check_error(&error);
    assert_eq!(error.status, Some(status));
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_error(&error_body::in_response(provider, text));
    }
}

fn provider(name: &str, api: &str) -> &'static dyn Provider {
    match providers::by_name_and_api(name, Some(api)) {
        Ok(provider) => provider,
        Err(error) => unreachable!("{error}"),
    }
}

fn check(bytes: &[u8], wire: &Wire) {
    let mut rng = seeded_rng(bytes);
    let provider = provider(wire.provider, wire.api);
    let decoder = || provider.decoder(Start::default(), wire.framing);

    let whole = Decoded::stream(decoder(), wire.framing, &[bytes]);
    let split = Decoded::stream(decoder(), wire.framing, &pieces(bytes, &mut rng));
    assert_eq!(whole.summary(), split.summary(), "whole, and in pieces");
    whole.check(wire, bytes);

    let (head, _) = bytes.split_at(rng.usize(..=bytes.len()));
    let cut = Decoded::stream(decoder(), wire.framing, &[head]);
    cut.check(wire, head);
    let prefix = debugged(&cut.streamed);
    assert_eq!(
        Some(&*prefix),
        debugged(&whole.streamed).get(..prefix.len())
    );

    let document = Decoded::document(decoder(), bytes);
    document.check_events();
    for decoded in [whole, document] {
        decoded.check_as_next_message(provider, wire);
    }
}

/// What one reading of a response gave.
#[derive(Default)]
struct Decoded {
    /// While bytes came.
    streamed: Vec<Event>,
    /// When they ended.
    ending: Vec<Event>,
    error: Option<LlmError>,
    is_complete: bool,
    response_summary: String,
}

impl Decoded {
    fn stream(mut decoder: Box<dyn Decoder>, framing: Framing, pieces: &[&[u8]]) -> Self {
        let mut decoded = Self::default();
        let mut batch = EventBatch::default();
        let mut framer = Framer::new(framing, FRAME_BYTES_MAX);
        let mut frame_decoder = FrameDecoder {
            decoder: decoder.as_mut(),
            batch: &mut batch,
        };
        let mut result = Ok(());
        for piece in pieces {
            result = framer.feed(piece, &mut frame_decoder);
            if result.is_err() || frame_decoder.decoder.progress() == Progress::Done {
                break;
            }
        }
        decoded.streamed = frame_decoder.batch.drain();
        if frame_decoder.decoder.progress() == Progress::Done {
            // What follows the last mark of the protocol is ignored.
            result = Ok(());
        } else if result.is_ok() {
            result = framer.end(&mut frame_decoder);
        }
        let is_finished = matches!(decoder.progress(), Progress::Finished | Progress::Done);
        decoded.end(result, is_finished, decoder, batch)
    }

    fn document(mut decoder: Box<dyn Decoder>, bytes: &[u8]) -> Self {
        let mut batch = EventBatch::default();
        let result = decoder.decode_body(bytes, &mut batch);
        if result.is_ok() {
            assert_eq!(decoder.progress(), Progress::Done);
        }
        Self::default().end(result, true, decoder, batch)
    }

    fn end(
        mut self,
        result: Result<(), LlmError>,
        is_finished: bool,
        mut decoder: Box<dyn Decoder>,
        mut batch: EventBatch,
    ) -> Self {
        self.is_complete = result.is_ok() && is_finished;
        self.error = result.err();
        if self.is_complete {
            decoder.close(&mut batch);
        }
        self.ending = batch.drain();
        let summary = decoder.summary();
        assert_eq!(summary.reason.is_some(), summary.reason_raw.is_some());
        self.response_summary = format!("{summary:?}");
        self
    }

    fn summary(&self) -> (Vec<String>, Vec<String>, String) {
        let end = format!(
            "{:?} {} {}",
            self.error, self.is_complete, self.response_summary
        );
        (debugged(&self.streamed), debugged(&self.ending), end)
    }

    fn check(&self, wire: &Wire, bytes: &[u8]) {
        self.check_events();
        let has = |mark: &[u8]| memmem::find(bytes, mark).is_some();
        // JSON may spell the mark in escapes.
        let has_mark = has(b"\\u") || wire.marks.iter().any(|mark| has(mark));
        assert!(has_mark || !self.is_complete, "complete without its mark");
    }

    fn check_events(&self) {
        self.error.iter().for_each(check_error);
        let mut calls = Calls::default();
        for (position, event) in self.streamed.iter().chain(&self.ending).enumerate() {
            assert_eq!(position == 0, matches!(event, Event::Start(_)), "{event:?}");
            match event {
                Event::Start(_) => {}
                Event::Text(text) | Event::Reasoning(text) => assert!(!text.is_empty()),
                Event::ToolDelta(delta) => calls.add(delta),
                Event::ToolCall(call) => calls.end(call),
                Event::Part(part) => assert!(part.get("type").is_some_and(Value::is_string)),
                Event::Vectors(_) | Event::Result(_) | Event::End(_) => {
                    unreachable!("a decoder of a response pushes none of these: {event:?}")
                }
            }
        }
        let is_begun = !self.streamed.is_empty() || !self.ending.is_empty();
        assert!(is_begun || !self.is_complete, "complete without a start");
    }

    /// The response as the next request's message.
    fn check_as_next_message(self, provider: &dyn Provider, wire: &Wire) {
        if !self.is_complete {
            return;
        }
        let mut response = LlmResponse::default();
        let events = self.streamed.into_iter().chain(self.ending);
        events.for_each(|event| response.push(event));
        let messages = vec![Message::user("Hello"), response.message()];
        let target = Target {
            cloud: &CloudOptions::DEFAULTS,
            own_endpoint: true,
            host: "",
            query: "",
            base_path: wire.base_path,
            stream: true,
            lenient: true,
        };
        check_encoded(provider.request(&LlmRequest::new("model", messages), &target));
    }
}

fn debugged(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

/// The arguments of calls as deltas streamed them, and the indexes of those that ended.
#[derive(Default)]
struct Calls {
    streamed: Vec<String>,
    ended: Vec<u32>,
}

impl Calls {
    fn add(&mut self, delta: &ToolDelta) {
        let index = usize::try_from(delta.index).unwrap_or(usize::MAX);
        assert!(
            index <= self.streamed.len(),
            "indexes are not dense: {delta:?}"
        );
        if index == self.streamed.len() {
            self.streamed.push(String::new());
        }
        if let Some(streamed) = self.streamed.get_mut(index) {
            streamed.push_str(&delta.arguments);
        }
    }

    /// Whole responses come without deltas. Anthropic's blocks may end in another order than they
    /// began in.
    fn end(&mut self, call: &ToolCall) {
        assert!(!self.ended.contains(&call.index), "ended twice: {call:?}");
        self.ended.push(call.index);
        let index = usize::try_from(call.index).unwrap_or(usize::MAX);
        let streamed = self
            .streamed
            .get(index)
            .filter(|streamed| !streamed.is_empty());
        // Arguments that are empty, or not JSON, are not handed on as they were streamed.
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        let says_nothing = |streamed: &str| {
            matches!(
                streamed.replace(char::is_whitespace, "").as_str(),
                "" | "null" | "{}" | "\"\""
            )
        };
        let is_sum = streamed.is_none_or(|streamed| {
            *streamed == call.arguments
                || (says_nothing(streamed) && call.arguments == "{}")
                || (!is_json(streamed) && is_json(&call.arguments))
        });
        assert!(is_sum, "{call:?} is not what was streamed: {streamed:?}");
        let was_decoded = self.streamed.is_empty() || index < self.streamed.len();
        assert!(was_decoded, "no delta held {call:?}");
    }
}
