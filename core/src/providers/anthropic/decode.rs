//! The state of one response being decoded, streamed or whole. Owns the order of events and the
//! marks of progress: a response is complete at `message_stop` and not before. A delta of text
//! costs one pass over its JSON and one copy, into the batch.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::blocks::Blocks;
use super::wire::{Event, Input, Message};
use super::{parts, usage};
use crate::error::LlmError;
use crate::event::EventBatch;
use crate::event::{FinishReason, Start, Usage};
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::errors::protocol_error;
use crate::providers::lenient_json::{self, Maybe, Written};
use crate::providers::wire_decoder::{DoneMark, ResponseState, WireDecoder, RESPONSE};
use crate::providers::{error_body, token_counts, Progress, Provider};

#[derive(Debug)]
pub(super) struct AnthropicDecoder {
    provider: &'static dyn Provider,
    state: ResponseState,
    blocks: Blocks,
    usage: Map<String, Value>,
}

impl AnthropicDecoder {
    pub(super) fn new(provider: &'static dyn Provider, start: Start) -> Self {
        Self {
            provider,
            blocks: Blocks::new(start.seed),
            state: ResponseState::new(start),
            usage: Map::new(),
        }
    }
}

impl WireDecoder for AnthropicDecoder {
    type Event<'t> = Event<'t>;
    type Response<'t> = Message<'t>;

    const DONE_MARK: DoneMark = DoneMark::Ignored;

    fn provider(&self) -> &dyn Provider {
        self.provider
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
        self.event_of_kind(event, data, out)?;
        // A gateway's error in another provider's form, or beside what it is about.
        if event.error.is_some_and(lenient_json::is_truthy) {
            return Err(error_body::in_response(self.provider, data));
        }
        if let Some(error) = error_body::base_resp_error(self.provider, event.base_resp) {
            return Err(error);
        }
        if event.kind.get() == Some("message_stop") {
            self.state.progress = Progress::Done;
        }
        Ok(())
    }

    fn text_alone<'e>(&self, event: &'e Event<'_>) -> Option<&'e str> {
        let delta = event.delta.0.as_ref()?;
        let beside = [event.usage, event.error, event.base_resp];
        let is_alone = event.kind.get() == Some("content_block_delta")
            && delta.kind.get() == Some("text_delta")
            && beside.iter().all(Option::is_none)
            && self.blocks.is_text(event.index.0.unwrap_or_default());
        delta.text.get().filter(|_| is_alone)
    }

