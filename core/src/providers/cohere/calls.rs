//! Tool calls being put together, in either version of the wire. Owns the dense index that hosts
//! see, the ids that v1 does not have, and what empty arguments mean. Called by the decoders.

use crate::event::{Event, ToolCall, ToolDelta};
use crate::providers::{ending, json};

#[derive(Debug)]
struct Call {
    /// The server's number of the call.
    slot: u64,
    id: String,
    name: String,
    arguments: String,
}

/// The calls of one answer, in the order in which they appeared.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What the calls have come to.
    pub(super) fn seen(&self) -> ending::Calls {
        let are_whole = self.0.iter().all(|call| json::is_closed(&call.arguments));
        ending::Calls::new(!self.is_empty(), are_whole)
    }

    /// Which call a delta belongs to; the number of calls if it begins one. Without a slot an id or
    /// a name begins a call, and anything else belongs to the last one.
    pub(super) fn position(&self, slot: Option<u64>, is_named: bool) -> usize {
        let known = match slot {
            Some(slot) => self.0.iter().rposition(|call| call.slot == slot),
            None if is_named => None,
            None => self.0.len().checked_sub(1),
        };
        known.unwrap_or(self.0.len())
    }

    /// Begins a call or adds to one; what is new in it, if anything is.
    pub(super) fn add(
        &mut self,
        slot: Option<u64>,
        id: Option<&str>,
        name: Option<&str>,
        arguments: &str,
    ) -> Option<Event> {
        let position = self.position(slot, id.is_some() || name.is_some());
        if position == self.0.len() {
            // What says nothing begins nothing: hosts hear of every index before the next one.
            if id.is_none() && name.is_none() && arguments.is_empty() {
                return None;
            }
            let [id, name, arguments] = [const { String::new() }; 3];
            self.0.push(Call {
                slot: slot.unwrap_or(position as u64),
                id,
                name,
                arguments,
            });
        }
        let index = u32::try_from(position).ok()?;
        let call = self.0.get_mut(position)?;
        // What is said again never replaces what was said first.
        let id = id.filter(|_| call.id.is_empty()).map(str::to_owned);
        let name = name.filter(|_| call.name.is_empty()).map(str::to_owned);
        id.iter().for_each(|id| call.id.clone_from(id));
        name.iter().for_each(|name| call.name.clone_from(name));
        call.arguments.push_str(arguments);
        if id.is_none() && name.is_none() && arguments.is_empty() {
            return None;
        }
        Some(Event::ToolDelta(ToolDelta {
            index,
            id,
            name,
            arguments: arguments.to_owned(),
        }))
    }

    /// The finished calls. `cut` says that the answer met a limit: a last call whose arguments are
    /// no JSON then was not finished, and is left out.
    pub(super) fn finish(&mut self, cut: bool) -> impl Iterator<Item = Event> {
        let mut calls = std::mem::take(&mut self.0);
        calls.pop_if(|last| cut && !json::is_json(&last.arguments));
        calls.into_iter().zip(0..).map(|(call, index)| {
            // A tool without parameters is called with either.
            let is_nothing = matches!(call.arguments.trim(), "" | "null");
            Event::ToolCall(ToolCall {
                index,
                id: call.id,
                name: call.name,
                arguments: match is_nothing {
                    true => "{}".to_owned(),
                    false => call.arguments,
                },
            })
        })
    }
}
