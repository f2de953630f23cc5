//! The blocks of a response that are open, and what each becomes: text and reasoning are handed
//! over as they come; blocks that the provider needs back unchanged are handed over whole at their
//! end. Owns the blocks between their start and their stop.

use serde_json::{Map, Value};

use super::parts;
use super::tool_calls::ToolCalls;
use super::wire::Delta;
use crate::json;
use crate::providers::completion::ToolCallsState;
use crate::providers::event_writer::EventSink;
use crate::providers::tool_calls::block_calls::BlockCall;

#[derive(Debug)]
struct Block {
    index: u64,
    kind: Kind,
    /// As it began; what deltas add is added here.
    fields: Map<String, Value>,
    /// The input of a server's tool, as far as it came.
    input: String,
}

#[derive(Debug)]
enum Kind {
    Text,
    Call(BlockCall),
    /// Thinking, what the provider's own tools do, and every kind that is new to us.
    Whole,
}

#[derive(Debug)]
pub(super) struct Blocks {
    open: Vec<Block>,
    calls: ToolCalls,
}

impl Blocks {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            open: Vec::new(),
            calls: ToolCalls::new(seed),
        }
    }

    pub(super) fn calls_wait(&self) -> bool {
        self.calls.wait()
    }

    /// What the calls have come to.
    pub(super) fn tool_calls_state(&self) -> ToolCallsState {
        let open = self.open.iter().filter_map(|block| match &block.kind {
            Kind::Call(call) => Some(call),
            Kind::Text | Kind::Whole => None,
        });
        self.calls.calls.state(open)
    }

    /// A block begins; some kinds come whole in their beginning.
    pub(super) fn start(
        &mut self,
        index: u64,
        fields: Map<String, Value>,
        out: &mut EventSink<'_>,
    ) {
        // A server that leaves out the ends of its blocks, or has one number for all.
        self.stop(index, out);
        let kind = self.kind(&fields, out);
        let mut block = Block {
            index,
            kind,
            fields,
            input: String::new(),
        };
        match &block.kind {
            Kind::Text => {
                out.extend(parts::take_citations(&mut block.fields));
                out.push_text(text(&block.fields, "text"));
                block.fields.clear();
            }
            Kind::Call(call) => out.push(call.named()),
            Kind::Whole => out.push_reasoning(thinking(&block.fields)),
        }
        self.open.push(block);
    }

    /// A block of a whole response; `input` is that of a call, as the model wrote it.
    pub(super) fn whole(
        &mut self,
        mut fields: Map<String, Value>,
        input: &str,
        out: &mut EventSink<'_>,
    ) {
        match self.kind(&fields, out) {
            Kind::Text => {
                out.push_text(text(&fields, "text"));
                out.extend(parts::take_citations(&mut fields));
            }
            Kind::Call(mut call) => {
                call.set(input);
                out.extend(self.calls.end(call, fields));
            }
            Kind::Whole => {
                out.push_reasoning(thinking(&fields));
                out.push(parts::content(fields));
            }
        }
    }

    fn kind(&mut self, fields: &Map<String, Value>, out: &mut EventSink<'_>) -> Kind {
        let kind = match text(fields, "type") {
            "" if fields.contains_key("text") => "text",
            kind => kind,
        };
        if kind == "tool_use" {
            return Kind::Call(self.calls.begin(fields));
        }
        out.extend(self.calls.passed());
        match kind {
            "text" | "output_text" => Kind::Text,
            _ => Kind::Whole,
        }
    }

    /// Whether a block of text is open under this index.
    pub(super) fn is_text(&self, index: u64) -> bool {
        let block = self.open.iter().find(|block| block.index == index);
        block.is_some_and(|block| matches!(block.kind, Kind::Text))
    }

    /// Something is new in a block; `data` is the whole event. False: its type is unknown.
    pub(super) fn delta(
        &mut self,
        index: u64,
        delta: &Delta<'_>,
        data: &str,
        out: &mut EventSink<'_>,
    ) -> bool {
        let kind = delta.kind.get().unwrap_or_default();
        let Some(at) = self.open.iter().position(|block| block.index == index) else {
            return self.delta_without_start(index, delta, kind, out);
        };
        let Some(block) = self.open.get_mut(at) else {
            return false;
        };
        match (&mut block.kind, kind) {
            // Also inside a block of another kind: whatever it is, it is handed over.
            (Kind::Text | Kind::Call(_), "text_delta") => {
                out.push_text(delta.text.get().unwrap_or_default());
            }
            (Kind::Whole, "text_delta") if text(&block.fields, "type") == "thinking" => {
                out.push_text(delta.text.get().unwrap_or_default());
            }
            (Kind::Text | Kind::Call(_), "thinking_delta") => {
                out.push_reasoning(delta.thinking.get().unwrap_or_default());
            }
            (Kind::Text, "citations_delta") => {
                let citation =
                    whole_delta(data).and_then(|mut delta| delta.shift_remove("citation"));
                out.extend(citation.and_then(parts::citation));
            }
            (Kind::Call(call), "input_json_delta") => {
                let piece = delta.partial_json.as_written();
                out.extend(piece.map(|piece| call.add(piece)));
            }
            (Kind::Whole, "input_json_delta") => {
                block
                    .input
                    .push_str(delta.partial_json.as_written().unwrap_or_default());
            }
            (Kind::Whole, "thinking_delta") => {
                let piece = delta.thinking.get().unwrap_or_default();
                append(&mut block.fields, "thinking", piece);
                out.push_reasoning(piece);
            }
            (Kind::Whole, _) => merge(&mut block.fields, whole_delta(data).unwrap_or_default()),
            (Kind::Text | Kind::Call(_), _) => return false,
        }
        true
    }

    /// A server that leaves out the beginnings of its blocks.
    fn delta_without_start(
        &mut self,
        index: u64,
        delta: &Delta<'_>,
        kind: &str,
        out: &mut EventSink<'_>,
    ) -> bool {
        match kind {
            "text_delta" => out.push_text(delta.text.get().unwrap_or_default()),
            "thinking_delta" => {
                let piece = delta.thinking.get().unwrap_or_default();
                let fields = [("type", "thinking"), ("thinking", piece)];
                let fields = fields.map(|(name, value)| (name.to_owned(), Value::from(value)));
                self.start(index, Map::from_iter(fields), out);
            }
            _ => return false,
        }
        true
    }

    /// A block is whole.
    pub(super) fn stop(&mut self, index: u64, out: &mut EventSink<'_>) {
        let Some(at) = self.open.iter().position(|block| block.index == index) else {
            return;
        };
        let Block {
            kind,
            mut fields,
            input,
            ..
        } = self.open.remove(at);
        match kind {
            Kind::Text => {}
            Kind::Call(mut call) => {
                out.extend(call.add_given(fields.get("input")));
                out.extend(self.calls.end(call, fields));
            }
            Kind::Whole => {
                if !input.is_empty() {
                    let value = serde_json::from_str(&input).unwrap_or(Value::String(input));
                    fields.insert("input".to_owned(), value);
                }
                out.push(parts::content(fields));
            }
        }
    }

    /// The response is complete. A block without its stop was cut: only a call may still be whole.
    pub(super) fn close(&mut self, cut: bool, out: &mut EventSink<'_>) {
        let open = std::mem::take(&mut self.open).into_iter();
        let calls = open.filter_map(|block| match block.kind {
            Kind::Call(call) => Some(call),
            Kind::Text | Kind::Whole => None,
        });
        out.extend(self.calls.calls.close(calls, cut));
    }
}

