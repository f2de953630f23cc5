//! The state of one v2 answer being read, streamed or whole. Owns the order of events and the marks
//! of progress. A delta of text costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::{V2Answer, V2Call, V2Content, V2Delta, V2Event, V2Piece};
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, FinishReason, Start};
use crate::framing::Frame;
use crate::providers::cohere::{content, failure, part, usage, wrong, Cohere};
use crate::providers::completion::Seen;
use crate::providers::event_writer::EventWriter;
use crate::providers::lenient_json::Maybe;
use crate::providers::tool_calls::{Calls, Piece};
use crate::providers::{error_body, json, keep_alive, lenient_json, Decoder, Finish, Progress};

/// What most errors are about.
const EVENT: &str = "an event of the stream";

#[derive(Debug)]
pub(crate) struct V2Decoder {
    progress: Progress,
    writer: EventWriter,
    /// There was an event that begins an answer.
    is_started: bool,
    /// The thinking of the open block: said in pieces, and whole once more for the next request.
    thinking: String,
    /// What the model says before it calls tools: neither text nor thinking to Cohere, which wants
    /// it back under its own name.
    plan: String,
    calls: Calls,
    had_calls: bool,
    finish_reason: Option<String>,
    usage: String,
    unknown_events: u64,
    is_closed: bool,
}

impl V2Decoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            progress: Progress::Empty,
            calls: Calls::new(start.seed),
            writer: EventWriter::new(start),
            is_started: false,
            thinking: String::new(),
            plan: String::new(),
            had_calls: false,
            finish_reason: None,
            usage: String::new(),
            unknown_events: 0,
            is_closed: false,
        }
    }
}

impl Decoder for V2Decoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let data = frame.data.trim();
        if self.progress == Progress::Done || keep_alive::says_nothing(data) || data == "[DONE]" {
            return Ok(());
        }
        if frame.name == "error" {
            return Err(error_body::in_answer(&Cohere, data));
        }
        if !data.starts_with('{') {
            return Err(error_body::no_object(&Cohere, EVENT, data));
        }
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let event: &V2Event<'_> = lenient_json::parse(data, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Cohere, EVENT, &error, data))?;
        let Some(kind) = event.kind.get() else {
            let nameless = || wrong(EVENT, "has no type", data);
            return Err(error_body::find_in_answer(&Cohere, data).unwrap_or_else(nameless));
        };
        if self.progress == Progress::Empty {
            self.progress = Progress::Open;
        }
        self.event(kind, event, data, out)?;
        self.refused(event.base_resp, out)?;
        self.fail(event.error, None, out)
    }

    fn whole(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = std::str::from_utf8(body)
            .map_err(|_| wrong("the answer", "is not UTF-8", "").detail(body))?;
        let text = keep_alive::document(text);
        let mut repaired = String::new();
        // The error of a gateway calls something else `message`.
        let mut place = Maybe::default();
        let answer: &V2Answer<'_> = lenient_json::parse(text, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&Cohere, "the answer", &error, text))?;
        let Some(message) = &answer.message.0 else {
            let no_message = || wrong("the answer", "has no message", text);
            return Err(error_body::find_in_answer(&Cohere, text).unwrap_or_else(no_message));
        };
        self.note_id(answer.id.get());
        self.note_finish(answer.finish_reason.get(), answer.usage);
        message.content.each(&mut |block| {
            self.says(block, out);
            self.end_of_thinking(out);
        });
        self.plan
            .push_str(message.tool_plan.get().unwrap_or_default());
        self.end_of_plan(out);
        // Whole calls need no deltas.
        for call in &message.tool_calls.0 {
            self.calls.add_whole(piece_of(None, call), Map::new());
        }
        self.had_calls = !self.calls.is_empty();
        self.refused(answer.base_resp, out)?;
        self.fail(answer.error, answer.error_type.get(), out)?;
        self.citations(message.citations, out);
        self.logprobs(answer.logprobs, out);
        self.progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, out: &mut EventBatch) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        self.writer.begin(out);
        self.end_of_thinking(out);
        self.end_of_plan(out);
        let cut = self.reason() == Some(FinishReason::Length);
        self.calls
            .finish(cut)
            .into_iter()
            .for_each(|call| out.push(call));
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            progress: self.progress,
            said: self.writer.said(),
            calls: self.calls.seen(),
            reason: self.reason(),
            reason_raw: self.finish_reason.as_deref(),
        }
    }

    fn finish(&self) -> Finish {
        Finish {
            unknown_events: self.unknown_events,
            reason: self.reason(),
            reason_raw: self.finish_reason.clone(),
            usage: usage::usage(&self.usage),
            ..Finish::default()
        }
    }
}

impl V2Decoder {
    fn reason(&self) -> Option<FinishReason> {
        let raw = self.finish_reason.as_deref();
        raw.map(|raw| usage::finish_reason(raw, self.had_calls))
    }

