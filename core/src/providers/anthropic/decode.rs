//! The state of one answer being read, streamed or whole. Owns the order of events and the marks of
//! progress: an answer is complete at `message_stop` and not before. A delta of text costs one pass
//! over its JSON and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::blocks::{self, Blocks};
use super::sink::Sink;
use super::usage;
use super::wire::{Event as WireEvent, Input, Message};
use super::Anthropic;
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{FinishReason, Start};
use crate::framing::Frame;
use crate::providers::completion::Seen;
use crate::providers::event_writer::EventWriter;
use crate::providers::lenient_json::{Maybe, Written};
use crate::providers::{
    error_body, json, keep_alive, lenient_json, token_counts, Decoder, Finish, Progress,
};

/// What most errors are about.
const EVENT: &str = "an event of the stream";

#[derive(Debug)]
pub(super) struct AnthropicDecoder {
    progress: Progress,
    writer: EventWriter,
    /// There was a `message_start`.
    is_started: bool,
    blocks: Blocks,
    stop_reason: Option<String>,
    usage: Map<String, Value>,
    unknown_events: u64,
    is_closed: bool,
}

impl AnthropicDecoder {
    pub(super) fn new(start: Start) -> Self {
        Self {
            progress: Progress::Empty,
            blocks: Blocks::new(start.seed),
            writer: EventWriter::new(start),
            is_started: false,
            stop_reason: None,
            usage: Map::new(),
            unknown_events: 0,
            is_closed: false,
        }
    }
}

impl Decoder for AnthropicDecoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let data = frame.data.trim();
        // [DONE] is not Anthropic's, but some servers that speak like it end with it.
        let says_nothing = keep_alive::says_nothing(data) || data == "[DONE]";
        if self.progress == Progress::Done || says_nothing || frame.name == "ping" {
            return Ok(());
        }
        if frame.name == "error" {
            return Err(error_body::in_answer(&Anthropic, data));
        }
        if !data.starts_with('{') {
            return Err(error_body::no_object(&Anthropic, EVENT, data));
        }
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let event: &WireEvent<'_> = lenient_json::parse(data, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Anthropic, EVENT, &error, data))?;
        self.event(event, data, out)?;
        // A gateway's error in another provider's form, or beside what it is about.
        if event.error.is_some_and(json::is_something) {
            return Err(error_body::in_answer(&Anthropic, data));
        }
        if let Some(error) = error_body::refusal(&Anthropic, event.base_resp) {
            return Err(error);
        }
        if event.kind.get() == Some("message_stop") {
            self.progress = Progress::Done;
        }
        Ok(())
    }

    fn whole(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = std::str::from_utf8(body)
            .map_err(|_| wrong("the answer", "is not UTF-8", "").detail(body))?;
        let text = keep_alive::document(text);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let message: &Message<'_> = lenient_json::parse(text, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Anthropic, "the answer", &error, text))?;
        let is_error =
            message.error.is_some_and(json::is_something) || message.kind.get() == Some("error");
        if is_error && message.content.is_absent() {
            return Err(error_body::in_answer(&Anthropic, text));
        }
        if message.content.is_absent() {
            // A message is no error, though it has a type; another document may be one.
            let error = match message.kind.get() {
                Some("message") => None,
                _ => error_body::find_in_answer(&Anthropic, text),
            };
            let no_content = || wrong("the answer", "has no usable content", text);
            return Err(error.unwrap_or_else(no_content));
        }
        self.note(message);
        self.content(&message.content, out);
        self.stopped(message.stop_reason.get(), json::parse_object(text), out);
        // What came beside an error stands, as it does in a stream.
        if is_error {
            return Err(error_body::in_answer(&Anthropic, text));
        }
        if let Some(error) = error_body::refusal(&Anthropic, message.base_resp) {
            return Err(error);
        }
        self.progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, out: &mut EventBatch) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        let reason = self.reason();
        let cut = matches!(
            reason,
            Some(FinishReason::Length | FinishReason::ContentFilter)
        );
        let mut sink = sink(&mut self.writer, out);
        sink.begin();
        self.blocks.close(cut, &mut sink);
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            progress: self.progress,
            said: self.writer.said(),
            calls: self.blocks.calls_seen(),
            reason: self.reason(),
            reason_raw: self.stop_reason.as_deref(),
        }
    }

    fn finish(&self) -> Finish {
        Finish {
            reason: self.reason(),
            reason_raw: self.stop_reason.clone(),
            usage: usage::usage(&self.usage),
            unknown_events: self.unknown_events,
            ..Finish::default()
        }
    }
}

