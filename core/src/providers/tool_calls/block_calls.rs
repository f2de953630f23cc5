//! The calls of a response in which each call has a block of its own, so that nothing has to be
//! assembled from pieces that may belong to several. Owns the dense index that callers see, and
//! when a call is whole. How a wire spells a block is in its `tool_calls`.

use serde_json::{Map, Value};

use super::{Arguments, CallIdGenerator};
use crate::event::{Event, ToolCall, ToolDelta};
use crate::providers::completion::ToolCallsState;

/// A call that is being written.
#[derive(Debug)]
pub(crate) struct BlockCall {
    index: u32,
    id: String,
    /// The id is the provider's own.
    has_own_id: bool,
    name: String,
    arguments: Arguments,
}

/// The calls of one response.
#[derive(Debug)]
pub(crate) struct BlockCalls {
    count: u32,
    ids: CallIdGenerator,
    /// Ended, but no JSON: whole unless the response met a limit.
    doubtful: Vec<ToolCall>,
}

impl BlockCalls {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            count: 0,
            ids: CallIdGenerator::new(seed),
            doubtful: Vec::new(),
        }
    }

    /// Whether there were calls, also once they were handed over.
    pub(crate) fn had_any(&self) -> bool {
        self.count > 0
    }

    /// What the calls have come to, with those whose blocks are still open.
    pub(crate) fn state<'c>(
        &self,
        mut open: impl Iterator<Item = &'c BlockCall>,
    ) -> ToolCallsState {
        let are_whole = open.all(|call| call.arguments.are_whole());
        ToolCallsState::new(self.had_any(), are_whole && self.doubtful.is_empty())
    }

    /// Begins a call; its id may be empty, as on servers that send none.
    pub(crate) fn begin(&mut self, own_id: &str, name: &str) -> BlockCall {
        let index = self.count;
        self.count = self.count.saturating_add(1);
        let id = self.ids.give(own_id);
        BlockCall {
            index,
            has_own_id: id == own_id,
            id,
            name: name.to_owned(),
            arguments: Arguments::default(),
        }
    }

    /// Ends a call at the end of its block: the call and its input, unless that may have been cut.
    pub(crate) fn end(&mut self, call: BlockCall) -> Option<(ToolCall, Value)> {
        let call = call.finish();
        match serde_json::from_str(&call.arguments) {
            Ok(input) => Some((call, input)),
            Err(_) => {
                self.doubtful.push(call);
                None
            }
        }
    }

    /// The calls that were not handed over yet. Where the response met a limit, what is not JSON
    /// was cut, and is left out.
    pub(crate) fn close(
        &mut self,
        open: impl Iterator<Item = BlockCall>,
        cut: bool,
    ) -> impl Iterator<Item = Event> {
        let mut calls = std::mem::take(&mut self.doubtful);
        calls.retain(|_| !cut);
        let open = open.filter(|call| !cut || call.arguments.are_json());
        calls.extend(open.map(BlockCall::finish));
        calls.into_iter().map(Event::ToolCall)
    }
}

impl BlockCall {
    /// The first delta, which names the call.
    pub(crate) fn named(&self) -> Event {
        Event::ToolDelta(ToolDelta {
            index: self.index,
            id: self.has_own_id.then(|| self.id.clone()),
            name: Some(self.name.clone()),
            arguments: String::new(),
        })
    }

    /// Adds a piece of the arguments.
    pub(crate) fn add(&mut self, piece: &str) -> Event {
        self.arguments.push(piece);
        Event::ToolDelta(ToolDelta {
            index: self.index,
            id: None,
            name: None,
            arguments: piece.to_owned(),
        })
    }

    /// Adds the input that stood in the beginning of the block, as some servers give it, unless
    /// pieces came.
    pub(crate) fn add_given(&mut self, input: Option<&Value>) -> Option<Event> {
        let is_given = |input: &Value| input.as_object().is_some_and(|input| !input.is_empty());
        let input = input.filter(|input| is_given(input) && self.arguments.is_empty())?;
        Some(self.add(&input.to_string()))
    }

    /// Takes all arguments at once, as a whole response has them.
    pub(crate) fn set(&mut self, arguments: &str) {
        self.arguments = Arguments::default();
        self.arguments.push(arguments);
    }

    fn finish(self) -> ToolCall {
        ToolCall {
            index: self.index,
            id: self.id,
            name: self.name,
            arguments: self.arguments.finish(),
            extra: Map::new(),
        }
    }
}
