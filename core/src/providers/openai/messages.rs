//! The messages of a request as one server wants them. A message that needs no change goes out as
//! the caller wrote it, without a copy. Owns what happens to parts that belong to another provider:
//! in a reply of the model they are left out, since the conversation may go on elsewhere; what the
//! caller wrote is refused.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::vendor::{Reasoning, Vendor};
use crate::error::LlmError;
use crate::message::{Content, ContentPart, Message, MessageToolCall, Role};
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Parts that every server takes, or refuses with words that help.
const COMMON: &[&str] = &[
    "text",
    "refusal",
    "image_url",
    "input_audio",
    "video_url",
    "file",
];

/// Parts of other wires, which no chat completions can carry. Other kinds may be a server's own.
const FOREIGN: &[&str] = &[
    "container_upload",
    "document",
    "image",
    "input_file",
    "input_image",
    "input_text",
    "redacted_thinking",
    "search_result",
    "thinking",
    "tool_result",
    "tool_use",
];

/// Fields, and parts of the same names, that hold a model's reasoning as text.
const REASONING_TEXT: &[&str] = &["reasoning_content", "reasoning"];

/// A message on its way out.
pub(super) struct WireMessage<'m>(Cow<'m, Message>);

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", &message.role)?;
        match &message.content {
            Some(Content::Parts(parts)) => {
                let parts: Vec<WirePart<'_>> = parts.iter().map(WirePart).collect();
                map.serialize_entry("content", &parts)?;
            }
            Some(Content::Text(text)) => map.serialize_entry("content", text)?,
            // Beside calls too: vLLM, SGLang, LMDeploy and DeepSeek fail where it is missing.
            None if message.role == Role::Assistant => map.serialize_entry("content", &())?,
            None => {}
        }
        if !message.tool_calls.is_empty() {
            map.serialize_entry("tool_calls", &message.tool_calls)?;
        }
        if let Some(id) = &message.tool_call_id {
            map.serialize_entry("tool_call_id", id)?;
        }
        for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A part without what is null, such as the empty fields of a Python model.
struct WirePart<'m>(&'m ContentPart);

impl Serialize for WirePart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.0.kind)?;
        let fields = self.0.fields.iter();
        for (name, value) in fields.filter(|(_, value)| !value.is_null()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The messages, each as the server takes it.
pub(super) fn encode_messages<'m>(
    vendor: &Vendor,
    rule: CallIdRule,
    request: &'m LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireMessage<'m>>, LlmError> {
    let messages = &request.messages;
    let ids = RenamedCallIds::of(rule.of_model(&request.model), messages);
    let mut encoded = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let mut message = Cow::Borrowed(message);
        if message.role == Role::Developer && !vendor.knows_developer {
            message.to_mut().role = Role::System;
        }
        match message.role {
            Role::Assistant => {
                fit_reply(vendor, position, &mut message, unsupported.warnings);
                if !vendor.takes_empty_replies && is_empty_reply(&message) {
                    continue;
                }
            }
            _ => fit_written(vendor, position, &mut message, unsupported)?,
        }
        rename_calls(&ids, position, &mut message);
        fill_arguments(&mut message);
        encoded.push(WireMessage(message));
    }
    Ok(encoded)
}

/// Models that need no arguments write none; xAI and vLLM refuse to see that again as no JSON.
fn fill_arguments(message: &mut Cow<'_, Message>) {
    let is_empty = |call: &MessageToolCall| {
        let function = call.function.as_ref();
        function.is_some_and(|function| matches!(function.arguments.trim(), "" | "null"))
    };
    if !message.tool_calls.iter().any(is_empty) {
        return;
    }
    for call in message
        .to_mut()
        .tool_calls
        .iter_mut()
        .filter(|call| is_empty(call))
    {
        if let Some(function) = &mut call.function {
            "{}".clone_into(&mut function.arguments);
        }
    }
}

fn is_empty_reply(message: &Message) -> bool {
    let is_blank = match &message.content {
        None => true,
        Some(Content::Text(text)) => text.trim().is_empty(),
        Some(Content::Parts(parts)) => parts.is_empty(),
    };
    is_blank && message.tool_calls.is_empty() && message.extra.is_empty()
}

