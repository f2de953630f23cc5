//! The state of one response being decoded: lines of JSON, of which the one with `end` is the
//! protocol's last mark.

use serde_json::Map;

use super::wire::Line;
use super::{of_kind, usage, ScriptCodec};
use crate::error::LlmError;
use crate::event::{Event, EventBatch, FinishReason, Start, Usage};
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::tool_calls::{Piece, ToolCallAssembler};
use crate::providers::wire_decoder::{DoneMark, ResponseState, WireDecoder};
use crate::providers::{error_body, Progress, Provider};

#[derive(Debug)]
pub(crate) struct ScriptDecoder {
    state: ResponseState,
    calls: ToolCallAssembler,
    usage: String,
}

impl ScriptDecoder {
    pub(crate) fn new(start: Start) -> Self {
        Self {
            calls: ToolCallAssembler::new(start.seed),
            state: ResponseState::new(start),
            usage: String::new(),
        }
    }
}

impl WireDecoder for ScriptDecoder {
    type Event<'t> = Line<'t>;
    type Response<'t> = Line<'t>;

    const DONE_MARK: DoneMark = DoneMark::Unknown;

    fn provider(&self) -> &dyn Provider {
        &ScriptCodec
    }

    fn state(&self) -> &ResponseState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ResponseState {
        &mut self.state
    }

    fn event(&mut self, line: &Line<'_>, data: &str, out: &mut EventBatch) -> Result<(), LlmError> {
        self.state.open();
        if let Some(start) = self.state.writer.start() {
            if let Some(id) = line.id.get() {
                start.id = Some(id.to_owned());
            }
            if let Some(model) = line.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        if let Some(text) = line.reasoning.get() {
            self.state.writer.push_reasoning(text, out);
        }
        if let Some(text) = line.text.get() {
            self.state.writer.push_text(text, out);
        }
        if let Some(part) = line.part.and_then(|part| json::parse_object(part.get())) {
            self.state.writer.push(Event::Part(part), out);
        }
        if let Some(call) = &line.tool_call.0 {
            let piece = Piece {
                id: call.id.get(),
                name: call.name.get(),
                arguments: call.arguments.get().unwrap_or_default(),
                ..Piece::default()
            };
            let delta = self.calls.add_whole(piece, Map::new());
            self.state.writer.extend(delta, out);
        }
        if line.error.is_some() {
            return Err(of_kind(error_body::in_response(&ScriptCodec, data), data));
        }
        if let Some(end) = &line.end.0 {
            self.state.finish_reason = end.finish_reason.get().map(str::to_owned);
            self.usage = end
                .usage
                .map(|usage| usage.get().to_owned())
                .unwrap_or_default();
            self.state.progress = Progress::Done;
        }
        Ok(())
    }

    fn response(
        &mut self,
        line: &Line<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        self.event(line, text, out)
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        self.state.writer.extend(self.calls.finish(cut), out);
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.calls.state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw)
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }
}
