//! Tool calls in Anthropic's spelling. Owns which of them wait for the caller's result, and which
//! also have to go back as blocks because their place or their fields hold more than a call of ours
//! can.

use serde_json::{Map, Value};

use super::parts::content;
use crate::event::Event;
use crate::providers::tool_calls::block_calls::{BlockCall, BlockCalls};

/// The calls of one response that are for the caller's tools.
#[derive(Debug)]
pub(super) struct ToolCalls {
    pub(super) calls: BlockCalls,
    /// Some call was not made by code that runs at the provider, and so waits for a result.
    wait: bool,
    /// Blocks of calls after which nothing else came yet.
    last: Vec<Map<String, Value>>,
}

impl ToolCalls {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            calls: BlockCalls::new(seed),
            wait: false,
            last: Vec::new(),
        }
    }

    pub(super) fn wait(&self) -> bool {
        self.wait
    }

    /// Begins a call with what its block has.
    pub(super) fn begin(&mut self, block: &Map<String, Value>) -> BlockCall {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        self.wait |= is_direct(block);
        self.calls.begin(text("id"), text("name"))
    }

    /// Ends a call at the end of its block.
    pub(super) fn end(&mut self, call: BlockCall, mut block: Map<String, Value>) -> Vec<Event> {
        let Some((call, input)) = self.calls.end(call) else {
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
}

/// Whether the model itself calls, and not code that it runs at the provider.
fn is_direct(block: &Map<String, Value>) -> bool {
    let caller = block.get("caller").and_then(|caller| caller.get("type"));
    caller
        .and_then(Value::as_str)
        .is_none_or(|kind| kind == "direct")
}
