//! Tool calls as items of the output: functions, and tools that take free text. Owns their
//! spellings; what belongs to which call is the assembler's.

use serde_json::{Map, Value};

use super::parts::text_of;
use crate::event::Event;
use crate::providers::tool_calls::{Piece, ToolCallAssembler, FREE_TEXT};

/// Whether an item is a call that the caller has to make.
pub(super) fn is_call(kind: &str) -> bool {
    matches!(kind, "function_call" | "custom_tool_call")
}

/// The calls of one response.
#[derive(Debug)]
pub(super) struct ResponseCalls {
    pub(super) calls: ToolCallAssembler,
    begun: Vec<Begun>,
}

/// What came of a call.
#[derive(Debug, Default)]
struct Begun {
    /// Its place in the output.
    index: Option<u64>,
    is_named: bool,
    has_arguments: bool,
}

impl ResponseCalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            calls: ToolCallAssembler::new(seed),
            begun: Vec::new(),
        }
    }

    /// Looks at what came of a call, and changes it.
    fn with<T>(&mut self, index: Option<u64>, change: impl FnOnce(&mut Begun) -> T) -> T {
        let known = self.begun.iter_mut().rfind(|call| call.index == index);
        if let Some(call) = known {
            return change(call);
        }
        let mut call = Begun {
            index,
            ..Begun::default()
        };
        let result = change(&mut call);
        self.begun.push(call);
        result
    }

    /// A call begins: its id and its name. Its arguments follow, whatever stands in their place.
    pub(super) fn open(&mut self, index: Option<u64>, item: &Map<String, Value>) -> Option<Event> {
        self.with(index, |call| call.is_named = true);
        self.calls.begin_list();
        let piece = Piece {
            arguments: "",
            ..piece(index, item)
        };
        self.calls.add(piece, extra(item))
    }

    /// The next piece of a call's arguments.
    pub(super) fn add(&mut self, index: Option<u64>, arguments: &str) -> Option<Event> {
        self.with(index, |call| call.has_arguments |= !arguments.is_empty());
        self.calls.begin_list();
        let piece = Piece {
            index,
            arguments,
            ..Piece::default()
        };
        self.calls.add(piece, Map::new())
    }

    /// All arguments of a call, unless they came in pieces.
    pub(super) fn add_all(&mut self, index: Option<u64>, arguments: &str) -> Option<Event> {
        match self.with(index, |call| call.has_arguments) {
            true => None,
            false => self.add(index, arguments),
        }
    }

    /// A call as it ended in a stream: what of it did not come.
    pub(super) fn close(&mut self, index: Option<u64>, item: &Map<String, Value>) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.with(index, |call| call.is_named) {
            events.extend(self.open(index, item));
        }
        let rest = self.add_all(index, piece(index, item).arguments);
        events.extend(rest);
        events
    }

    /// A call of a whole response.
    pub(super) fn add_whole(&mut self, index: Option<u64>, item: &Map<String, Value>) {
        self.calls.add_whole(piece(index, item), extra(item));
    }
}

/// A call is answered by its `call_id`; the `id` is that of the item.
fn piece(index: Option<u64>, item: &Map<String, Value>) -> Piece<'_> {
    let text = |name: &str| Some(text_of(item, name)).filter(|text| !text.is_empty());
    Piece {
        index,
        id: text("call_id").or(text("id")),
        name: text("name"),
        arguments: text("arguments").or(text("input")).unwrap_or_default(),
        ..Piece::default()
    }
}

/// What else a call is known by: that its arguments are free text, and the namespace of its name.
fn extra(item: &Map<String, Value>) -> Map<String, Value> {
    let mut extra = Map::new();
    if text_of(item, "type") == "custom_tool_call" {
        let (name, value) = FREE_TEXT;
        extra.insert(name.to_owned(), Value::from(value));
    }
    let namespace = item.get("namespace").filter(|name| name.is_string());
    extra.extend(namespace.map(|name| ("namespace".to_owned(), name.clone())));
    extra
}