fn rename_calls(ids: &RenamedCallIds, position: usize, message: &mut Cow<'_, Message>) {
    if let Some(id) = ids.result(position) {
        message.to_mut().tool_call_id = Some(id.to_owned());
    }
    for index in 0..message.tool_calls.len() {
        let Some(id) = ids.call(position, index) else {
            continue;
        };
        if let Some(call) = message.to_mut().tool_calls.get_mut(index) {
            call.id = Some(id.to_owned());
        }
    }
}

/// A reply: its reasoning goes where the server wants it, other providers' parts and fields stay
/// behind.
fn fit_reply(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    warnings: &mut Vec<String>,
) {
    fit_reply_parts(vendor, position, message, warnings);
    fit_reply_reasoning(vendor, message);
    if let Some(known) = vendor.reply_fields {
        let is_known = |name: &str| known.contains(&name) || is_field(vendor, name);
        if !message.extra.keys().all(|name| is_known(name)) {
            message.to_mut().extra.retain(|name, _| {
                if !is_known(name) {
                    warnings.push(left_out(
                        vendor,
                        &format!("messages[{position}].{name}"),
                        name,
                    ));
                }
                is_known(name)
            });
        }
    }
    // A response without visible content: every server wants content or calls.
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

fn left_out(vendor: &Vendor, place: &str, kind: &str) -> String {
    format!("{place} was left out: {} takes no \"{kind}\"", vendor.name)
}

fn fit_reply_parts(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    warnings: &mut Vec<String>,
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
            warnings.push(left_out(vendor, &place, &part.kind));
        }
    }
    message.content = content(kept, !message.tool_calls.is_empty());
}

/// Reasoning as text, under whichever name it was written or came from another server, goes out
/// under the names that this one reads.
fn fit_reply_reasoning(vendor: &Vendor, message: &mut Cow<'_, Message>) {
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

/// Whether a part of a reply goes out as a part.
fn stays(vendor: &Vendor, part: &ContentPart) -> bool {
    let kind = part.kind.as_str();
    COMMON.contains(&kind) || vendor.parts.contains(&kind) || is_own_thinking(vendor, part)
}

/// Mistral's thinking is a list; Anthropic's, of the same name, is text.
fn is_own_thinking(vendor: &Vendor, part: &ContentPart) -> bool {
    matches!(vendor.reasoning, Reasoning::Part(kind) if kind == part.kind)
        && part.fields.get(&part.kind).is_some_and(Value::is_array)
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

/// What the caller or a tool wrote: nothing of it is left out unasked.
fn fit_written(
    vendor: &Vendor,
    position: usize,
    message: &mut Cow<'_, Message>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let Some(Content::Parts(parts)) = &message.content else {
        // A tool's result may be empty, but has to be there.
        if message.content.is_none() && matches!(message.role, Role::Tool | Role::Function) {
            message.to_mut().content = Some(Content::Text(String::new()));
        }
        return Ok(());
    };
    let is_foreign =
        |part: &ContentPart| FOREIGN.contains(&part.kind.as_str()) && !stays(vendor, part);
    let foreign = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| is_foreign(part));
    for (index, part) in foreign {
        let field = format!("messages[{position}].content[{index}]");
        let why = format!("chat completions have no \"{}\"", part.kind);
        unsupported.refuse(&field, &why)?;
    }
    if parts.iter().any(is_foreign) {
        if let Some(Content::Parts(parts)) = &mut message.to_mut().content {
            parts.retain(|part| !is_foreign(part));
        }
    }
    if let (Some(text), false) = (one_text(message), vendor.takes_text_lists) {
        message.to_mut().content = Some(Content::Text(text));
    }
    Ok(())
}

/// A list of nothing but texts as one: a paragraph each.
fn one_text(message: &Message) -> Option<String> {
    let Some(Content::Parts(parts)) = &message.content else {
        return None;
    };
    let texts: Option<Vec<&str>> = parts.iter().map(plain_text).collect();
    texts.map(|texts| texts.join("\n"))
}

fn plain_text(part: &ContentPart) -> Option<&str> {
    match part.fields.get("text") {
        Some(Value::String(text)) if part.kind == "text" && part.fields.len() == 1 => Some(text),
        _ => None,
    }
}
