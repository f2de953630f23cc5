//! The state of one response being decoded, streamed or whole. Owns the events about the response
//! itself and the marks of progress; its output is in `output`. Events are told apart by their
//! `type`, since some servers send no names.

use serde_json::value::RawValue;

use super::output::Output;
use super::wire::{Event, Response};
use super::{parts, usage, OpenAiResponses};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::providers::completion::ToolCallsState;
use crate::providers::event_writer::Content;
use crate::providers::lenient_json::{self, Maybe};
use crate::providers::wire_decoder::{incomplete, DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, token_counts, Progress, Provider};

/// Words of events that show progress and have nothing that the end of their item lacks: those of
/// the provider's own tools, and of parts.
const PROGRESS: &[&str] = &[
    "_call.",
    "_call_",
    "_part.",
    ".audio.",
    ".compaction.",
    ".mcp_list_tools.",
    ".tool_search",
];

#[derive(Debug)]
pub(super) struct ResponsesDecoder {
    codec: OpenAiResponses,
    state: ResponseState,
    id: String,
    output: Output,
    /// The usage as it came; parsed once, at the end.
    usage: String,
}

impl ResponsesDecoder {
    pub(super) fn new(codec: OpenAiResponses, start: Start) -> Self {
        Self {
            codec,
            output: Output::new(start.seed),
            state: ResponseState::new(start),
            id: String::new(),
            usage: String::new(),
        }
    }
}

impl WireDecoder for ResponsesDecoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Response<'t>;

    /// OpenRouter sends it behind the end.
    const DONE_MARK: DoneMark = DoneMark::Ignored;

    /// llama.cpp's servers report a failure with this line and stop.
    const ERROR_FIELD: Option<&'static str> = Some("error");

    /// OpenAI pads its events to one length (API reference, `stream_options`).
    const IGNORED_FIELDS: &'static [&'static str] = &["\"sequence_number\":", "\"obfuscation\":"];

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
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let kind = event.kind.get().unwrap_or_default();
        let (state, output) = (&mut self.state, &mut self.output);
        if output.event(kind, event, &mut state.writer.sink(out)) {
            state.open();
            return Ok(());
        }
        self.event_of_response(kind, event, data, out)
    }

    fn text_alone<'e>(&self, event: &'e Event<'_>) -> Option<&'e str> {
        let has_none = |logprobs: &RawValue| logprobs.get() == "[]";
        let is_alone = event.kind.get() == Some("response.output_text.delta")
            && event.item.is_none()
            && event.logprobs.is_none_or(has_none);
        event.delta.get().filter(|_| is_alone)
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let is_error = response.error.is_some_and(lenient_json::is_truthy);
        let is_response = response.status.get().is_some() || response.output.is_some();
        if !is_error && !is_response {
            return Err(incomplete(&self.codec, RESPONSE, "has no output", text));
        }
        self.note(response);
        // What came beside an error stands, as it does in a stream.
        let items = response.output.map(parts::parse_items).unwrap_or_default();
        let sink = &mut self.state.writer.sink(out);
        for (index, item) in (0..).zip(items) {
            self.output.close_item(Some(index), item, false, sink);
        }
        self.end("completed", response)
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        let items = self.output.items.take();
        if !items.is_empty() {
            let block = parts::output(self.codec.name(), items);
            self.state.writer.push(block, out);
        }
        self.state
            .writer
            .extend(self.output.calls.calls.finish(cut), out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.output.calls.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw, self.output.calls.calls.had_any())
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }

    /// `response.failed` follows and repeats the error, which is reported once.
    fn error_event(&mut self, data: &str) -> LlmError {
        self.state.finish_reason = Some("failed".to_owned());
        error_body::in_response(&self.codec, data)
    }
}

impl ResponsesDecoder {
    /// An event about the response itself, or one of those that only show progress.
    #[cold]
    fn event_of_response(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let mut repaired = String::new();
        let mut place = Maybe::<Response<'_>>::default();
        let response = event.response.map(RawValue::get);
        let response =
            response.and_then(|raw| lenient_json::parse(raw, &mut repaired, &mut place).ok());
        match (kind, response) {
            ("response.created", Some(response)) => {
                // A proxy may repeat the event, but the text of another response would follow.
                if response.id.get() != Some(&self.id) || self.id.is_empty() {
                    self.state.begin(self.codec.name(), data)?;
                }
                self.note(response);
            }
            ("response.created" | "response.in_progress" | "response.queued", _) => {
                self.state.open();
                response
                    .into_iter()
                    .for_each(|response| self.note(response));
            }
            ("response.completed" | "response.done", Some(response)) => {
                return self.last_event("completed", response, out);
            }
            ("response.incomplete", Some(response)) => {
                return self.last_event("incomplete", response, out);
            }
            ("response.failed", Some(response)) => {
                return self.last_event("failed", response, out);
            }
            ("response.cancelled", Some(response)) => {
                return self.last_event("cancelled", response, out);
            }
            ("error" | "response.error" | "response.failed", _) => {
                return Err(self.error_event(data));
            }
            ("ping" | "keepalive", _) => {}
            (kind, _) if PROGRESS.iter().any(|word| kind.contains(word)) => self.state.open(),
            _ => {
                if let Some(error) = error_body::find_in_response(&self.codec, data) {
                    return Err(error);
                }
                self.state.unknown_events += 1;
            }
        }
        Ok(())
    }

    /// The event that ends a stream, with the whole response: what the stream left out comes now.
    fn last_event(
        &mut self,
        status: &str,
        response: &Response<'_>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.note(response);
        let items = response.output.map(parts::parse_items).unwrap_or_default();
        let brought_nothing =
            self.output.items.is_empty() && self.state.writer.content() == Content::None;
        let sink = &mut self.state.writer.sink(out);
        for (index, item) in (0..).zip(items) {
            let index = Some(index);
            if brought_nothing || self.output.items.waits_for(index, &item) {
                self.output.close_item(index, item, true, sink);
            }
        }
        self.end(status, response)
    }

    /// Id, model and tokens.
    fn note(&mut self, response: &Response<'_>) {
        self.state.open();
        if let Some(id) = response.id.get().filter(|_| self.id.is_empty()) {
            id.clone_into(&mut self.id);
        }
        if let Some(start) = self.state.writer.start() {
            if start.id.is_none() {
                start.id = response.id.get().map(str::to_owned);
            }
            if let Some(model) = response.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        if let Some(usage) = response.usage {
            token_counts::merge_text(&mut self.usage, usage.get());
        }
    }

    /// The end of a response: its status, or why it is incomplete.
    fn end(&mut self, status: &str, response: &Response<'_>) -> Result<(), LlmError> {
        let status = response.status.get().unwrap_or(status);
        let details = response.incomplete_details.0.as_ref();
        let reason = details.and_then(|details| details.reason.get());
        let is_incomplete = status == "incomplete";
        let raw = reason.filter(|_| is_incomplete).unwrap_or(status);
        self.state.finish_reason = Some(raw.to_owned());
        if let Some(error) = response
            .error
            .filter(|error| lenient_json::is_truthy(error))
        {
            return Err(error_body::in_response(&self.codec, error.get()));
        }
        self.state.progress = Progress::Done;
        Ok(())
    }
}
