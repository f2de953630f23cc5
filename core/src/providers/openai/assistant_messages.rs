//! Messages of models on their way back, perhaps to another server. Owns where reasoning goes;
//! parts and fields of other providers stay behind with a warning, since the conversation may go on
//! here.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::message_parts::{plain_text, stays};
use super::vendor::{Reasoning, Vendor};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, ContentPart, Message};

/// Fields, and parts of the same names, that hold a model's reasoning as text.
const REASONING_TEXT: &[&str] = &["reasoning_content", "reasoning"];

/// A reply: its reasoning goes where the server takes it, other providers' parts and fields stay
/// behind.
pub(super) fn fit_reply(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    unsupported: &mut Unsupported<'_>,
) {
    fit_parts(vendor, position, message, unsupported);
    fit_reasoning(vendor, message);
    if let Some(known) = vendor.reply_fields {
        let is_known = |name: &str| known.contains(&name) || is_field(vendor, name);
        if !message.extra.keys().all(|name| is_known(name)) {
            message.to_mut().extra.retain(|name, _| {
                if !is_known(name) {
                    unsupported.leave(&format!("messages[{position}].{name}"), name);
                }
                is_known(name)
            });
        }
    }
    // A response without visible content: every server requires content or calls.
    let has_calls = !message.tool_calls.is_empty() || message.extra.contains_key("function_call");
    let needs_text = !has_calls || !vendor.takes_null_content;
    let is_empty = match &message.content {
        None => needs_text,
        Some(Content::Parts(parts)) => parts.iter().all(is_empty_text),
        Some(Content::Text(_)) => false,
    };
    if is_empty {
        message.to_mut().content = needs_text.then(|| Content::Text(String::new()));
    }
}

/// "text content is empty": where a list has more than that, it stays as it was written.
fn is_empty_text(part: &ContentPart) -> bool {
    plain_text(part) == Some("")
}

fn fit_parts(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    unsupported: &mut Unsupported<'_>,
) {
    match &message.content {
        Some(Content::Parts(parts)) if !parts.iter().all(|part| stays(vendor, part)) => {}
        _ => return,
    }
    let message = message.to_mut();
    let Some(Content::Parts(parts)) = message.content.take() else {
        return;
    };
    let mut kept = Vec::new();
    for (index, mut part) in parts.into_iter().enumerate() {
        if stays(vendor, &part) {
            kept.push(part);
        } else if is_field(vendor, &part.kind) {
            let value = part.fields.get_mut(&part.kind).map(Value::take);
            put_reasoning(&mut message.extra, &part.kind, value);
        } else {
            let place = format!("messages[{position}].content[{index}]");
            unsupported.leave(&place, &part.kind);
        }
    }
    message.content = content(kept, !message.tool_calls.is_empty());
}

/// Reasoning as text, under whichever name it was written or came from another server, goes out
/// under the names that this one reads.
fn fit_reasoning(vendor: &Vendor, message: &mut Cow<'_, Message>) {
    let Reasoning::Text(fields) = vendor.reasoning else {
        return;
    };
    let is_text = |name: &&&str| message.extra.get(**name).is_some_and(Value::is_string);
    let Some(source) = fields.iter().chain(REASONING_TEXT).find(is_text) else {
        return;
    };
    if fields.iter().all(|name| message.extra.contains_key(*name)) {
        return;
    }
    let extra = &mut message.to_mut().extra;
    let text = match fields.contains(source) {
        true => extra.get(*source).cloned(),
        false => extra.shift_remove(*source),
    };
    for (name, text) in fields.iter().zip(text.iter().cycle()) {
        let field = extra.entry((*name).to_owned());
        field.or_insert_with(|| text.clone());
    }
}

/// Whether nothing of the message is left to send.
pub(super) fn is_empty_reply(message: &Message) -> bool {
    let is_blank = match &message.content {
        None => true,
        Some(Content::Text(text)) => text.trim().is_empty(),
        Some(Content::Parts(parts)) => parts.is_empty(),
    };
    is_blank && message.tool_calls.is_empty() && message.extra.is_empty()
}

/// Whether a part of this kind goes out as the message's field of that name, or of the one that the
/// server reads instead.
fn is_field(vendor: &Vendor, kind: &str) -> bool {
    match vendor.reasoning {
        Reasoning::Text(_) => REASONING_TEXT.contains(&kind),
        Reasoning::Entries(field) => field == kind,
        Reasoning::Forgotten | Reasoning::Part(_) => false,
    }
}

/// Several runs of reasoning become one field.
fn put_reasoning(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match (fields.get_mut(name), value) {
        (Some(Value::String(text)), Some(Value::String(more))) => text.push_str(&more),
        (Some(Value::Array(list)), Some(Value::Array(more))) => list.extend(more),
        (_, Some(value)) => {
            fields.insert(name.to_owned(), value);
        }
        (_, None) => {}
    }
}

/// What is left of a reply: bare text where that is all, since many servers take no parts here.
fn content(parts: Vec<ContentPart>, has_calls: bool) -> Option<Content> {
    if parts.is_empty() && has_calls {
        return None;
    }
    let mut text = String::new();
    for part in &parts {
        match plain_text(part) {
            Some(piece) => text.push_str(piece),
            None => return Some(Content::Parts(parts)),
        }
    }
    Some(Content::Text(text))
}
