//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress: a response is complete once a finish reason, or the reason why the prompt was
//! refused, was seen and its body has ended; usage and sources may follow the reason. A delta of
//! text costs one pass over its JSON and two copies, into the batch and into the block that may
//! have to go back.

use serde_json::value::RawValue;

use super::parts::{self, Sources};
use super::reply_parts::ReplyParts;
use super::tool_calls::ToolCalls;
use super::wire::{Candidate, Chunk, Part, PromptFeedback};
use super::{usage, Gemini};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{Event, FinishReason, Start, Usage};
use crate::providers::completion::ToolCallsState;
use crate::providers::lenient_json::{self, Maybe};
use crate::providers::wire_decoder::{incomplete, DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, Progress, Provider};

#[derive(Debug)]
pub(super) struct GeminiDecoder {
    codec: &'static Gemini,
    state: ResponseState,
    calls: ToolCalls,
    reply: ReplyParts,
    sources: Sources,
    /// The last usage object: it counts whole, since counts may shrink and zeros are left out.
    usage: String,
    /// The reason is the one why the prompt was refused.
    is_blocked: bool,
    /// What the response holds comes at once.
    is_whole: bool,
}

impl GeminiDecoder {
    pub(super) fn new(codec: &'static Gemini, start: Start) -> Self {
        Self {
            codec,
            calls: ToolCalls::new(start.seed),
            state: ResponseState::new(start),
            reply: ReplyParts::default(),
            sources: Sources::default(),
            usage: String::new(),
            is_blocked: false,
            is_whole: false,
        }
    }
}

impl WireDecoder for GeminiDecoder {
    type Event<'t> = Chunk<'t>;
    type Response<'t> = Chunk<'t>;

    const DONE_MARK: DoneMark = DoneMark::Ignored;

    fn provider(&self) -> &dyn Provider {
        self.codec
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
        // Others come of a `candidateCount` above 1, and have other indices.
        let mut candidates = chunk.candidates.iter();
        let candidate = candidates.find(|candidate| candidate.index.0.unwrap_or_default() == 0);
        if let Some(candidate) = candidate {
            self.candidate(candidate, out);
        }
        if chunk.error.is_some_and(lenient_json::is_truthy) {
            return Err(error_body::in_response(self.codec, data));
        }
        if let (None, Some(feedback)) = (candidate, chunk.prompt_feedback) {
            self.prompt_feedback(feedback, out);
        }
        let is_known = chunk.candidates.is_list || chunk.prompt_feedback.is_some();
        if !is_known && chunk.usage.is_none() {
            // An error in some other spelling, or only metadata.
            return error_body::find_in_response(self.codec, data).map_or(Ok(()), Err);
        }
        Ok(())
    }

