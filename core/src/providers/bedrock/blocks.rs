//! The blocks of a response that are open, and what each becomes: text and reasoning are handed
//! over as they come; blocks that the provider needs back unchanged are handed over whole at their
//! end. Owns the blocks between their start and their stop. Text needs no such state.

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::{Delta, Reasoning, WholeBlock};
use super::{parts, tool_calls};
use crate::event::Event;
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::event_writer::EventSink;
use crate::providers::lenient_json::{self, Maybe};
use crate::providers::tool_calls::block_calls::{BlockCall, BlockCalls};

#[derive(Debug)]
struct Block {
    index: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Call(BlockCall, Map<String, Value>),
    /// A call that AWS runs, and its input as far as it came.
    ServerCall(Map<String, Value>, String),
    /// The result of such a call.
    ServerResult(Map<String, Value>, Vec<Value>),
    Reasoning(ReasoningBlock),
    Image(Map<String, Value>),
}

#[derive(Debug, Default)]
struct ReasoningBlock {
    text: String,
    signature: String,
    redacted: String,
}

#[derive(Debug)]
pub(super) struct Blocks {
    open: Vec<Block>,
    calls: BlockCalls,
}

impl Blocks {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            open: Vec::new(),
            calls: BlockCalls::new(seed),
        }
    }

    pub(super) fn calls_wait(&self) -> bool {
        self.calls.had_any()
    }

    /// What the calls have come to.
    pub(super) fn tool_calls_state(&self) -> ToolCallsState {
        let open = self.open.iter().filter_map(|block| match &block.kind {
            Kind::Call(call, _) => Some(call),
            _ => None,
        });
        self.calls.state(open)
    }

    /// A block begins; one of text may say so with nothing in it. False: of an unknown kind.
    pub(super) fn start(
        &mut self,
        index: u64,
        mut start: Map<String, Value>,
        out: &mut EventSink<'_>,
    ) -> bool {
        // A server that leaves out the ends of its blocks, or has one number for all.
        self.stop(index, out);
        let is_text = start.is_empty();
        let mut fields = |kind: &str| match start.get_mut(kind)? {
            Value::Object(fields) => Some(std::mem::take(fields)),
            _ => None,
        };
        let kind = if let Some(fields) = fields("toolUse") {
            match is_server_call(&fields) {
                true => Kind::ServerCall(fields, String::new()),
                false => {
                    let call = tool_calls::begin(&mut self.calls, &fields);
                    out.push(call.named());
                    Kind::Call(call, fields)
                }
            }
        } else if let Some(fields) = fields("toolResult") {
            Kind::ServerResult(fields, Vec::new())
        } else if let Some(fields) = fields("image") {
            Kind::Image(fields)
        } else {
            return is_text;
        };
        self.open.push(Block { index, kind });
        true
    }

    /// Something is new in a block. False: what it is, is unknown.
    pub(super) fn delta(&mut self, index: u64, delta: &Delta<'_>, out: &mut EventSink<'_>) -> bool {
        if let Some(text) = delta.text.as_written() {
            out.push_text(text);
            return true;
        }
        let value =
            |raw: Option<&RawValue>| json::parse::<Value>(raw?.get(), &mut String::new()).ok();
        if let Some(reasoning) = &delta.reasoning.0 {
            return self.reasoning_delta(index, reasoning, out);
        }
        if let Some(tool_use) = &delta.tool_use.0 {
            let piece = tool_use.input.as_written().unwrap_or_default();
            match self.kind_at(index) {
                Some(Kind::Call(call, _)) if !piece.is_empty() => out.push(call.add(piece)),
                Some(Kind::Call(..)) => {}
                Some(Kind::ServerCall(_, input)) => input.push_str(piece),
                _ => return false,
            }
            return true;
        }
        if let Some(citation) = value(delta.citation) {
            out.extend(parts::citation(citation));
            return true;
        }
        if let Some(piece) = value(delta.tool_result) {
            let Some(Kind::ServerResult(_, content)) = self.kind_at(index) else {
                return false;
            };
            match piece {
                Value::Array(list) => content.extend(list),
                one => content.push(one),
            }
            return true;
        }
        match (value(delta.image), self.kind_at(index)) {
            (Some(Value::Object(piece)), Some(Kind::Image(fields))) => {
                add_image(fields, piece);
                true
            }
            // An empty text is nothing new.
            _ => !delta.text.is_absent(),
        }
    }

    fn reasoning_delta(
        &mut self,
        index: u64,
        piece: &Reasoning<'_>,
        out: &mut EventSink<'_>,
    ) -> bool {
        if !matches!(self.kind_at(index), Some(Kind::Reasoning(_))) {
            let kind = Kind::Reasoning(ReasoningBlock::default());
            self.open.push(Block { index, kind });
        }
        // The newest of this index.
        let mut open = self.open.iter_mut().rev();
        let block = open.find_map(|block| match &mut block.kind {
            Kind::Reasoning(block_kind) if block.index == index => Some(block_kind),
            _ => None,
        });
        if let Some(block) = block {
            block.add(piece, out);
        }
        true
    }

    fn kind_at(&mut self, index: u64) -> Option<&mut Kind> {
        let mut open = self.open.iter_mut().rev();
        let block = open.find(|block| block.index == index)?;
        Some(&mut block.kind)
    }

    /// A block is whole.
    pub(super) fn stop(&mut self, index: u64, out: &mut EventSink<'_>) {
        while let Some(at) = self.open.iter().position(|block| block.index == index) {
            let block = self.open.remove(at);
            self.end(block.kind, out);
        }
    }

    fn end(&mut self, kind: Kind, out: &mut EventSink<'_>) {
        match kind {
            Kind::Call(mut call, fields) => {
                out.extend(call.add_given(fields.get("input")));
                self.end_call(call, out);
            }
            Kind::ServerCall(mut fields, input) => {
                if !input.is_empty() {
                    let value = serde_json::from_str(&input).unwrap_or(Value::String(input));
                    fields.insert("input".to_owned(), value);
                }
                out.push(parts::content("toolUse", Value::Object(fields)));
            }
            Kind::ServerResult(mut fields, content) => {
                if !content.is_empty() {
                    fields.insert("content".to_owned(), Value::Array(content));
                }
                out.push(parts::content("toolResult", Value::Object(fields)));
            }
            Kind::Reasoning(block) => out.extend(block.part()),
            Kind::Image(fields) => out.push(parts::image(fields)),
        }
    }

    fn end_call(&mut self, call: BlockCall, out: &mut EventSink<'_>) {
        let ended = self.calls.end(call);
        out.extend(ended.map(|(call, _)| Event::ToolCall(call)));
    }

    /// The model has stopped: what has no end of its own ends here, but for calls, which may have
    /// been cut.
    pub(super) fn stop_all_but_calls(&mut self, out: &mut EventSink<'_>) {
        let (calls, others) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|block| matches!(block.kind, Kind::Call(..)));
        self.open = calls;
        let others: Vec<Block> = others;
        others
            .into_iter()
            .for_each(|block| self.end(block.kind, out));
    }

    /// A block of a whole response; `raw` is the same as it is written. False: of an unknown kind.
    pub(super) fn whole(
        &mut self,
        fields: Map<String, Value>,
        raw: &str,
        out: &mut EventSink<'_>,
    ) -> bool {
        let mut repaired = String::new();
        let mut place = Maybe::<WholeBlock<'_>>::default();
        let Ok(block) = lenient_json::parse(raw, &mut repaired, &mut place) else {
            return false;
        };
        if let Some(text) = block.text.as_written() {
            out.push_text(text);
            return true;
        }
        if let Some(piece) = &block.reasoning.0 {
            let mut reasoning = ReasoningBlock::default();
            reasoning.add(piece, out);
            out.extend(reasoning.part());
            return true;
        }
        let input = block.tool_use.0.as_ref().and_then(|call| call.input);
        let mut known = false;
        for (kind, value) in fields {
            known |= self.whole_of_kind(&kind, value, input, out);
        }
        known || !block.text.is_absent()
    }

    fn whole_of_kind(
        &mut self,
        kind: &str,
        value: Value,
        input: Option<&RawValue>,
        out: &mut EventSink<'_>,
    ) -> bool {
        let Value::Object(fields) = value else {
            return false;
        };
        match kind {
            "toolUse" if !is_server_call(&fields) => {
                let mut call = tool_calls::begin(&mut self.calls, &fields);
                call.set(&tool_calls::arguments(input.map_or("", RawValue::get)));
                self.end_call(call, out);
            }
            "toolUse" | "toolResult" => out.push(parts::content(kind, Value::Object(fields))),
            "citationsContent" => {
                let list = |name: &str| fields.get(name).and_then(Value::as_array);
                for content in list("content").into_iter().flatten() {
                    let text = content.get("text").and_then(Value::as_str);
                    out.push_text(text.unwrap_or_default());
                }
                let citations = list("citations").into_iter().flatten().cloned();
                out.extend(citations.filter_map(parts::citation));
            }
            "image" => out.push(parts::image(fields)),
            _ => return false,
        }
        true
    }

    /// The response is complete. A call without its stop was cut, and may still be whole.
    pub(super) fn close(&mut self, cut: bool, out: &mut EventSink<'_>) {
        let open = std::mem::take(&mut self.open).into_iter();
        let calls = open.filter_map(|block| match block.kind {
            Kind::Call(call, _) => Some(call),
            _ => None,
        });
        out.extend(self.calls.close(calls, cut));
    }
}