/// What a delta adds to a block of which we only know that it goes back whole: text grows, the rest
/// replaces.
fn merge(fields: &mut Map<String, Value>, delta: Map<String, Value>) {
    for (name, value) in delta.into_iter().filter(|(name, _)| name != "type") {
        match (name.as_str(), value) {
            ("content" | "signature" | "text", Value::String(piece)) => {
                append(fields, &name, &piece)
            }
            (_, Value::Null) => {}
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

fn append(fields: &mut Map<String, Value>, name: &str, piece: &str) {
    match fields.get_mut(name) {
        Some(Value::String(text)) => text.push_str(piece),
        _ => {
            fields.insert(name.to_owned(), Value::from(piece));
        }
    }
}

fn whole_delta(data: &str) -> Option<Map<String, Value>> {
    let mut event = json::parse_object(data)?;
    match event.shift_remove("delta")? {
        Value::Object(delta) => Some(delta),
        _ => None,
    }
}

fn thinking(fields: &Map<String, Value>) -> &str {
    match text(fields, "type") {
        "thinking" => text(fields, "thinking"),
        // Not a value of Anthropic's.
        "reasoning" => ["reasoning", "text", "summary"]
            .iter()
            .map(|name| text(fields, name))
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        _ => "",
    }
}

fn text<'f>(fields: &'f Map<String, Value>, name: &str) -> &'f str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}
