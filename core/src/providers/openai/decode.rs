//! The state of one answer being read, streamed or whole. Owns the order of events and the marks of
//! progress. A delta of text costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;

use super::choices::Turn;
use super::parts::{self, Seen};
use super::reasoning::Echo;
use super::response_id::Identity;
use super::tool_calls;
use super::usage;
use super::wire::{Choice, Chunk, Delta};
use super::OpenAi;
use crate::batch::EventBatch;
use crate::error::LlmError;
use crate::event::{Event, FinishReason, Start};
use crate::framing::Frame;
use crate::providers::completion;
use crate::providers::event_writer::{EventWriter, Said};
use crate::providers::keep_alive;
use crate::providers::lenient_json::{self, Maybe, Written};
use crate::providers::tool_calls::Calls;
use crate::providers::{error_body, json, token_counts, Decoder, Finish, Progress};

/// What most errors are about.
const EVENT: &str = "an event of the stream";

#[derive(Debug)]
pub(super) struct OpenAiDecoder {
    codec: OpenAi,
    progress: Progress,
    writer: EventWriter,
    identity: Identity,
    model_is_known: bool,
    turn: Turn,
    calls: Calls,
    had_calls: bool,
    finish_reason: Option<String>,
    /// The usage as it came, of several objects together; read once, at the end.
    usage: String,
    /// Reasoning came as text, so that what `reasoning_details` says is the same again.
    has_plain_reasoning: bool,
    echo: Echo,
    citations: Seen,
    search_results: Seen,
    is_closed: bool,
}

impl OpenAiDecoder {
    pub(super) fn new(codec: OpenAi, start: Start) -> Self {
        Self {
            codec,
            progress: Progress::Empty,
            calls: Calls::new(start.seed),
            writer: EventWriter::new(start),
            identity: Identity::default(),
            model_is_known: false,
            turn: Turn::default(),
            had_calls: false,
            finish_reason: None,
            usage: String::new(),
            has_plain_reasoning: false,
            echo: Echo::new(codec.row.reasoning),
            citations: Seen::default(),
            search_results: Seen::default(),
            is_closed: false,
        }
    }
}

impl Decoder for OpenAiDecoder {
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let data = frame.data.trim();
        if self.progress == Progress::Done || frame.name == "ping" || keep_alive::says_nothing(data)
        {
            return Ok(());
        }
        if data == "[DONE]" {
            self.progress = Progress::Done;
            return Ok(());
        }
        if frame.name == "error" {
            return Err(error_body::in_answer(&self.codec, data));
        }
        if !data.starts_with('{') {
            return Err(error_body::no_object(&self.codec, EVENT, data));
        }
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let chunk: &Chunk<'_> = lenient_json::parse(data, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&self.codec, EVENT, &error, data))?;
        self.note(chunk);
        let choices = &chunk.choices;
        if choices.is_list {
            self.advance(Progress::Open);
        }
        let choice = choices.choice.0.as_ref();
        if let Some(choice) = choice.filter(|choice| self.turn.takes(choice, choices.count)) {
            self.belongs(chunk.id.get(), choice, data)?;
            self.choice(choice, out)?;
        }
        self.fail(chunk, data)?;
        // Without a choice it is bookkeeping, or an error in some other spelling.
        if choice.is_none() {
            if let Some(error) = error_body::find_in_answer(&self.codec, data) {
                return Err(error);
            }
        }
        self.sources(chunk, out);
        Ok(())
    }

    fn whole(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError> {
        let text = std::str::from_utf8(body)
            .map_err(|_| self.wrong("the answer", "is not UTF-8", "").detail(body))?;
        let text = keep_alive::document(text);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let chunk: &Chunk<'_> = lenient_json::parse(text, &mut repaired, &mut place)
            .map_err(|error| error_body::unreadable(&self.codec, "the answer", &error, text))?;
        self.note(chunk);
        // What came beside an error stands, as it does in a stream.
        let mut has_choice = false;
        if let Some(choice) = &chunk.choices.choice.0 {
            has_choice = self.whole_choice(choice, out)?;
        }
        self.fail(chunk, text)?;
        if !has_choice {
            let no_choice = || self.wrong("the answer", "has no usable choices", text);
            return Err(error_body::find_in_answer(&self.codec, text).unwrap_or_else(no_choice));
        }
        self.sources(chunk, out);
        self.progress = Progress::Done;
        Ok(())
    }

    fn close(&mut self, out: &mut EventBatch) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        self.writer.begin(out);
        self.end_reasoning(out);
        let reason = self.reason();
        let cut = matches!(
            reason,
            Some(FinishReason::Length | FinishReason::ContentFilter)
        );
        self.calls
            .finish(cut)
            .into_iter()
            .for_each(|call| out.push(call));
    }

    fn progress(&self) -> Progress {
        self.progress
    }

    fn seen(&self) -> completion::Seen<'_> {
        completion::Seen {
            progress: self.progress,
            said: self.writer.said(),
            calls: self.calls.seen(),
            reason: self.reason(),
            reason_raw: self.finish_reason.as_deref(),
        }
    }

    fn finish(&self) -> Finish {
        Finish {
            reason: self.reason(),
            reason_raw: self.finish_reason.clone(),
            usage: usage::usage(&self.usage),
            ..Finish::default()
        }
    }
}

