//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress: a response is answered at `messageStop` and done with `metadata`. A delta of
//! text costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::blocks::Blocks;
use super::wire::{Event, Response};
use super::{errors, parts, usage, Bedrock, NAME};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::framing::Frame;
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::wire_decoder::{incomplete, DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, token_counts, Progress, Provider};

#[derive(Debug)]
pub(super) struct BedrockDecoder {
    state: ResponseState,
    blocks: Blocks,
    usage: Map<String, Value>,
    /// What the framing says of the event that comes next.
    event_kind: EventKind,
    has_metadata: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventKind {
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageStop,
    Metadata,
    Unknown,
}

impl EventKind {
    #[inline]
    fn of(name: &str) -> Self {
        match name {
            "contentBlockDelta" => Self::BlockDelta,
            "messageStart" => Self::MessageStart,
            "contentBlockStart" => Self::BlockStart,
            "contentBlockStop" => Self::BlockStop,
            "messageStop" => Self::MessageStop,
            "metadata" => Self::Metadata,
            _ => Self::Unknown,
        }
    }
}

impl BedrockDecoder {
    pub(super) fn new(start: Start) -> Self {
        Self {
            blocks: Blocks::new(start.seed),
            state: ResponseState::new(start),
            usage: Map::new(),
            event_kind: EventKind::Unknown,
            has_metadata: false,
        }
    }
}

impl WireDecoder for BedrockDecoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Response<'t>;

    const DONE_MARK: DoneMark = DoneMark::Unknown;

    /// The service pads its events to one length.
    const IGNORED_FIELDS: &'static [&'static str] = &["\"p\":"];

    fn provider(&self) -> &dyn Provider {
        &Bedrock
    }

    fn state(&self) -> &ResponseState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ResponseState {
        &mut self.state
    }

    #[inline]
    fn begin_frame(&mut self, frame: &Frame<'_>) -> Result<(), LlmError> {
        if let Some(name) = frame.failure() {
            return Err(errors::in_stream(name, frame.data));
        }
        self.event_kind = EventKind::of(frame.name);
        Ok(())
    }

    fn event(
        &mut self,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let index = event.index.0.unwrap_or_default();
        let is_known = match self.event_kind {
            EventKind::BlockDelta => {
                self.state.open();
                let sink = &mut self.state.writer.sink(out);
                let delta = event.delta.0.as_ref();
                delta.is_some_and(|delta| self.blocks.delta(index, delta, sink))
            }
            EventKind::MessageStart => {
                self.state.begin(NAME, data)?;
                true
            }
            EventKind::BlockStart => {
                self.state.open();
                let sink = &mut self.state.writer.sink(out);
                let start = event.start.and_then(|raw| json::parse_object(raw.get()));
                self.blocks.start(index, start.unwrap_or_default(), sink)
            }
            EventKind::BlockStop => {
                self.blocks.stop(index, &mut self.state.writer.sink(out));
                true
            }
            EventKind::MessageStop => {
                self.state.open();
                self.stop(event.stop_reason.get(), event.additional, out);
                if self.state.progress == Progress::Open {
                    self.state.progress = match self.has_metadata {
                        true => Progress::Done,
                        false => Progress::Finished,
                    };
                }
                true
            }
            EventKind::Metadata => {
                self.note_usage(event.usage);
                self.state.writer.extend(parts::trace(event.trace), out);
                self.has_metadata = true;
                if self.state.progress == Progress::Finished {
                    self.state.progress = Progress::Done;
                }
                true
            }
            EventKind::Unknown => match error_body::find_in_response(&Bedrock, data) {
                Some(error) => return Err(error),
                None => false,
            },
        };
        self.state.unknown_events += u64::from(!is_known);
        Ok(())
    }

    fn text_alone<'e>(&self, event: &'e Event<'_>) -> Option<&'e str> {
        let delta = event.delta.0.as_ref()?;
        delta
            .text
            .get()
            .filter(|_| self.event_kind == EventKind::BlockDelta)
    }

    fn response(
        &mut self,
        response: &Response<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let message = response.output.0.as_ref();
        let message = message.and_then(|output| output.message.0.as_ref());
        let Some(content) = message.and_then(|message| message.content) else {
            return Err(incomplete(
                &Bedrock,
                RESPONSE,
                "has no usable content",
                text,
            ));
        };
        self.content(content, out);
        self.note_usage(response.usage);
        self.stop(response.stop_reason.get(), response.additional, out);
        self.state.writer.extend(parts::trace(response.trace), out);
        Ok(())
    }

    fn close_response(&mut self, cut: bool, out: &mut EventBatch) {
        self.blocks.close(cut, &mut self.state.writer.sink(out));
    }

    fn tool_calls_state(&self) -> ToolCallsState {
        self.blocks.tool_calls_state()
    }

    fn parse_finish_reason(&self, raw: &str) -> FinishReason {
        usage::parse_finish_reason(raw, self.blocks.calls_wait())
    }

    fn usage(&self) -> Option<Usage> {
        usage::parse_usage(&self.usage)
    }
}

impl BedrockDecoder {
    /// The blocks of a whole response.
    fn content(&mut self, content: &RawValue, out: &mut EventBatch) {
        let sink = &mut self.state.writer.sink(out);
        let list: Option<Vec<&RawValue>> = serde_json::from_str(content.get()).ok();
        for raw in list.into_iter().flatten() {
            let fields = json::parse_object(raw.get());
            let is_known = fields.is_some_and(|fields| self.blocks.whole(fields, raw.get(), sink));
            self.state.unknown_events += u64::from(!is_known);
        }
    }

    fn note_usage(&mut self, usage: Option<&RawValue>) {
        if let Some(usage) = usage.and_then(|raw| json::parse_object(raw.get())) {
            token_counts::merge(&mut self.usage, usage);
        }
    }

    /// Why the model stopped, and what stands beside it.
    fn stop(&mut self, reason: Option<&str>, additional: Option<&RawValue>, out: &mut EventBatch) {
        if let Some(reason) = reason {
            self.state.finish_reason = Some(reason.to_owned());
        }
        let sink = &mut self.state.writer.sink(out);
        self.blocks.stop_all_but_calls(sink);
        sink.extend(parts::additional(additional));
    }
}