    fn response(
        &mut self,
        message: &Message<'_>,
        text: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let is_error = message.error.is_some_and(lenient_json::is_truthy)
            || message.kind.get() == Some("error");
        if is_error && message.content.is_absent() {
            return Err(error_body::in_response(self.provider, text));
        }
        if message.content.is_absent() {
            // A message is not an error, though it has a type; another document may be one.
            let error = match message.kind.get() {
                Some("message") => None,
                _ => error_body::find_in_response(self.provider, text),
            };
            let how = "has no usable content";
            return Err(
                error.unwrap_or_else(|| protocol_error(self.provider.name(), RESPONSE, how, text))
            );
        }
        self.note(message);
        self.content(&message.content, out);
        self.stop(message.stop_reason.get(), text, out);
        // What came beside an error stands, as it does in a stream.
        if is_error {
            return Err(error_body::in_response(self.provider, text));
        }
        error_body::base_resp_error(self.provider, message.base_resp).map_or(Ok(()), Err)
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

impl AnthropicDecoder {
    fn event_of_kind(
        &mut self,
        event: &Event<'_>,
        data: &str,
        out: &mut EventBatch,
    ) -> Result<(), LlmError> {
        let index = event.index.0.unwrap_or_default();
        match event.kind.get().unwrap_or_default() {
            "content_block_delta" => {
                self.state.open();
                let sink = &mut self.state.writer.sink(out);
                let delta = event.delta.0.as_ref();
                if !delta.is_some_and(|delta| self.blocks.delta(index, delta, data, sink)) {
                    self.state.unknown_events += 1;
                }
            }
            "content_block_start" => {
                self.state.open();
                let block = event.content_block;
                match block.and_then(|raw| json::parse_object(raw.get())) {
                    Some(block) => {
                        let sink = &mut self.state.writer.sink(out);
                        self.blocks.start(index, block, sink);
                    }
                    None => self.state.unknown_events += 1,
                }
            }
            "content_block_stop" => {
                self.blocks.stop(index, &mut self.state.writer.sink(out));
            }
            "message_start" => {
                let mut repaired = String::new();
                let mut place = Maybe::default();
                let raw = event.message.map_or("", RawValue::get);
                let message = lenient_json::parse(raw, &mut repaired, &mut place).ok();
                if !message.is_some_and(|message| self.is_repeated(message)) {
                    self.state.begin(self.provider.name(), data)?;
                }
                message.iter().for_each(|message| self.note(message));
            }
            "message_delta" => {
                self.state.open();
                self.note_usage(event.usage);
                let delta = event.delta.0.as_ref();
                let reason = delta.and_then(|delta| delta.stop_reason.get());
                self.stop(reason, data, out);
            }
            "message_stop" | "ping" => {}
            "error" => return Err(error_body::in_response(self.provider, data)),
            _ => match error_body::find_in_response(self.provider, data) {
                Some(error) => return Err(error),
                None => self.state.unknown_events += 1,
            },
        }
        Ok(())
    }

    /// The blocks of a whole response; a server may have only text, or one block.
    fn content(&mut self, content: &Written<'_>, out: &mut EventBatch) {
        let sink = &mut self.state.writer.sink(out);
        sink.push_text(content.get().unwrap_or_default());
        let Some(raw) = content.other() else { return };
        let list: Option<Vec<&RawValue>> = serde_json::from_str(raw).ok();
        let one: Option<&RawValue> = serde_json::from_str(raw).ok();
        for raw in list.unwrap_or_else(|| one.into_iter().collect()) {
            match json::parse(raw.get(), &mut String::new()) {
                Ok(Value::Object(fields)) => {
                    let mut repaired = String::new();
                    let mut place = Maybe::<Input<'_>>::default();
                    let block = lenient_json::parse(raw.get(), &mut repaired, &mut place).ok();
                    let input = block.and_then(|block| block.input);
                    let input = input.map_or("", RawValue::get);
                    self.blocks.whole(fields, input, sink);
                }
                Ok(Value::String(text)) => sink.push_text(&text),
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// A proxy may send the beginning twice. Behind content it could not be told from another
    /// response, whose text would follow.
    fn is_repeated(&mut self, message: &Message<'_>) -> bool {
        let start = self.state.writer.start();
        let id = start.and_then(|start| start.id.as_deref());
        id.is_some() && id == message.id.get()
    }

    /// Id, model, and the first count of tokens.
    fn note(&mut self, message: &Message<'_>) {
        if let Some(start) = self.state.writer.start() {
            start.id = message.id.get().map(str::to_owned).or(start.id.take());
            if let Some(model) = message.model.get() {
                model.clone_into(&mut start.model);
            }
        }
        self.note_usage(message.usage);
    }

    fn note_usage(&mut self, usage: Option<&RawValue>) {
        if let Some(usage) = usage.and_then(|raw| json::parse_object(raw.get())) {
            // Behind a compaction the counts are those of the last of several iterations, so that a
            // zero is one (Anthropic's guide to compaction). Gateways' zeros are not.
            if has_iterations(&usage) {
                let recounted = |name: &String| usage.get(name).is_some_and(|new| !new.is_null());
                self.usage.retain(|name, _| !recounted(name));
            }
            token_counts::merge(&mut self.usage, usage);
        }
    }

    /// Why the model stopped, and what stands beside it in the event, or in the whole response.
    fn stop(&mut self, reason: Option<&str>, text: &str, out: &mut EventBatch) {
        if let Some(reason) = reason {
            self.state.finish_reason = Some(reason.to_owned());
        }
        let fields = json::parse_object(text).unwrap_or_default();
        self.state.writer.extend(parts::beside_stop(fields), out);
    }
}

fn has_iterations(usage: &Map<String, Value>) -> bool {
    let iterations = usage.get("iterations").and_then(Value::as_array);
    iterations.is_some_and(|iterations| iterations.len() > 1)
}
