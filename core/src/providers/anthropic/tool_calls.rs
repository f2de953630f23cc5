//! The calls of one response that are for the caller's tools. Owns the dense index that callers
//! see, when a call is whole, and which calls also have to go back as blocks because their place or
//! their fields hold more than a call of ours can. Each has a block of its own, so nothing has to
//! be assembled from pieces that may belong to several.

use serde_json::{Map, Value};

use super::parts::content;
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
    /// Some call was not made by code that runs at the provider, and so waits for a result.
    wait: bool,
    /// Ended, but no JSON: whole unless the response met a limit.
    doubtful: Vec<event::ToolCall>,
    /// Blocks of calls after which nothing else came yet.
    last: Vec<Map<String, Value>>,
}

impl ToolCalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            count: 0,
            ids: CallIdGenerator::new(seed),
            wait: false,
            doubtful: Vec::new(),
            last: Vec::new(),
        }
    }

    pub(super) fn wait(&self) -> bool {
        self.wait
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
        self.wait |= is_direct(block);
        let id = self.ids.give(text("id"));
        ToolCall {
            index,
            has_own_id: id == text("id"),
            id,
            name: text("name").to_owned(),
            arguments: Arguments::default(),
        }
    }

    /// Ends a call at the end of its block.
    pub(super) fn end(&mut self, call: ToolCall, mut block: Map<String, Value>) -> Vec<Event> {
        let call = call.finish();
        let Ok(input) = serde_json::from_str::<Value>(&call.arguments) else {
            self.doubtful.push(call);
            return Vec::new();
        };
        block.insert("id".to_owned(), Value::from(call.id.as_str()));
        block.insert("input".to_owned(), input);
        let is_direct = is_direct(&block);
        self.last.push(block);
        let mut events = vec![Event::ToolCall(call)];
        if !is_direct {
            events.extend(self.passed());
        }
        events
    }

    /// Something else follows the last calls: the reducers keep calls behind all content, so these
    /// have to keep their place as blocks.
    pub(super) fn passed(&mut self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut self.last).into_iter().map(content)
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
        self.arguments.push(arguments);
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

/// Whether the model itself calls, and not code that it runs at the provider.
fn is_direct(block: &Map<String, Value>) -> bool {
    let caller = block.get("caller").and_then(|caller| caller.get("type"));
    caller
        .and_then(Value::as_str)
        .is_none_or(|kind| kind == "direct")
}
