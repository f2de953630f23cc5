//! The calls of one response that are for the caller's tools. Owns the dense index that callers see
//! and when a call is whole. Each has a block of its own, so nothing has to be assembled from
//! pieces that may belong to several.

use serde_json::{Map, Value};

use crate::event::{self, Event, ToolDelta};
use crate::providers::completion::ToolCallsState;
use crate::providers::tool_calls::{Arguments, CallIdGenerator};

/// A call that is being written.
#[derive(Debug)]
pub(super) struct ToolCall {
    index: u32,
    id: String,
    /// The id is the provider's own.
    has_own_id: bool,
    name: String,
    arguments: Arguments,
}

#[derive(Debug)]
pub(super) struct ToolCalls {
    count: u32,
    ids: CallIdGenerator,
    /// Ended, but no JSON: whole unless the response met a limit.
    doubtful: Vec<event::ToolCall>,
}

impl ToolCalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            count: 0,
            ids: CallIdGenerator::new(seed),
            doubtful: Vec::new(),
        }
    }

    /// Whether some call waits for the caller's result.
    pub(super) fn wait(&self) -> bool {
        self.count > 0
    }

    /// What the calls have come to, with those whose blocks are still open.
    pub(super) fn state<'c>(&self, mut open: impl Iterator<Item = &'c ToolCall>) -> ToolCallsState {
        let are_whole = open.all(|call| call.arguments.are_whole());
        ToolCallsState::new(self.count > 0, are_whole && self.doubtful.is_empty())
    }

    /// Begins a call with what its block has.
    pub(super) fn begin(&mut self, block: &Map<String, Value>) -> ToolCall {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        let index = self.count;
        self.count = self.count.saturating_add(1);
        let id = self.ids.give(text("toolUseId"));
        ToolCall {
            index,
            has_own_id: id == text("toolUseId"),
            id,
            name: text("name").to_owned(),
            arguments: Arguments::default(),
        }
    }

    /// Ends a call at the end of its block.
    pub(super) fn end(&mut self, call: ToolCall) -> Option<Event> {
        let call = call.finish();
        if serde_json::from_str::<Value>(&call.arguments).is_err() {
            self.doubtful.push(call);
            return None;
        }
        Some(Event::ToolCall(call))
    }

    /// The calls that were not handed over yet. Where the response met a limit, what is not JSON
    /// was cut, and is left out.
    pub(super) fn close(&mut self, open: Vec<ToolCall>, cut: bool) -> impl Iterator<Item = Event> {
        let mut calls = std::mem::take(&mut self.doubtful);
        let open = open
            .into_iter()
            .filter(|call| !cut || call.arguments.are_json());
        calls.retain(|_| !cut);
        calls.extend(open.map(ToolCall::finish));
        calls.into_iter().map(Event::ToolCall)
    }
}

impl ToolCall {
    /// The first delta, which names the call.
    pub(super) fn named(&self) -> Event {
        Event::ToolDelta(ToolDelta {
            index: self.index,
            id: self.has_own_id.then(|| self.id.clone()),
            name: Some(self.name.clone()),
            arguments: String::new(),
        })
    }

    /// Adds a piece of the arguments.
    pub(super) fn add(&mut self, piece: &str) -> Event {
        self.arguments.push(piece);
        Event::ToolDelta(ToolDelta {
            index: self.index,
            id: None,
            name: None,
            arguments: piece.to_owned(),
        })
    }

    /// All arguments at once, as a whole response has them.
    pub(super) fn set(&mut self, arguments: &str) {
        self.arguments = Arguments::default();
        // A model may have written no object; then the service hands its text on.
        match serde_json::from_str::<String>(arguments) {
            Ok(text) => self.arguments.push(&text),
            Err(_) => self.arguments.push(arguments),
        }
    }

    pub(super) fn is_without_arguments(&self) -> bool {
        self.arguments.is_empty()
    }

    fn finish(self) -> event::ToolCall {
        event::ToolCall {
            index: self.index,
            id: self.id,
            name: self.name,
            arguments: self.arguments.finish(),
            extra: Map::new(),
        }
    }
}
