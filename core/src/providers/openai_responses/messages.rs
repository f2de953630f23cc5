//! The messages of a request as items: each part of a turn that the API tells apart, in order.
//! Owns what becomes which item; parts are in `message_parts`, earlier output in `response_items`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::message_parts::{self, TextPart, WirePart};
use super::replies;
use super::response_items;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::openai::vendor::Vendor;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Content, Message, Role};

/// "string too long. Expected a string with maximum length 64".
const CALL_ID_MAX: usize = 64;

/// Fields of a message that other wires have.
const FOREIGN_FIELDS: &[&str] = &["cache_control", "is_error", "name"];

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
    pub(super) fn see(&mut self, id: &'m str, kind: CallKind, is_native: bool) {
        self.seen.insert(id, (kind, is_native));
    }

    /// The id of a call as it goes out.
    pub(super) fn id(&self, message: usize, index: usize, own: &'m str) -> Cow<'m, str> {
        let new = self.names.call(message, index).map(str::to_owned);
        new.map_or(Cow::Borrowed(own), Cow::Owned)
    }
}

/// The messages as items.
pub(super) fn encode_messages<'m>(
    vendor: &'static Vendor,
    request: &'m LlmRequest,
    is_stateless: bool,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Item<'m>>, LlmError> {
    let messages = &request.messages;
    let mut calls = Calls {
        names: RenamedCallIds::of(call_ids(vendor, &request.model), messages),
        seen: HashMap::new(),
    };
    let mut items = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let place = format!("messages[{position}]");
        let role = match message.role {
            Role::Developer if vendor.knows_developer => "developer",
            Role::Developer | Role::System => "system",
            Role::User => "user",
            Role::Assistant => {
                let reply = replies::Reply {
                    message,
                    position,
                    is_stateless,
                };
                replies::encode(&reply, &mut calls, &mut items, unsupported)?;
                continue;
            }
            Role::Tool => {
                items.push(result(message, position, &calls, unsupported)?);
                continue;
            }
            Role::Function => {
                let why = "role function has no id of a call; use role tool";
                unsupported.refuse(&place, why)?;
                continue;
            }
        };
        let beside = beside(message, &place, unsupported)?;
        let content = content(message, &place, Some(&mut items), unsupported)?;
        if let Some(content) = content {
            items.push(Item::Message {
                role,
                content,
                beside,
            });
        }
    }
    // "input is empty", also beside instructions.
    if items.is_empty() {
        items.push(Item::Message {
            role: "user",
            content: ItemContent::Text(""),
            beside: Vec::new(),
        });
    }
    Ok(items)
}

/// What an id of a call may be: longer here than among the same server's chat completions.
fn call_ids(vendor: &Vendor, model: &str) -> CallIdRule {
    let rule = vendor.endpoints.first().map(|endpoint| endpoint.call_ids);
    let rule = match rule {
        Some(CallIdRule::UpTo(_)) => CallIdRule::UpTo(CALL_ID_MAX),
        Some(rule) => rule,
        None => CallIdRule::Any,
    };
    rule.of_model(model)
}

/// The fields beside role and content.
fn beside<'m>(
    message: &'m Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<(&'m str, &'m Value)>, LlmError> {
    let mut beside = Vec::new();
    for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            // The id shows which tool it was, and the output whether it failed.
            "name" if message.role == Role::Tool => {}
            "is_error" if *value == Value::Bool(false) => {}
            name if FOREIGN_FIELDS.contains(&name) => {
                let why = "the Responses API has no such field in a message";
                unsupported.refuse(&format!("{place}.{name}"), why)?;
            }
            name => beside.push((name, value)),
        }
    }
    Ok(beside)
}

/// What the caller or a tool wrote; parts that are items of their own go to `items`, where there
/// may be some.
fn content<'m>(
    message: &'m Message,
    place: &str,
    mut items: Option<&mut Vec<Item<'m>>>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<ItemContent<'m>>, LlmError> {
    let list = match &message.content {
        None => return Ok(Some(ItemContent::Text(""))),
        Some(Content::Text(text)) => return Ok(Some(ItemContent::Text(text))),
        Some(Content::Parts(list)) => list,
    };
    let mut parts = Vec::with_capacity(list.len());
    let mut has_items = false;
    for (index, part) in list.iter().enumerate() {
        let kind = part.kind.as_str();
        match &mut items {
            Some(items) if kind == response_items::KIND => {
                has_items = true;
                let native = response_items::items_of(part);
                items.extend(native.map(|item| Item::Native(item, false)));
            }
            Some(items) if message_parts::is_item(kind) => {
                has_items = true;
                items.push(Item::Written(message_parts::encode_item(part)));
            }
            _ => {
                let place = format!("{place}.content[{index}]");
                parts.extend(message_parts::encode_part(part, &place, unsupported)?);
            }
        }
    }
    Ok(match parts.is_empty() {
        true if has_items => None,
        true => Some(ItemContent::Text("")),
        false => Some(ItemContent::Parts(parts)),
    })
}

fn result<'m>(
    message: &'m Message,
    position: usize,
    calls: &Calls<'m>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Item<'m>, LlmError> {
    let place = format!("messages[{position}]");
    let missing = || format!("{place}.tool_call_id is missing");
    let own = message.tool_call_id.as_deref();
    let own = own.ok_or_else(|| invalid_request(unsupported.provider, &missing()))?;
    let seen = calls.seen.get(own);
    let (kind, is_native) = seen.copied().unwrap_or((CallKind::Function, false));
    let new = calls.names.result(position).filter(|_| !is_native);
    let beside = beside(message, &place, unsupported)?;
    let content = content(message, &place, None, unsupported)?;
    Ok(Item::Output {
        kind,
        id: new.map_or(Cow::Borrowed(own), |new| Cow::Owned(new.to_owned())),
        content: content.unwrap_or(ItemContent::Text("")),
        beside,
    })
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
