//! The messages of a request as items: each part of a turn that the API tells apart, in order.
//! Owns what becomes which item; parts are in `message_parts`, earlier output in `response_items`.

use serde_json::Value;

use super::items::{Calls, Item, ItemContent};
use super::message_parts;
use super::parts::RESPONSE_ITEMS;
use super::replies;
use super::response_items;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::failed_results;
use crate::providers::openai::vendor::Vendor;
use crate::providers::tool_calls::request_ids::CallIdRule;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;
use crate::request::{Content, Message, Role};

/// "string too long. Expected a string with maximum length 64".
const CALL_ID_MAX: usize = 64;

/// Fields of a message that other wires have.
const FOREIGN_FIELDS: &[&str] = &["cache_control", "is_error", "name"];

/// The messages as items.
pub(super) fn encode_messages<'m>(
    vendor: &'static Vendor,
    request: &'m LlmRequest,
    is_stateless: bool,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Item<'m>>, LlmError> {
    let messages = &request.messages;
    let mut calls = Calls::of(call_ids(vendor, &request.model), messages);
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
            name if failed_results::stays_behind(message, name) => {}
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
            Some(items) if kind == RESPONSE_ITEMS => {
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
    let (kind, id) = calls.result(position, own);
    let beside = beside(message, &place, unsupported)?;
    let content = match failed_results::silent_failure(message) {
        Some(text) => Some(ItemContent::Text(text)),
        None => content(message, &place, None, unsupported)?,
    };
    Ok(Item::Output {
        kind,
        id,
        content: content.unwrap_or(ItemContent::Text("")),
        beside,
    })
}