impl OpenAiDecoder {
    fn reason(&self) -> Option<FinishReason> {
        let raw = self.finish_reason.as_deref();
        raw.map(|raw| usage::finish_reason(raw, self.had_calls))
    }

    /// What may stand in any chunk: who answers, and tokens, of which the last count holds.
    fn note(&mut self, chunk: &Chunk<'_>) {
        if let Some(start) = self.writer.start() {
            if start.id.is_none() {
                start.id = chunk.id.get().map(str::to_owned);
            }
            if let (false, Some(model)) = (self.model_is_known, chunk.model.get()) {
                model.clone_into(&mut start.model);
                self.model_is_known = true;
            }
        }
        let groq = chunk.x_groq.0.as_ref().and_then(|groq| groq.usage);
        let choice = chunk.choices.choice.0.as_ref();
        let usage = choice.and_then(|choice| choice.usage);
        for usage in [groq, usage, chunk.usage].into_iter().flatten() {
            token_counts::merge_text(&mut self.usage, usage.get());
        }
    }

    fn advance(&mut self, progress: Progress) {
        if self.progress == Progress::Empty || progress == Progress::Answered {
            self.progress = progress;
        }
    }

    fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.writer.push(event, out);
    }

    /// Refuses what belongs to another answer: its text would follow the text of this one.
    fn belongs(
        &mut self,
        id: Option<&str>,
        choice: &Choice<'_>,
        data: &str,
    ) -> Result<(), LlmError> {
        let (Some(id), Some(delta)) = (id, &choice.delta.0) else {
            return Ok(());
        };
        if self.identity.stays(id) {
            return Ok(());
        }
        let opens = delta.role.get().is_some();
        let has_said = self.writer.said() > Said::Nothing || self.finish_reason.is_some();
        if (opens || delta.says_something()) && self.identity.is_another(id, opens, has_said) {
            return Err(self.wrong(EVENT, "begins another answer", data));
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Choice<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let mut repaired = String::new();
        let mut message = Maybe::<Delta<'_>>::default();
        let mut delta = choice.delta.0.as_ref();
        if let (None, Some(raw)) = (delta, choice.message) {
            delta = lenient_json::parse(raw.get(), &mut repaired, &mut message).ok();
        }
        if let Some(delta) = delta {
            self.says(delta, out);
            for event in tool_calls::add(&mut self.calls, delta) {
                self.push(event, out);
            }
            self.extras(delta, out);
        }
        self.end_of_choice(choice, out)
    }

    /// False where the choice holds nothing that can be used.
    fn whole_choice(
        &mut self,
        choice: &Choice<'_>,
        out: &mut EventBatch,
    ) -> Result<bool, LlmError> {
        let mut repaired = String::new();
        let mut message = Maybe::<Delta<'_>>::default();
        let raw = choice.message.map_or("", RawValue::get);
        let delta = lenient_json::parse(raw, &mut repaired, &mut message).ok();
        let delta = delta.or(choice.delta.0.as_ref());
        let has_delta = delta.is_some();
        if let Some(delta) = delta {
            self.says(delta, out);
            tool_calls::add_whole(&mut self.calls, delta);
            self.extras(delta, out);
        }
        self.end_of_choice(choice, out)?;
        // A filter may have taken the whole message away.
        Ok(has_delta || self.finish_reason.is_some())
    }

    /// Reasoning and visible text.
    fn says(&mut self, delta: &Delta<'_>, out: &mut EventBatch) {
        let reasoning = match &delta.reasoning_content {
            Written::Absent => &delta.reasoning,
            Written::Text(text) if text.is_empty() => &delta.reasoning,
            content => content,
        };
        if let Some(text) = reasoning.get() {
            self.has_plain_reasoning = true;
            self.echo.push_text(text);
            self.writer.push_reasoning(text, out);
        } else if let Some(raw) = reasoning.other() {
            let before = self.writer.said();
            self.parts(parts::content(raw, true), out);
            self.has_plain_reasoning |= self.writer.said() > before;
        }
        if let Some(details) = delta.reasoning_details {
            for event in parts::reasoning(details, !self.has_plain_reasoning, &mut self.echo) {
                self.push(event, out);
            }
        }
        if let Some(text) = delta.content.get() {
            self.writer.begin(out);
            self.end_reasoning(out);
            self.writer.push_text(text, out);
        } else if let Some(raw) = delta.content.other() {
            self.parts(parts::content(raw, false), out);
        }
    }

    fn parts(&mut self, events: Vec<Event>, out: &mut EventBatch) {
        for event in events {
            match &event {
                Event::Reasoning(text) => self.echo.push_text(text),
                _ => self.end_reasoning(out),
            }
            self.push(event, out);
        }
    }

    /// A run of reasoning ends where something else begins.
    fn end_reasoning(&mut self, out: &mut EventBatch) {
        if let Some(event) = self.echo.take() {
            self.push(event, out);
        }
    }

    /// Everything that is neither text nor a call.
    fn extras(&mut self, delta: &Delta<'_>, out: &mut EventBatch) {
        if let Some(text) = delta.refusal.get() {
            self.push(parts::refusal(text), out);
        }
        let lists = [
            (delta.annotations, "annotation"),
            (delta.audio, "audio"),
            (delta.images, "image"),
        ];
        for (raw, kind) in lists {
            for event in raw.into_iter().flat_map(|raw| parts::objects(raw, kind)) {
                self.push(event, out);
            }
        }
    }

    fn note_finish(&mut self, choice: &Choice<'_>) {
        // Some servers write the word where JSON has null.
        let reason = choice.finish_reason.get();
        if let Some(reason) = reason.filter(|reason| *reason != "null") {
            self.finish_reason = Some(reason.to_owned());
            self.advance(Progress::Answered);
        }
    }

    fn end_of_choice(&mut self, choice: &Choice<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        for event in choice
            .logprobs
            .into_iter()
            .flat_map(|raw| parts::objects(raw, "logprobs"))
        {
            self.push(event, out);
        }
        self.had_calls |= !self.calls.is_empty();
        self.note_finish(choice);
        match choice.error.filter(|error| json::is_something(error)) {
            Some(error) => Err(error_body::in_answer(&self.codec, error.get())),
            None => Ok(()),
        }
    }

    /// Whether a chunk is, or carries, an error. vLLM's has no `error`, but says that it is one.
    fn fail(&self, chunk: &Chunk<'_>, text: &str) -> Result<(), LlmError> {
        if chunk.error.is_some_and(json::is_something) || chunk.object.get() == Some("error") {
            return Err(error_body::in_answer(&self.codec, text));
        }
        error_body::refusal(&self.codec, chunk.base_resp).map_or(Ok(()), Err)
    }

    fn wrong(&self, what: &str, how: &str, text: &str) -> LlmError {
        error_body::protocol_error(&self.codec, what, how, text)
    }

    /// Perplexity repeats its sources in every chunk: each is said once.
    fn sources(&mut self, chunk: &Chunk<'_>, out: &mut EventBatch) {
        let citations = chunk
            .citations
            .map(|raw| self.citations.news(raw, "citation"));
        let results = chunk
            .search_results
            .map(|raw| self.search_results.news(raw, "search_result"));
        for event in citations.into_iter().chain(results).flatten() {
            self.push(event, out);
        }
    }
}
