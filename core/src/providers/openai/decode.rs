//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress. A delta of text costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;

use super::choices::ChoiceFilter;
use super::parts::{self, RepeatedList};
use super::reasoning::ReasoningRun;
use super::response_id::ResponseId;
use super::wire::{Choice, Chunk, Delta};
use super::{tool_calls, usage, usage_chunk, OpenAi};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{Event, FinishReason, Start, Usage};
use crate::providers::completion::ToolCallsState;
use crate::providers::errors::protocol_error;
use crate::providers::event_writer::Content;
use crate::providers::lenient_json::{self, Maybe, Written};
use crate::providers::tool_calls::ToolCallAssembler;
use crate::providers::wire_decoder::{
    incomplete, DoneMark, ResponseState, WireDecoder, EVENT, RESPONSE,
};
use crate::providers::{error_body, token_counts, Progress, Provider};

#[derive(Debug)]
pub(super) struct OpenAiDecoder {
    codec: OpenAi,
    state: ResponseState,
    response_id: ResponseId,
    model_is_known: bool,
    choices: ChoiceFilter,
    calls: ToolCallAssembler,
    /// The usage as it came, of several objects together; parsed once, at the end.
    usage: String,
    /// Reasoning came as text, so that `reasoning_details` repeats it.
    has_plain_reasoning: bool,
    reasoning: ReasoningRun,
    citations: RepeatedList,
    search_results: RepeatedList,
}

impl OpenAiDecoder {
    pub(super) fn new(codec: OpenAi, start: Start) -> Self {
        Self {
            codec,
            calls: ToolCallAssembler::new(start.seed),
            state: ResponseState::new(start),
            response_id: ResponseId::default(),
            model_is_known: false,
            choices: ChoiceFilter::default(),
            usage: String::new(),
            has_plain_reasoning: false,
            reasoning: ReasoningRun::new(codec.vendor.reasoning),
            citations: RepeatedList::default(),
            search_results: RepeatedList::default(),
        }
    }
}

impl WireDecoder for OpenAiDecoder {
    type Event<'t> = Chunk<'t>;
    type Response<'t> = Chunk<'t>;

    const DONE_MARK: DoneMark = DoneMark::Ends;

    /// llama.cpp's servers report a failure with this line and stop.
    const ERROR_FIELD: Option<&'static str> = Some("error");

    /// OpenAI pads its chunks to one length (API reference, `stream_options`).
    const IGNORED_FIELDS: &'static [&'static str] = &["\"obfuscation\":"];

    fn provider(&self) -> &dyn Provider {
        &self.codec
    }

    fn state(&self) -> &ResponseState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ResponseState {
        &mut self.state
    }

    fn event(
        &mut self,
        chunk: &Chunk<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.note(chunk);
        let choices = &chunk.choices;
        if choices.is_list {
            self.state.open();
        }
        let choice = choices.choice.0.as_ref();
        if let Some(choice) = choice.filter(|choice| self.choices.accepts(choice, choices.count)) {
            // Perplexity's last chunk may have an id of its own; its text is empty.
            if chunk.object.get() != Some("chat.completion.done") {
                self.check_response_id(chunk.id.get(), choice, data)?;
            }
            self.choice(choice, out)?;
        }
        self.check_error(chunk, data)?;
        // Without a choice it has only metadata, or is an error in some other spelling.
        if choice.is_none() && !usage_chunk::is_usage_alone(data) {
            if let Some(error) = error_body::find_in_response(&self.codec, data) {
                return Err(error);
            }
        }
        self.sources(chunk, out);
        Ok(())
    }

    fn text_alone<'e>(&self, chunk: &'e Chunk<'_>) -> Option<&'e str> {
        let text = chunk.text_alone()?;
        let is_of_response = chunk.id.get().is_none_or(|id| self.response_id.stays(id));
        is_of_response.then_some(text)
    }

    fn response(
        &mut self,
        chunk: &Chunk<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.note(chunk);
        // What came beside an error stands, as it does in a stream.
        let mut has_choice = false;
        if let Some(choice) = &chunk.choices.choice.0 {
            has_choice = self.whole_choice(choice, out)?;
        }
        self.check_error(chunk, text)?;
        if !has_choice {
            let how = "has no usable choices";
            return Err(incomplete(&self.codec, RESPONSE, how, text));
        }
        self.sources(chunk, out);
        Ok(())
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        self.end_reasoning(out);
        self.state.writer.extend(self.calls.finish(cut), out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw, self.calls.had_any())
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }
}

