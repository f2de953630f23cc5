//! Tool calls being put together from deltas. Owns the rules for what belongs to which call, which
//! differ between servers, and the dense index that hosts see. Called by `decode`.

use serde_json::value::RawValue;

use super::wire::{CallDelta, FunctionDelta};
use crate::event::{Event, ToolCall, ToolDelta};
use crate::providers::json;

/// By what a server tells one call from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Its `index`.
    Index(u64),
    /// Nothing: by the id, else by the name that begins a call.
    Unnumbered,
    /// The one call of the older form, `function_call`.
    Function,
}

#[derive(Debug)]
struct Call {
    slot: Slot,
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

    /// Whether the arguments of each are JSON that nothing can follow.
    pub(super) fn are_whole(&self) -> bool {
        self.0.iter().all(|call| json::is_closed(&call.arguments))
    }

    /// Takes a delta of `tool_calls`; what is new in it, if anything is.
    pub(super) fn add(&mut self, delta: &CallDelta<'_>) -> Option<Event> {
        let slot = delta.index.map_or(Slot::Unnumbered, Slot::Index);
        let none = FunctionDelta::default();
        let function = delta
            .function
            .as_ref()
            .or(delta.custom.as_ref())
            .unwrap_or(&none);
        self.add_to(slot, delta.id.get(), function)
    }

    /// Takes a delta of `function_call`.
    pub(super) fn add_function(&mut self, function: &FunctionDelta<'_>) -> Option<Event> {
        self.add_to(Slot::Function, None, function)
    }

    fn add_to(
        &mut self,
        slot: Slot,
        id: Option<&str>,
        function: &FunctionDelta<'_>,
    ) -> Option<Event> {
        let name = function.name.get();
        let arguments = function
            .arguments
            .or(function.input)
            .and_then(arguments_text);
        let arguments = arguments.unwrap_or_default();
        let position = match self.position(slot, id, name) {
            Some(position) => position,
            // What says nothing begins nothing: hosts hear of every index before the next one.
            None if id.is_none() && name.is_none() && arguments.is_empty() => return None,
            None => {
                let none = String::new;
                self.0.push(Call {
                    slot,
                    id: none(),
                    name: none(),
                    arguments: none(),
                });
                self.0.len() - 1
            }
        };
        let call = self.0.get_mut(position)?;
        // What is null, empty or said again never replaces what was said first.
        let id = id.filter(|_| call.id.is_empty()).map(str::to_owned);
        let name = name.filter(|_| call.name.is_empty()).map(str::to_owned);
        id.iter().for_each(|id| call.id.clone_from(id));
        name.iter().for_each(|name| call.name.clone_from(name));
        call.arguments.push_str(&arguments);
        if id.is_none() && name.is_none() && arguments.is_empty() {
            return None;
        }
        let index = u32::try_from(position).ok()?;
        Some(Event::ToolDelta(ToolDelta {
            index,
            id,
            name,
            arguments,
        }))
    }

    /// The call that a delta continues; `None` if it begins one.
    fn position(&self, slot: Slot, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let same_id = |call: &Call| id.is_none_or(|id| call.id.is_empty() || call.id == id);
        match slot {
            // A new id on an old index begins a new call.
            Slot::Index(_) | Slot::Function => {
                let position = self.0.iter().rposition(|call| call.slot == slot)?;
                self.0
                    .get(position)
                    .filter(|call| same_id(call))
                    .map(|_| position)
            }
            Slot::Unnumbered => match (id, name) {
                (Some(id), _) => self.0.iter().rposition(|call| call.id == id),
                (None, Some(_)) => None,
                (None, None) => self.0.len().checked_sub(1),
            },
        }
    }

    /// The finished calls. `cut` says that the answer met a limit: a last call whose arguments are
    /// no JSON then was not finished, and is left out.
    pub(super) fn finish(&mut self, cut: bool) -> impl Iterator<Item = Event> {
        let mut calls = std::mem::take(&mut self.0);
        calls.pop_if(|last| cut && !json::is_json(&last.arguments));
        calls.into_iter().zip(0..).map(|(call, index)| {
            let Call {
                id,
                name,
                mut arguments,
                ..
            } = call;
            if arguments.is_empty() {
                arguments.push_str("{}");
            }
            Event::ToolCall(ToolCall {
                index,
                id,
                name,
                arguments,
            })
        })
    }
}

/// Arguments are text; an object is taken as the text that it is.
fn arguments_text(raw: &RawValue) -> Option<String> {
    match raw.get().bytes().next()? {
        b'"' => json::parse(raw.get(), &mut String::new()).ok(),
        b'n' => None,
        _ => Some(raw.get().to_owned()),
    }
}
