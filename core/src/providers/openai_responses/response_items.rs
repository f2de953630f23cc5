//! Earlier output on its way back: a block of items, which the provider that made it takes as it
//! is. Owns when that is right: for the same provider, and while the message beside the block says
//! what its items say.

use serde_json::{Map, Value};

use super::parts::{part_text, parts_of, text_of, RESPONSE_ITEMS};
use crate::json;
use crate::providers::tool_calls::request_calls::are_none;
use crate::request::{Content, ContentPart, Message, MessageToolCall};

/// The items of a message's blocks.
pub(super) struct ResponseItems<'m> {
    pub(super) items: Vec<&'m Map<String, Value>>,
    /// Another provider made some of them.
    pub(super) is_foreign: bool,
}

impl<'m> ResponseItems<'m> {
    pub(super) fn of(provider: &str, message: &'m Message) -> Self {
        let mut found = Self {
            items: Vec::new(),
            is_foreign: false,
        };
        let Some(Content::Parts(parts)) = &message.content else {
            return found;
        };
        for part in parts.iter().filter(|part| part.kind == RESPONSE_ITEMS) {
            let owner = part.fields.get("provider").and_then(Value::as_str);
            found.is_foreign |= owner.is_some_and(|owner| owner != provider);
            found.items.extend(items_of(part));
        }
        found
    }

    /// Whether they say what the message says; if not, it was edited.
    pub(super) fn say_the_same(&self, message: &Message) -> bool {
        let calls: Vec<_> = self
            .items
            .iter()
            .copied()
            .filter(|item| is_call(item))
            .collect();
        self.text() == text_of_message(message)
            && calls.len() == message.tool_calls.len()
            && calls
                .iter()
                .zip(&message.tool_calls)
                .all(|(item, call)| is_same(item, call))
    }

    fn text(&self) -> String {
        let messages = self
            .items
            .iter()
            .filter(|item| text_of(item, "type") == "message");
        let parts = messages.flat_map(|item| parts_of(item, "content"));
        let texts = parts.filter(|(kind, _)| matches!(*kind, "output_text" | "text"));
        texts.map(|(_, part)| part_text(part, "text")).collect()
    }
}

/// The items of one block.
pub(super) fn items_of(part: &ContentPart) -> impl Iterator<Item = &Map<String, Value>> {
    let items = part.fields.get("items").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}

/// Whether it is reasoning that only the provider's own memory has.
pub(super) fn is_remembered(item: &Map<String, Value>) -> bool {
    text_of(item, "type") == "reasoning"
        && text_of(item, "encrypted_content").is_empty()
        && parts_of(item, "content").next().is_none()
}

fn is_call(item: &Map<String, Value>) -> bool {
    super::tool_calls::is_call(text_of(item, "type"))
}

fn text_of_message(message: &Message) -> String {
    match &message.content {
        None => String::new(),
        Some(Content::Text(text)) => text.clone(),
        Some(Content::Parts(parts)) => {
            let texts = parts.iter().filter(|part| part.kind == "text");
            let texts = texts.filter_map(|part| part.fields.get("text")?.as_str());
            texts.collect()
        }
    }
}

fn is_same(item: &Map<String, Value>, call: &MessageToolCall) -> bool {
    let Some(function) = &call.function else {
        return false;
    };
    let arguments = match text_of(item, "type") {
        "custom_tool_call" => text_of(item, "input"),
        _ => text_of(item, "arguments"),
    };
    call.id.as_deref() == Some(text_of(item, "call_id"))
        && function.name == text_of(item, "name")
        && (function.arguments == arguments || are_equal(&function.arguments, arguments))
}

/// Whether both are the same JSON; no arguments are written in several ways.
fn are_equal(one: &str, other: &str) -> bool {
    let value = |text: &str| match are_none(text) {
        true => Some(Value::Object(Map::new())),
        false => json::parse::<Value>(text, &mut String::new()).ok(),
    };
    let one = value(one);
    one.is_some() && one == value(other)
}