impl OpenAiDecoder {
    /// What may stand in any chunk: id and model, and tokens, of which the last count holds.
    fn note(&mut self, chunk: &Chunk<'_>) {
        if let Some(start) = self.state.writer.start() {
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

    fn push(&mut self, event: Event, out: &mut EventBatch) {
        self.state.writer.push(event, out);
    }

    /// Refuses what belongs to another response: its text would follow the text of this one.
    fn check_response_id(
        &mut self,
        id: Option<&str>,
        choice: &Choice<'_>,
        data: &str,
    ) -> Result<(), LlmError> {
        let (Some(id), Some(delta)) = (id, &choice.delta.0) else {
            return Ok(());
        };
        if self.response_id.stays(id) {
            return Ok(());
        }
        let opens = delta.role.get().is_some();
        let has_content = self.state.writer.content() > Content::None;
        let has_begun = has_content || self.state.finish_reason.is_some();
        if (opens || delta.has_content()) && self.response_id.is_another(id, opens, has_begun) {
            let name = self.codec.name();
            return Err(protocol_error(name, EVENT, "begins another response", data));
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
            self.content(delta, out);
            for event in tool_calls::add(&mut self.calls, delta) {
                self.push(event, out);
            }
            self.parts(delta, out);
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
            self.content(delta, out);
            tool_calls::add_whole(&mut self.calls, delta);
            self.parts(delta, out);
        }
        self.end_of_choice(choice, out)?;
        // A filter may have taken the whole message away.
        Ok(has_delta || self.state.finish_reason.is_some())
    }

    /// Reasoning and visible text.
    fn content(&mut self, delta: &Delta<'_>, out: &mut EventBatch) {
        let reasoning = match &delta.reasoning_content {
            Written::Absent => &delta.reasoning,
            Written::Text(text) if text.is_empty() => &delta.reasoning,
            content => content,
        };
        if let Some(text) = reasoning.get() {
            self.has_plain_reasoning = true;
            self.reasoning.push_text(text);
            self.state.writer.push_reasoning(text, out);
        } else if let Some(raw) = reasoning.other() {
            let before = self.state.writer.content();
            self.content_parts(parts::parse_content(raw, true), out);
            self.has_plain_reasoning |= self.state.writer.content() > before;
        }
        if let Some(details) = delta.reasoning_details {
            let with_text = !self.has_plain_reasoning;
            let events = parts::parse_reasoning(details, with_text, &mut self.reasoning);
            self.state.writer.extend(events, out);
        }
        if let Some(text) = delta.content.get() {
            self.end_reasoning(out);
            self.state.writer.push_text(text, out);
        } else if let Some(raw) = delta.content.other() {
            self.content_parts(parts::parse_content(raw, false), out);
        }
    }

    fn content_parts(&mut self, events: Vec<Event>, out: &mut EventBatch) {
        for event in events {
            match &event {
                Event::Reasoning(text) => self.reasoning.push_text(text),
                _ => self.end_reasoning(out),
            }
            self.push(event, out);
        }
    }

    /// A run of reasoning ends where something else begins.
    fn end_reasoning(&mut self, out: &mut EventBatch) {
        if let Some(event) = self.reasoning.take() {
            self.push(event, out);
        }
    }

    /// Everything that is neither text nor a call.
    fn parts(&mut self, delta: &Delta<'_>, out: &mut EventBatch) {
        if let Some(text) = delta.refusal.get() {
            self.push(parts::refusal(text), out);
        }
        let lists = [
            (delta.annotations, "annotation"),
            (delta.audio, "audio"),
            (delta.images, "image"),
        ];
        for (raw, kind) in lists {
            if let Some(raw) = raw {
                self.state.writer.extend(parts::parse_parts(raw, kind), out);
            }
        }
    }

    fn end_of_choice(&mut self, choice: &Choice<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        if let Some(raw) = choice.logprobs {
            let events = parts::parse_parts(raw, "logprobs");
            self.state.writer.extend(events, out);
        }
        // Some servers write the text "null" where JSON has null.
        let reason = choice.finish_reason.get();
        if let Some(reason) = reason.filter(|reason| *reason != "null") {
            self.state.finish_reason = Some(reason.to_owned());
            self.state.progress = Progress::Finished;
        }
        match choice.error.filter(|error| lenient_json::is_truthy(error)) {
            Some(error) => Err(error_body::in_response(&self.codec, error.get())),
            None => Ok(()),
        }
    }

    /// Whether a chunk is, or carries, an error. vLLM's has no `error`, but names itself one.
    fn check_error(&self, chunk: &Chunk<'_>, text: &str) -> Result<(), LlmError> {
        if chunk.error.is_some_and(lenient_json::is_truthy) || chunk.object.get() == Some("error") {
            return Err(error_body::in_response(&self.codec, text));
        }
        error_body::base_resp_error(&self.codec, chunk.base_resp).map_or(Ok(()), Err)
    }

    /// Perplexity repeats its sources in every chunk: each becomes one event.
    fn sources(&mut self, chunk: &Chunk<'_>, out: &mut EventBatch) {
        let citations = chunk.citations;
        let citations = citations.map(|raw| self.citations.parse_new(raw, "citation"));
        let results = chunk.search_results;
        let results = results.map(|raw| self.search_results.parse_new(raw, "search_result"));
        let events = citations.into_iter().chain(results).flatten();
        self.state.writer.extend(events, out);
    }
}
