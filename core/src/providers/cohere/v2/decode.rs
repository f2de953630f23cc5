//! The state of one v2 response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress. A delta of text costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::tool_calls::parse_call;
use super::wire::{Content, Contents, Delta, Event, Message, Response};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::json;
use crate::providers::cohere::{check_error, parts, usage, Cohere, NAME};
use crate::providers::completion::ToolCallsState;
use crate::providers::tool_calls::ToolCallAssembler;
use crate::providers::wire_decoder::{
    incomplete, DoneMark, ResponseState, WireDecoder, EVENT, RESPONSE,
};
use crate::providers::{error_body, Progress, Provider};

#[derive(Debug)]
pub(crate) struct V2Decoder {
    state: ResponseState,
    /// The thinking of the open block: handed over in pieces, and whole once more for the next
    /// request.
    thinking: String,
    /// What the model writes before it calls tools: neither text nor thinking to Cohere, which
    /// needs it back under its own name.
    plan: String,
    calls: ToolCallAssembler,
    usage: String,
}

impl V2Decoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            calls: ToolCallAssembler::new(start.seed),
            state: ResponseState::new(start),
            thinking: String::new(),
            plan: String::new(),
            usage: String::new(),
        }
    }
}

impl WireDecoder for V2Decoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Response<'t>;

    const DONE_MARK: DoneMark = DoneMark::Ignored;

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
        let Some(kind) = event.kind.get() else {
            return Err(incomplete(&Cohere, EVENT, "has no type", data));
        };
        self.state.open();
        self.event_of_kind(kind, event, data, out)?;
        self.check_base_resp(event.base_resp, out)?;
        self.check_error(event.error, None, out)
    }

    fn text_alone<'e>(&self, event: &'e Event<'_>) -> Option<&'e str> {
        let message = event.delta.0.as_ref()?.message.0.as_ref()?;
        let Contents::One(content) = &message.content else {
            return None;
        };
        let beside = [event.error, event.base_resp, event.logprobs];
        let is_alone = event.kind.get() == Some("content-delta")
            && beside.iter().all(Option::is_none)
            && content.thinking.get().is_none()
            && !content.kind.get().is_some_and(names_reasoning);
        content.text.get().filter(|_| is_alone)
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        // The error of a gateway calls something else `message`.
        let Some(message) = &response.message.0 else {
            return Err(incomplete(&Cohere, RESPONSE, "has no message", text));
        };
        self.note_id(response.id.get());
        self.note_finish(response.finish_reason.get(), response.usage);
        message.content.each(&mut |block| {
            self.content(block, out);
            self.end_thinking(out);
        });
        self.plan
            .push_str(message.tool_plan.get().unwrap_or_default());
        self.end_plan(out);
        // Whole calls need no deltas.
        for call in &message.tool_calls.0 {
            self.calls.add_whole(parse_call(None, call), Map::new());
        }
        self.check_base_resp(response.base_resp, out)?;
        self.check_error(response.error, response.error_type.get(), out)?;
        let citations = parts::citations(message.citations);
        self.state.writer.extend(citations, out);
        self.logprobs(response.logprobs, out);
        Ok(())
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        self.end_blocks(out);
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

impl V2Decoder {
    fn event_of_kind(
        &mut self,
        kind: &str,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let (no_delta, no_message) = (Delta::default(), Message::default());
        let delta = event.delta.0.as_ref().unwrap_or(&no_delta);
        let message = delta.message.0.as_ref().unwrap_or(&no_message);
        match kind {
            "message-start" => {
                self.state.begin(NAME, data)?;
                self.note_id(event.id.get());
            }
            "content-start" | "content-delta" => {
                self.end_plan(out);
                let contents = &message.content;
                contents.each(&mut |content| self.content(content, out));
                self.logprobs(event.logprobs, out);
            }
            "content-end" => self.end_thinking(out),
            "tool-plan-delta" => {
                self.state.writer.begin(out);
                self.plan
                    .push_str(message.tool_plan.get().unwrap_or_default());
            }
            "tool-call-start" | "tool-call-delta" => {
                self.end_blocks(out);
                self.calls.begin_list();
                for call in &message.tool_calls.0 {
                    let event = self.calls.add(parse_call(event.index.0, call), Map::new());
                    self.state.writer.extend(event, out);
                }
            }
            "citation-start" => {
                let citations = parts::citations(message.citations);
                self.state.writer.extend(citations, out);
            }
            "message-end" => {
                self.note_id(event.id.get());
                self.note_finish(delta.finish_reason.get(), delta.usage);
                self.check_error(delta.error.or(event.error), delta.error_type.get(), out)?;
                self.end_blocks(out);
                self.state.progress = Progress::Done;
            }
            "tool-call-end" | "citation-end" | "debug" | "ping" => {}
            _ => match error_body::find_in_response(&Cohere, data) {
                Some(error) => return Err(error),
                None => self.state.unknown_events += 1,
            },
        }
        Ok(())
    }

    fn note_id(&mut self, id: Option<&str>) {
        if let (Some(start), Some(id)) = (self.state.writer.start(), id) {
            start.id = Some(id.to_owned());
        }
    }

    fn note_finish(&mut self, reason: Option<&str>, usage: Option<&RawValue>) {
        self.state.finish_reason = reason.map(str::to_owned);
        usage.map_or("", RawValue::get).clone_into(&mut self.usage);
    }

    /// Text and thinking, whichever there is.
    fn content(&mut self, content: &Content<'_>, out: &mut EventBatch) {
        let is_reasoning = content.kind.get().is_some_and(names_reasoning);
        let thinking = content.text.get().filter(|_| is_reasoning);
        if let Some(thinking) = content.thinking.get().or(thinking) {
            self.thinking.push_str(thinking);
            self.state.writer.push_reasoning(thinking, out);
        }
        if let Some(text) = content.text.get().filter(|_| !is_reasoning) {
            self.end_thinking(out);
            self.state.writer.push_text(text, out);
        }
    }

    fn end_blocks(&mut self, out: &mut EventBatch) {
        self.end_thinking(out);
        self.end_plan(out);
    }

    fn end_thinking(&mut self, out: &mut EventBatch) {
        if !self.thinking.is_empty() {
            let part = parts::content("thinking", std::mem::take(&mut self.thinking));
            self.state.writer.push(part, out);
        }
    }

    fn end_plan(&mut self, out: &mut EventBatch) {
        if !self.plan.is_empty() {
            let part = parts::content("tool_plan", std::mem::take(&mut self.plan));
            self.state.writer.push(part, out);
        }
    }

    fn logprobs(&mut self, raw: Option<&RawValue>, out: &mut EventBatch) {
        let list = match raw.map(|raw| json::parse(raw.get(), &mut String::new())) {
            None | Some(Ok(Value::Null) | Err(_)) => return,
            Some(Ok(Value::Array(list))) => list,
            Some(Ok(value)) => vec![value],
        };
        let fields = Map::from_iter([("content".to_owned(), Value::Array(list))]);
        self.state.writer.push(parts::part("logprobs", fields), out);
    }

    /// An error of a gateway beside an event or a response.
    fn check_base_resp(
        &mut self,
        base_resp: Option<&RawValue>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        match error_body::base_resp_error(&Cohere, base_resp) {
            None => Ok(()),
            Some(error) => {
                self.end_blocks(out);
                Err(error)
            }
        }
    }

    /// A failure behind a good status; what the model had written until then is handed over first.
    fn check_error(
        &mut self,
        error: Option<&RawValue>,
        error_type: Option<&str>,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        check_error(error, error_type).inspect_err(|_| self.end_blocks(out))
    }
}

/// The kinds of a block whose text is reasoning, on servers that do not name it thinking.
fn names_reasoning(kind: &str) -> bool {
    ["thinking", "reasoning", "summary"]
        .iter()
        .any(|word| kind.starts_with(word))
}