    fn event(
        &mut self,
        kind: &str,
        event: &V2Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let (no_delta, no_piece) = (V2Delta::default(), V2Piece::default());
        let delta = event.delta.0.as_ref().unwrap_or(&no_delta);
        let piece = delta.message.0.as_ref().unwrap_or(&no_piece);
        match kind {
            "message-start" => self.start(event.id.get(), data)?,
            "content-start" | "content-delta" => {
                self.end_of_plan(out);
                piece.content.each(&mut |content| self.says(content, out));
                self.logprobs(event.logprobs, out);
            }
            "content-end" => self.end_of_thinking(out),
            "tool-plan-delta" => {
                self.writer.begin(out);
                self.plan
                    .push_str(piece.tool_plan.get().unwrap_or_default());
            }
            "tool-call-start" | "tool-call-delta" => {
                self.end_of_thinking(out);
                self.end_of_plan(out);
                self.calls.begin_list();
                for call in &piece.tool_calls.0 {
                    let news = self.calls.add(piece_of(event.index.0, call), Map::new());
                    news.into_iter().for_each(|news| self.push(news, out));
                }
                self.had_calls |= !self.calls.is_empty();
            }
            "citation-start" => self.citations(piece.citations, out),
            "message-end" => {
                self.note_id(event.id.get());
                self.note_finish(delta.finish_reason.get(), delta.usage);
                self.fail(delta.error.or(event.error), delta.error_type.get(), out)?;
                self.end_of_thinking(out);
                self.end_of_plan(out);
                self.progress = Progress::Done;
            }
            "tool-call-end" | "citation-end" | "debug" | "ping" => {}
            _ => match error_body::find_in_answer(&Cohere, data) {
                Some(error) => return Err(error),
                None => self.unknown_events += 1,
            },
        }
        Ok(())
    }

    fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.writer.push(event, out);
    }

    /// The event that begins an answer: the text of a second one would follow that of the first.
    fn start(&mut self, id: Option<&str>, data: &str) -> Result<(), LlmError> {
        if std::mem::replace(&mut self.is_started, true) {
            return Err(wrong(EVENT, "begins another answer", data));
        }
        self.note_id(id);
        Ok(())
    }

    fn note_id(&mut self, id: Option<&str>) {
        if let (Some(start), Some(id)) = (self.writer.start(), id) {
            start.id = Some(id.to_owned());
        }
    }

    fn note_finish(&mut self, reason: Option<&str>, usage: Option<&RawValue>) {
        self.finish_reason = reason.map(str::to_owned);
        usage.map_or("", RawValue::get).clone_into(&mut self.usage);
    }

    /// Text and thinking, whichever there is.
    fn says(&mut self, content: &V2Content<'_>, out: &mut EventBatch) {
        let is_reasoning = content.kind.get().is_some_and(names_reasoning);
        let thinking = content.text.get().filter(|_| is_reasoning);
        if let Some(thinking) = content.thinking.get().or(thinking) {
            self.thinking.push_str(thinking);
            self.writer.push_reasoning(thinking, out);
        }
        if let Some(text) = content.text.get().filter(|_| !is_reasoning) {
            self.end_of_thinking(out);
            self.writer.push_text(text, out);
        }
    }

    fn end_of_thinking(&mut self, out: &mut EventBatch) {
        if !self.thinking.is_empty() {
            let thinking = std::mem::take(&mut self.thinking);
            self.push(content("thinking", thinking), out);
        }
    }

    fn end_of_plan(&mut self, out: &mut EventBatch) {
        if !self.plan.is_empty() {
            let plan = std::mem::take(&mut self.plan);
            self.push(content("tool_plan", plan), out);
        }
    }

    /// A list in whole answers, one object in streams.
    fn citations(&mut self, raw: Option<&RawValue>, out: &mut EventBatch) {
        let Some(raw) = raw else { return };
        for value in json::parse_list(raw.get()) {
            if let Value::Object(fields) = value {
                self.push(part("citation", fields), out);
            }
        }
    }

    fn logprobs(&mut self, raw: Option<&RawValue>, out: &mut EventBatch) {
        let Some(raw) = raw else { return };
        if let Ok(value) = json::parse::<Value>(raw.get(), &mut String::new()) {
            let list = match value {
                Value::Null => return,
                Value::Array(list) => list,
                other => vec![other],
            };
            let fields = [("content".to_owned(), Value::Array(list))];
            self.push(part("logprobs", fields.into_iter().collect()), out);
        }
    }

    /// A gateway that says beside an event, or an answer, that it is none.
    fn refused(
        &mut self,
        base_resp: Option<&RawValue>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let Some(error) = error_body::refusal(&Cohere, base_resp) else {
            return Ok(());
        };
        self.end_of_thinking(out);
        self.end_of_plan(out);
        Err(error)
    }

    /// A failure behind a good status; what the model had said until then is handed over first.
    fn fail(
        &mut self,
        error: Option<&RawValue>,
        error_type: Option<&str>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        failure(error, error_type).inspect_err(|_| {
            self.end_of_thinking(out);
            self.end_of_plan(out);
        })
    }
}

/// What a call, or a piece of one, says. Its own number is more exact than the event's.
fn piece_of<'p>(index: Option<u64>, call: &'p V2Call<'_>) -> Piece<'p> {
    let function = call.function.0.as_ref();
    let arguments = function.and_then(|function| function.arguments.as_written());
    Piece {
        index: call.index.0.or(index),
        id: call.id.get(),
        name: function.and_then(|function| function.name.get()),
        arguments: arguments.unwrap_or_default(),
        ..Piece::default()
    }
}

/// The kinds of a block whose text is reasoning, on servers that do not name it thinking.
fn names_reasoning(kind: &str) -> bool {
    ["thinking", "reasoning", "summary"]
        .iter()
        .any(|word| kind.starts_with(word))
}