impl ReasoningBlock {
    fn add(&mut self, piece: &Reasoning<'_>, out: &mut EventSink<'_>) {
        let whole = piece.whole.0.as_ref();
        let text = piece.text.get().or_else(|| whole?.text.get());
        let text = text.unwrap_or_default();
        out.push_reasoning(text);
        self.text.push_str(text);
        let signature = piece.signature.get().or_else(|| whole?.signature.get());
        self.signature.push_str(signature.unwrap_or_default());
        if let Some(redacted) = piece.redacted.get() {
            self.redacted = joined(std::mem::take(&mut self.redacted), redacted);
        }
    }

    fn part(&self) -> Option<Event> {
        parts::reasoning(&self.text, &self.signature, &self.redacted)
    }
}

/// Two pieces of bytes, each in base64 of its own.
fn joined(earlier: String, later: &str) -> String {
    if earlier.is_empty() {
        return later.to_owned();
    }
    let decode = |text: &str| BASE64_STANDARD.decode(text).ok();
    match (decode(&earlier), decode(later)) {
        (Some(bytes), Some(more)) => BASE64_STANDARD.encode([bytes, more].concat()),
        _ => earlier + later,
    }
}

/// Bytes of an image add up, everything else replaces.
fn add_image(fields: &mut Map<String, Value>, piece: Map<String, Value>) {
    let bytes = |fields: &Map<String, Value>| {
        let bytes = fields.get("source")?.get("bytes")?.as_str();
        bytes.map(str::to_owned)
    };
    let earlier = bytes(fields);
    let later = bytes(&piece);
    fields.extend(piece);
    if let (Some(earlier), Some(later)) = (earlier, later) {
        if let Some(Value::Object(source)) = fields.get_mut("source") {
            source.insert("bytes".to_owned(), Value::from(joined(earlier, &later)));
        }
    }
}

/// Whether AWS runs it: Nova's grounding, the code interpreter.
fn is_server_call(fields: &Map<String, Value>) -> bool {
    fields.get("type").and_then(Value::as_str) == Some("server_tool_use")
}
