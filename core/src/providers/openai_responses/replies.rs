//! Messages of models on their way back, perhaps to another provider. Owns what of a reply becomes
//! an item: what this provider sent goes back as it was, of others' output the text and the calls.

use serde_json::{Map, Value};

use super::items::{CallKind, Calls, Item, ItemContent};
use super::message_parts::{self, TextPart};
use super::parts::{text_of, RESPONSE_ITEMS};
use super::response_items::{self, ResponseItems};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::tool_calls::{request_calls, FREE_TEXT};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, ContentPart, Message, MessageToolCall};

/// A message of the assistant's, and where it stands.
pub(super) struct Reply<'m> {
    pub(super) message: &'m Message,
    pub(super) position: usize,
    /// The provider keeps nothing of this conversation.
    pub(super) is_stateless: bool,
}

/// Writes the items of a reply.
pub(super) fn encode<'m>(
    reply: &Reply<'m>,
    calls: &mut Calls<'m>,
    items: &mut Vec<Item<'m>>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let place = format!("messages[{}]", reply.position);
    let earlier = ResponseItems::of(unsupported.provider, reply.message);
    if !earlier.items.is_empty() {
        let is_own = !earlier.is_foreign;
        if is_own && earlier.say_the_same(reply.message) {
            native(reply, &earlier.items, &place, calls, items, unsupported);
            return Ok(());
        }
        let why = match is_own {
            true => "the message was edited after it came",
            false => "another provider made them",
        };
        let left = format!("{place}: ids and reasoning were left out: {why}");
        unsupported.warnings.push(left);
    }
    items.extend(text(reply.message, &place, unsupported)?);
    for (index, call) in reply.message.tool_calls.iter().enumerate() {
        let place = format!("{place}.tool_calls[{index}]");
        items.push(encode_call(
            reply.position,
            index,
            call,
            calls,
            &place,
            unsupported,
        )?);
    }
    Ok(())
}

/// Items as they came. A provider that keeps nothing does not know reasoning by its id alone, and
/// without its reasoning no item by its id.
fn native<'m>(
    reply: &Reply<'m>,
    earlier: &[&'m Map<String, Value>],
    place: &str,
    calls: &mut Calls<'m>,
    items: &mut Vec<Item<'m>>,
    unsupported: &mut Unsupported<'_>,
) {
    let is_lost =
        |item: &Map<String, Value>| reply.is_stateless && response_items::is_remembered(item);
    let has_lost = earlier.iter().any(|item| is_lost(item));
    if has_lost {
        let why = "store is false and it has no encrypted_content; set include";
        unsupported
            .warnings
            .push(format!("{place}: reasoning was left out: {why}"));
    }
    for item in earlier.iter().filter(|item| !is_lost(item)) {
        let kind = match text_of(item, "type") {
            "function_call" => Some(CallKind::Function),
            "custom_tool_call" => Some(CallKind::FreeText),
            _ => None,
        };
        if let Some(kind) = kind {
            calls.see(text_of(item, "call_id"), kind, true);
        }
        items.push(Item::Native(item, has_lost));
    }
}

/// The text of a reply, and its refusal.
fn text<'m>(
    message: &'m Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Item<'m>>, LlmError> {
    let (mut parts, mut texts, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    match &message.content {
        Some(Content::Text(text)) if !text.is_empty() => texts.push(TextPart {
            kind: "output_text",
            field: "text",
            text,
        }),
        Some(Content::Parts(list)) => {
            let list = list.iter().enumerate();
            for (index, part) in list.filter(|(_, part)| is_of_text(part)) {
                match message_parts::encode_reply_part(part) {
                    Some(part) => parts.push(part),
                    None => unsupported.leave(&format!("{place}.content[{index}]"), &part.kind),
                }
            }
        }
        _ => {}
    }
    for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
        match (name.as_str(), value) {
            ("refusal", Value::String(text)) if !text.is_empty() => texts.push(TextPart {
                kind: "refusal",
                field: "refusal",
                text,
            }),
            ("refusal", _) => {}
            ("function_call", _) => {
                let why = "it has no id of a call; use tool_calls";
                unsupported.refuse(&format!("{place}.function_call"), why)?;
            }
            (name, _) if foreign_fields::FIELDS.contains(&name) || name == "name" => {
                unsupported.leave(&format!("{place}.{name}"), name);
            }
            (name, value) => beside.push((name, value)),
        }
    }
    if parts.is_empty() && texts.is_empty() {
        return Ok(None);
    }
    Ok(Some(Item::Message {
        role: "assistant",
        content: ItemContent::Reply(parts, texts),
        beside,
    }))
}

/// Not an empty text, and no block of items, of which is told elsewhere.
fn is_of_text(part: &ContentPart) -> bool {
    part.kind != RESPONSE_ITEMS && !message_parts::is_empty_text(part)
}

fn encode_call<'m>(
    position: usize,
    index: usize,
    call: &'m MessageToolCall,
    calls: &mut Calls<'m>,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Item<'m>, LlmError> {
    let missing =
        |what: &str| invalid_request(unsupported.provider, &format!("{place}.{what} is missing"));
    let id = call.id.as_deref().ok_or_else(|| missing("id"))?;
    let (kind, name, arguments) = match (&call.function, call.extra.get("custom")) {
        (Some(function), _) => {
            let (mark, value) = FREE_TEXT;
            let is_free_text = call.extra.get(mark).is_some_and(|own| own == value);
            let kind = match is_free_text {
                true => CallKind::FreeText,
                false => CallKind::Function,
            };
            (kind, function.name.as_str(), function.arguments.as_str())
        }
        (None, Some(custom)) => {
            let field = |name: &str| custom.get(name).and_then(Value::as_str);
            let name = field("name").ok_or_else(|| missing("custom.name"))?;
            (CallKind::FreeText, name, field("input").unwrap_or_default())
        }
        (None, None) => return Err(missing("function")),
    };
    let has_nothing = kind == CallKind::Function && request_calls::are_none(arguments);
    calls.see(id, kind, false);
    Ok(Item::Call {
        kind,
        id: calls.id(position, index, id),
        name,
        arguments: if has_nothing { "{}" } else { arguments },
        namespace: call.extra.get("namespace"),
    })
}
