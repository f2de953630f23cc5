//! The items of a request. Owns their form, and what an encoder knows of the calls before a result.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::message_parts::{TextPart, WirePart};
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::request::Message;

/// An item on its way out.
pub(super) enum Item<'m> {
    Message {
        role: &'static str,
        content: ItemContent<'m>,
        beside: Vec<(&'m str, &'m Value)>,
    },
    Call {
        kind: CallKind,
        id: Cow<'m, str>,
        name: &'m str,
        arguments: &'m str,
        namespace: Option<&'m Value>,
    },
    Output {
        kind: CallKind,
        id: Cow<'m, str>,
        content: ItemContent<'m>,
        beside: Vec<(&'m str, &'m Value)>,
    },
    /// Output of the provider's as it came, perhaps without its id.
    Native(&'m Map<String, Value>, bool),
    Written(WirePart<'m>),
}

/// How a tool takes its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    Function,
    FreeText,
}

pub(super) enum ItemContent<'m> {
    Text(&'m str),
    Parts(Vec<WirePart<'m>>),
    Reply(Vec<WirePart<'m>>, Vec<TextPart<'m>>),
}

/// What an encoder has seen of the calls before a result.
pub(super) struct Calls<'m> {
    names: RenamedCallIds,
    /// The last call with this id: its kind, and whether it went out as it came.
    seen: HashMap<&'m str, (CallKind, bool)>,
}

impl<'m> Calls<'m> {
    pub(super) fn of(rule: CallIdRule, messages: &'m [Message]) -> Self {
        Self {
            names: RenamedCallIds::of(rule, messages),
            seen: HashMap::new(),
        }
    }

    pub(super) fn see(&mut self, id: &'m str, kind: CallKind, is_native: bool) {
        self.seen.insert(id, (kind, is_native));
    }

    /// The kind of the call whose result a message is, and its id: that of a call which went out as
    /// it came has no other name.
    pub(super) fn result(&self, message: usize, own: &'m str) -> (CallKind, Cow<'m, str>) {
        let seen = self.seen.get(own).copied();
        let (kind, is_native) = seen.unwrap_or((CallKind::Function, false));
        match is_native {
            true => (kind, Cow::Borrowed(own)),
            false => (kind, self.names.of_result(message, own)),
        }
    }

    /// The id of a call as it goes out.
    pub(super) fn id(&self, message: usize, index: usize, own: &'m str) -> Cow<'m, str> {
        self.names.of_call(message, index, own)
    }
}

impl CallKind {
    /// The types of a call and of its output, and the field of its arguments.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Function => ("function_call", "function_call_output", "arguments"),
            Self::FreeText => ("custom_tool_call", "custom_tool_call_output", "input"),
        }
    }
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = match self {
            Self::Written(part) => return part.serialize(serializer),
            Self::Native(item, false) => return item.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        let nothing = Vec::new();
        let mut others = &nothing;
        match self {
            Self::Message {
                role,
                content,
                beside,
            } => {
                // llama.cpp tells a reply by it.
                if *role == "assistant" {
                    map.serialize_entry("type", "message")?;
                }
                map.serialize_entry("role", role)?;
                map.serialize_entry("content", content)?;
                others = beside;
            }
            Self::Call {
                kind,
                id,
                name,
                arguments,
                namespace,
            } => {
                let (call, _, field) = kind.names();
                map.serialize_entry("type", call)?;
                map.serialize_entry("call_id", id)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry(field, arguments)?;
                if let Some(namespace) = namespace {
                    map.serialize_entry("namespace", namespace)?;
                }
            }
            Self::Output {
                kind,
                id,
                content,
                beside,
            } => {
                let (_, output, _) = kind.names();
                map.serialize_entry("type", output)?;
                map.serialize_entry("call_id", id)?;
                map.serialize_entry("output", content)?;
                others = beside;
            }
            Self::Native(item, _) => {
                for (name, value) in item.iter().filter(|(name, _)| *name != "id") {
                    map.serialize_entry(name, value)?;
                }
            }
            Self::Written(_) => {}
        }
        for (name, value) in others {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for ItemContent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Parts(parts) => parts.serialize(serializer),
            Self::Reply(parts, texts) => serializer.collect_seq(
                parts
                    .iter()
                    .map(ReplyPart::Written)
                    .chain(texts.iter().map(ReplyPart::Text)),
            ),
        }
    }
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum ReplyPart<'p, 'm> {
    Written(&'p WirePart<'m>),
    Text(&'p TextPart<'m>),
}
