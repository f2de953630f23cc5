//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! mark of the end, which is `done` and nothing else. A piece of text costs one pass over its JSON
//! and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::Map;

use super::tool_calls::parse_call;
use super::wire::{Message, Response};
use super::{parts, usage, Ollama};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::providers::completion::ToolCallsState;
use crate::providers::tool_calls::ToolCallAssembler;
use crate::providers::wire_decoder::{incomplete, DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, lenient_json, Progress, Provider};

#[derive(Debug)]
pub(crate) struct OllamaDecoder {
    state: ResponseState,
    /// The thinking since the last text or call: handed over in pieces, and whole once more for
    /// the next request.
    thinking: String,
    calls: ToolCallAssembler,
    counts: String,
}

impl OllamaDecoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            calls: ToolCallAssembler::new(start.seed),
            state: ResponseState::new(start),
            thinking: String::new(),
            counts: String::new(),
        }
    }
}

impl WireDecoder for OllamaDecoder {
    type Event<'t> = Response<'t>;
    type Response<'t> = Response<'t>;

    const DONE_MARK: DoneMark = DoneMark::Ignored;

    const IGNORED_FIELDS: &'static [&'static str] = &["\"created_at\":"];

    fn provider(&self) -> &dyn Provider {
        &Ollama
    }

    fn state(&self) -> &ResponseState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ResponseState {
        &mut self.state
    }

    fn event(
        &mut self,
        line: &Response<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        if line.message.0.is_none() && line.done.is_none() && line.error.is_none() {
            // A gateway's error in another form, or something new.
            return match error_body::find_in_response(&Ollama, data) {
                Some(error) => Err(error),
                None => {
                    self.state.unknown_events += 1;
                    Ok(())
                }
            };
        }
        self.take(line, true, data, out)?;
        if is_true(line.done) {
            self.end_thinking(out);
            self.state.progress = Progress::Done;
        }
        Ok(())
    }

    fn text_alone<'e>(&self, line: &'e Response<'_>) -> Option<&'e str> {
        let message = line.message.0.as_ref()?;
        let beside = [
            line.prompt_eval_count,
            line.eval_count,
            line.logprobs,
            line.error,
        ];
        let is_alone = beside.iter().all(Option::is_none)
            && !is_true(line.done)
            && line.done_reason.get().is_none()
            && message.thinking.get().is_none()
            && message.tool_calls.0.is_empty();
        message.content.get().filter(|_| is_alone)
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        if response.message.0.is_none() && response.done.is_none() {
            return Err(incomplete(&Ollama, RESPONSE, "has no message", text));
        }
        self.take(response, false, text, out)?;
        self.end_thinking(out);
        // The first line of a stream whose others are missing.
        match response.done {
            Some(done) if done.get() == "false" => Err(not_done()),
            _ => Ok(()),
        }
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
        usage::parse_usage(&self.counts)
    }
}

impl OllamaDecoder {
    /// What a line and a whole response have in common. What the model wrote is handed over before
    /// an error beside it.
    fn take(
        &mut self,
        line: &Response<'_>,
        is_stream: bool,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        if let (Some(start), Some(model)) = (self.state.writer.start(), line.model.get()) {
            model.clone_into(&mut start.model);
        }
        if let Some(message) = &line.message.0 {
            self.state.open();
            self.message(message, is_stream, out);
        }
        let logprobs = line.logprobs.and_then(parts::logprobs);
        self.state.writer.extend(logprobs, out);
        if let Some(reason) = line.done_reason.get() {
            self.state.finish_reason = Some(reason.to_owned());
        }
        if let Some(counts) = usage::counts(line) {
            self.counts = counts;
        }
        match line.error.filter(|error| lenient_json::is_truthy(error)) {
            Some(_) => {
                self.end_thinking(out);
                Err(error_body::in_response(&Ollama, data))
            }
            None => Ok(()),
        }
    }

    fn message(&mut self, message: &Message<'_>, is_stream: bool, out: &mut EventBatch) {
        if let Some(thinking) = message.thinking.get() {
            self.thinking.push_str(thinking);
            self.state.writer.push_reasoning(thinking, out);
        }
        if let Some(text) = message.content.get() {
            self.end_thinking(out);
            self.state.writer.push_text(text, out);
        }
        for call in &message.tool_calls.0 {
            self.end_thinking(out);
            let delta = self.calls.add_whole(parse_call(call), Map::new());
            // Whole calls of a whole response need no deltas.
            let delta = delta.filter(|_| is_stream);
            self.state.writer.extend(delta, out);
        }
    }

    fn end_thinking(&mut self, out: &mut EventBatch) {
        if !self.thinking.is_empty() {
            let part = parts::thinking(std::mem::take(&mut self.thinking));
            self.state.writer.push(part, out);
        }
    }
}

/// Whether a flag is set, however it is written.
fn is_true(flag: Option<&RawValue>) -> bool {
    flag.is_some_and(|flag| matches!(flag.get(), "true" | "\"true\"" | "1"))
}

fn not_done() -> LlmError {
    let message = "ollama: the response says that more of it follows, and nothing does";
    let error = LlmError::new(ErrorKind::Truncated, message).phase(Phase::Body);
    LlmError {
        provider: Some(super::NAME),
        ..error
    }
}