    /// A whole response; without `alt=sse` a stream comes as one list of what its events would be.
    fn response(
        &mut self,
        chunk: &Chunk<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.is_whole = true;
        let list: Vec<&RawValue> = match text.trim_start().starts_with('[') {
            true => serde_json::from_str(text).unwrap_or_default(),
            false => Vec::new(),
        };
        for raw in &list {
            let mut repaired = String::new();
            let mut place = Maybe::<Chunk<'_>>::default();
            if let Ok(chunk) = lenient_json::parse(raw.get(), &mut repaired, &mut place) {
                self.event(chunk, raw.get(), out)?;
            }
        }
        if list.is_empty() {
            self.event(chunk, text, out)?;
        }
        match self.state.progress {
            Progress::Empty => {
                let how = "has no usable candidates";
                Err(incomplete(self.codec, RESPONSE, how, text))
            }
            Progress::Open | Progress::Finished | Progress::Done => Ok(()),
        }
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        let (deltas, calls) = self.calls.close(cut, &mut self.reply);
        self.push_deltas(deltas, out);
        let writer = &mut self.state.writer;
        writer.extend(self.reply.take(), out);
        writer.extend(calls, out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        match self.is_blocked {
            true => FinishReason::ContentFilter,
            false => usage::parse_finish_reason(raw, self.calls.had_any()),
        }
    }

    /// A whole call of a tool that the request lacks is a response all the same: what becomes of it
    /// is the caller's to say.
    fn deciding_reason(&self) -> Option<FinishReason> {
        let reason = self.finish_reason();
        let is_unexpected = self.state.finish_reason.as_deref() == Some(usage::UNEXPECTED_CALL);
        match is_unexpected && self.tool_calls_state() == ToolCallsState::Complete {
            true => Some(FinishReason::ToolCalls),
            false => reason,
        }
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }
}

impl GeminiDecoder {
    /// What may stand in any event: id and model, and tokens.
    fn note(&mut self, chunk: &Chunk<'_>) {
        if let Some(start) = self.state.writer.start() {
            if let (None, Some(id)) = (&start.id, chunk.id.get()) {
                start.id = Some(id.to_owned());
            }
            if let Some(model) = chunk.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        if chunk.candidates.is_list {
            self.state.open();
        }
        if let Some(raw) = chunk.usage.filter(|raw| raw.get().len() > 2) {
            raw.get().clone_into(&mut self.usage);
        }
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, out: &mut EventBatch) {
        if let Some(content) = &candidate.content.0 {
            for part in content.parts.iter() {
                self.part(part, out);
            }
        }
        if let Some(reason) = candidate.finish_reason.get().and_then(usage::reason_of) {
            self.state.finish_reason = Some(reason.to_owned());
            self.state.progress = Progress::Finished;
        }
        let writer = &mut self.state.writer;
        if let Some(raw) = candidate.logprobs {
            writer.extend(parts::object("logprobs", raw), out);
        }
        if let Some(raw) = candidate.citations {
            writer.extend(self.sources.citations(raw), out);
        }
        if let Some(raw) = candidate.grounding {
            writer.extend(self.sources.grounding(raw), out);
        }
        if let Some(raw) = candidate.url_context {
            writer.extend(parts::object("url_context", raw), out);
        }
        if let Some(raw) = candidate.safety_ratings {
            if self.finish_reason() == Some(FinishReason::ContentFilter) {
                let ratings = parts::safety_ratings(raw);
                self.state.writer.extend(ratings, out);
            }
        }
        self.note_failure(candidate);
    }

    /// What Gemini writes beside a reason that is a failure.
    fn note_failure(&mut self, candidate: &Candidate<'_>) {
        if let Some(message) = candidate.finish_message.get() {
            self.state.finish_message = Some(message.to_owned());
        }
    }

    #[inline]
    fn part(&mut self, part: &Part<'_>, out: &mut EventBatch) {
        let signature = part.signature.get();
        if let Some(call) = part.function_call {
            let events = self.calls.add(call, signature, &mut self.reply);
            return self.push_deltas(events, out);
        }
        let is_thought = part.is_thought();
        let text = part.text.get();
        match text {
            Some(text) if is_thought => self.state.writer.push_reasoning(text, out),
            Some(text) => self.state.writer.push_text(text, out),
            None => {}
        }
        let Some(rest) = &part.rest else {
            let text = text.unwrap_or_default();
            return self.reply.push_text(text, is_thought, signature);
        };
        let event = parts::parse_part(rest, is_thought);
        self.state.writer.extend(event, out);
        self.reply
            .push_part(rest.clone(), text, is_thought, signature);
    }

    /// Calls of a whole response come without pieces.
    fn push_deltas(&mut self, events: Vec<Event>, out: &mut EventBatch) {
        if !self.is_whole {
            self.state.writer.extend(events, out);
        }
    }

    fn prompt_feedback(&mut self, raw: &RawValue, out: &mut EventBatch) {
        let mut repaired = String::new();
        let mut place = Maybe::<PromptFeedback<'_>>::default();
        let feedback = lenient_json::parse(raw.get(), &mut repaired, &mut place);
        let Ok(feedback) = feedback else { return };
        let reason = feedback.block_reason.get();
        let reason = reason.filter(|reason| *reason != "0" && !reason.ends_with("_UNSPECIFIED"));
        if let Some(reason) = reason {
            self.is_blocked = true;
            self.state.finish_reason = Some(reason.to_owned());
            self.state.progress = Progress::Finished;
            let event = parts::object("prompt_feedback", raw);
            self.state.writer.extend(event, out);
        }
    }
}
