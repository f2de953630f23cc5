//! The state of one v1 response being decoded, streamed or whole. Owns the order of events, the
//! marks of progress, and the ids of calls, which this wire does not have: `call_0`, `call_1`, ...

use serde_json::value::RawValue;
use serde_json::Map;

use super::parts::{search, searches};
use super::tool_calls::{parse_call, parse_call_delta};
use super::wire::{Call, Event, Response};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::providers::cohere::{check_error, parts, usage, Cohere, NAME};
use crate::providers::completion::ToolCallsState;
use crate::providers::tool_calls::ToolCallAssembler;
use crate::providers::wire_decoder::{
    incomplete, DoneMark, ResponseState, WireDecoder, EVENT, RESPONSE,
};
use crate::providers::{error_body, Progress, Provider};

#[derive(Debug)]
pub(crate) struct V1Decoder {
    state: ResponseState,
    has_text: bool,
    has_citations: bool,
    calls: ToolCallAssembler,
    /// The last response's `meta`, where the counts are.
    meta: String,
}

impl V1Decoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            calls: ToolCallAssembler::numbered(start.seed),
            state: ResponseState::new(start),
            has_text: false,
            has_citations: false,
            meta: String::new(),
        }
    }
}

impl WireDecoder for V1Decoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Response<'t>;

    const DONE_MARK: DoneMark = DoneMark::Unknown;

    fn provider(&self) -> &dyn Provider {
        &Cohere
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
        let Some(kind) = event.event_type.get() else {
            return Err(incomplete(&Cohere, EVENT, "has no event_type", data));
        };
        self.state.open();
        self.event_of_kind(kind, event, data, out)?;
        check_error(event.error, None)
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        if response.text.is_absent() && response.finish_reason.get().is_none() {
            return Err(incomplete(&Cohere, RESPONSE, "has no text", text));
        }
        self.note_id(response);
        self.state.writer.extend(searches(response), out);
        self.rest_of_text(response.text.get(), out);
        self.rest_of_calls(&response.tool_calls.0, false, out);
        self.note_finish(response.finish_reason.get(), response.meta);
        check_error(response.error, None)?;
        self.citations(response.citations, out);
        Ok(())
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        self.state.writer.extend(self.calls.finish(cut), out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw, self.calls.had_any())
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.meta)
    }
}

impl V1Decoder {
    fn event_of_kind(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        match kind {
            "stream-start" => {
                self.state.begin(NAME, data)?;
                self.set_id(event.generation_id.get());
            }
            "text-generation" => self.text(event.text.get(), out),
            // A text here is the plan; the whole response at the end has it as its text.
            "tool-calls-chunk" => {
                self.text(event.text.get(), out);
                if let Some(delta) = &event.tool_call_delta.0 {
                    self.calls.begin_list();
                    let event = self.calls.add(parse_call_delta(delta), Map::new());
                    self.state.writer.extend(event, out);
                }
            }
            "tool-calls-generation" => {
                self.rest_of_text(event.text.get(), out);
                self.rest_of_calls(&event.tool_calls.0, true, out);
            }
            "search-queries-generation" => {
                self.state.writer.push(search("search_queries", data), out);
            }
            "search-results" => self.state.writer.push(search("search_results", data), out),
            "citation-generation" => self.citations(event.citations, out),
            "stream-end" => self.end(event, out)?,
            "debug" => {}
            _ => match error_body::find_in_response(&Cohere, data) {
                Some(error) => return Err(error),
                None => self.state.unknown_events += 1,
            },
        }
        Ok(())
    }

    /// The last event holds the whole response: what no event before it had is handed over.
    fn end(&mut self, event: &Event<'_>, out: &mut EventBatch) -> Result<(), LlmError> {
        let nothing = Response::default();
        let response = event.response.0.as_ref().unwrap_or(&nothing);
        self.note_id(response);
        self.rest_of_text(response.text.get(), out);
        self.rest_of_calls(&response.tool_calls.0, true, out);
        if !self.has_citations {
            self.citations(response.citations, out);
        }
        let reason = event.finish_reason.get().or(response.finish_reason.get());
        self.note_finish(reason, response.meta);
        check_error(event.error.or(response.error), None)?;
        self.state.progress = Progress::Done;
        Ok(())
    }

    fn note_id(&mut self, response: &Response<'_>) {
        let id = response.generation_id.get();
        self.set_id(id.or(response.response_id.get()));
    }

    fn set_id(&mut self, id: Option<&str>) {
        let start = self.state.writer.start();
        if let Some(start) = start.filter(|start| start.id.is_none()) {
            start.id = id.map(str::to_owned);
        }
    }

    fn note_finish(&mut self, reason: Option<&str>, meta: Option<&RawValue>) {
        self.state.finish_reason = reason.map(str::to_owned);
        meta.map_or("", RawValue::get).clone_into(&mut self.meta);
    }

    fn text(&mut self, text: Option<&str>, out: &mut EventBatch) {
        if let Some(text) = text {
            self.has_text = true;
            self.state.writer.push_text(text, out);
        }
    }

    fn rest_of_text(&mut self, text: Option<&str>, out: &mut EventBatch) {
        if !self.has_text {
            self.text(text, out);
        }
    }

    /// Calls of a list that came in no chunk: older servers send no chunks.
    fn rest_of_calls(&mut self, calls: &[Call<'_>], with_deltas: bool, out: &mut EventBatch) {
        let known = self.calls.len();
        for call in calls.iter().skip(known) {
            let event = self.calls.add_whole(parse_call(call), Map::new());
            let event = event.filter(|_| with_deltas);
            self.state.writer.extend(event, out);
        }
    }

    fn citations(&mut self, raw: Option<&RawValue>, out: &mut EventBatch) {
        for citation in parts::citations(raw) {
            self.has_citations = true;
            self.state.writer.push(citation, out);
        }
    }
}