impl AnthropicDecoder {
    /// The blocks of a whole answer; a server may have only text, or one block.
    fn content(&mut self, content: &Written<'_>, out: &mut EventBatch) {
        let sink = &mut sink(&mut self.writer, out);
        sink.push_text(content.get().unwrap_or_default());
        let Some(raw) = content.other() else { return };
        let list: Option<Vec<&RawValue>> = serde_json::from_str(raw).ok();
        let one: Option<&RawValue> = serde_json::from_str(raw).ok();
        for raw in list.unwrap_or_else(|| one.into_iter().collect()) {
            match json::parse(raw.get(), &mut String::new()) {
                Ok(Value::Object(fields)) => {
                    let mut repaired = String::new();
                    let mut place = Maybe::<Input<'_>>::default();
                    let block = lenient_json::parse(raw.get(), &mut repaired, &mut place).ok();
                    let input = block.and_then(|block| block.input);
                    self.blocks
                        .whole(fields, input.map_or("", |input| input.get()), sink);
                }
                Ok(Value::String(text)) => sink.push_text(&text),
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn event(
        &mut self,
        event: &WireEvent<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let index = event.index.0.unwrap_or_default();
        match event.kind.get().unwrap_or_default() {
            "content_block_delta" => {
                self.progress = Progress::Open;
                let sink = &mut sink(&mut self.writer, out);
                let delta = event.delta.0.as_ref();
                if !delta.is_some_and(|delta| self.blocks.delta(index, delta, data, sink)) {
                    self.unknown_events += 1;
                }
            }
            "content_block_start" => {
                self.progress = Progress::Open;
                let block = event
                    .content_block
                    .and_then(|raw| json::parse_object(raw.get()));
                let sink = &mut sink(&mut self.writer, out);
                match block {
                    Some(block) => self.blocks.start(index, block, sink),
                    None => self.unknown_events += 1,
                }
            }
            "content_block_stop" => self.blocks.stop(index, &mut sink(&mut self.writer, out)),
            // The text of another answer would follow the text of this one.
            "message_start" if std::mem::replace(&mut self.is_started, true) => {
                return Err(wrong(EVENT, "begins another answer", data));
            }
            "message_start" => {
                self.progress = Progress::Open;
                let mut repaired = String::new();
                let mut place = Maybe::default();
                let raw = event.message.map_or("", RawValue::get);
                let message = lenient_json::parse(raw, &mut repaired, &mut place);
                message.iter().for_each(|message| self.note(message));
            }
            "message_delta" => {
                self.progress = Progress::Open;
                if let Some(usage) = event.usage.and_then(|raw| json::parse_object(raw.get())) {
                    token_counts::merge(&mut self.usage, usage);
                }
                let reason = event
                    .delta
                    .0
                    .as_ref()
                    .and_then(|delta| delta.stop_reason.get());
                self.stopped(reason, json::parse_object(data), out);
            }
            "message_stop" | "ping" => {}
            "error" => return Err(error_body::in_answer(&Anthropic, data)),
            _ => match error_body::find_in_answer(&Anthropic, data) {
                Some(error) => return Err(error),
                None => self.unknown_events += 1,
            },
        }
        Ok(())
    }

    /// Who answers, and the first count of tokens.
    fn note(&mut self, message: &Message<'_>) {
        if let Some(start) = self.writer.start() {
            start.id = message.id.get().map(str::to_owned).or(start.id.take());
            if let Some(model) = message.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        if let Some(usage) = message.usage.and_then(|raw| json::parse_object(raw.get())) {
            token_counts::merge(&mut self.usage, usage);
        }
    }

    /// Why the model stopped, and what is said beside it. `fields` is the event, or the answer.
    fn stopped(
        &mut self,
        reason: Option<&str>,
        fields: Option<Map<String, Value>>,
        out: &mut EventBatch,
    ) {
        if let Some(reason) = reason {
            self.stop_reason = Some(reason.to_owned());
        }
        let mut fields = fields.unwrap_or_default();
        if let Some(Value::Object(delta)) = fields.shift_remove("delta") {
            fields.extend(delta);
        }
        let mut sink = sink(&mut self.writer, out);
        for name in BESIDE_STOP {
            let value = fields.shift_remove(*name);
            let value = value.filter(|value| !value.is_null());
            sink.extend(value.map(|value| blocks::part(name, name, value)));
        }
    }

    fn reason(&self) -> Option<FinishReason> {
        let raw = self.stop_reason.as_deref();
        raw.map(|raw| usage::finish_reason(raw, self.blocks.calls_wait()))
    }
}

/// What may stand beside the stop reason and is worth seeing: the text at which the model stopped,
/// why it refused, the container to go on with, what was edited out of the conversation.
const BESIDE_STOP: &[&str] = &[
    "stop_sequence",
    "stop_details",
    "container",
    "context_management",
];

fn sink<'s>(writer: &'s mut EventWriter, batch: &'s mut EventBatch) -> Sink<'s> {
    Sink { writer, batch }
}

fn wrong(what: &str, how: &str, text: &str) -> LlmError {
    error_body::protocol_error(&Anthropic, what, how, text)
}
