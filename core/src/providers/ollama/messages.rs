//! The messages of a conversation in Ollama's shape, borrowed from the request. Owns which part may
//! stand where: text is one text, images are a list beside it, thinking is a field.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{images, NAME};
use crate::error::LlmError;
use crate::providers::tool_calls::request_calls::{arguments_object, nearest_call};
use crate::providers::unsupported::Unsupported;
use crate::providers::{failed_results, foreign_fields};
use crate::request::{Content, ContentPart, Message, MessageToolCall, Role};

/// Fields, and parts of the same names, that hold a model's thinking as text.
const THINKING: &[&str] = &["thinking", "reasoning_content", "reasoning"];

#[derive(Serialize)]
pub(super) struct WireMessage<'a> {
    role: &'static str,
    content: Cow<'a, str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    thinking: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct WireCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    /// An object; as text it is an error ("cannot unmarshal string").
    arguments: Map<String, Value>,
}

pub(super) fn encode_messages<'a>(
    messages: &'a [Message],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireMessage<'a>>, LlmError> {
    let mut encoded = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let place = format!("messages[{position}]");
        let Some(role) = role(message, &place, unsupported)? else {
            continue;
        };
        let mut wire = WireMessage {
            role,
            content: Cow::Borrowed(""),
            thinking: String::new(),
            images: Vec::new(),
            tool_calls: encode_calls(&message.tool_calls, &place, unsupported)?,
            tool_name: None,
            tool_call_id: message.tool_call_id.as_deref(),
            extra: Map::new(),
        };
        take_content(message, &place, &mut wire, unsupported)?;
        take_fields(message, &place, &mut wire, unsupported)?;
        if message.role == Role::Tool && wire.tool_name.is_none() {
            let before = messages.get(..position).unwrap_or_default();
            wire.tool_name = name_of_call(before, message);
        }
        encoded.push(wire);
    }
    Ok(encoded)
}

fn role(
    message: &Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<&'static str>, LlmError> {
    Ok(Some(match message.role {
        Role::Developer | Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Function => {
            let why = "Ollama has no functions of the older form; make it a tool's message";
            unsupported.refuse(place, why)?;
            return Ok(None);
        }
    }))
}

/// Text, images and thinking. In a reply of a model other parts are left out; what the caller wrote
/// is refused.
fn take_content<'a>(
    message: &'a Message,
    place: &str,
    wire: &mut WireMessage<'a>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let is_reply = message.role == Role::Assistant;
    if let Some(text) = failed_results::silent_failure(message) {
        wire.content = Cow::Borrowed(text);
        return Ok(());
    }
    let parts = match &message.content {
        Some(Content::Text(text)) => {
            wire.content = Cow::Borrowed(text);
            return Ok(());
        }
        Some(Content::Parts(parts)) => parts,
        None => return Ok(()),
    };
    let mut texts: Vec<&str> = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        let place = format!("{place}.content[{position}]");
        let text = part.fields.get("text").and_then(Value::as_str);
        match part.kind.as_str() {
            "text" => texts.extend(text),
            "image_url" if matches!(message.role, Role::User | Role::Tool) => {
                let image = images::encode_image(part, &place, unsupported)?;
                wire.images.extend(image);
            }
            kind if is_reply => match thinking_of(part) {
                Some(text) => wire.thinking.push_str(text),
                None => unsupported.leave(&place, kind),
            },
            kind => {
                let why = format!("Ollama takes text and image_url, not {kind}");
                unsupported.refuse(&place, &why)?;
            }
        }
    }
    // A reply was cut where something else stood in it; what a caller wrote are paragraphs.
    let separator = if is_reply { "" } else { "\n" };
    wire.content = match texts.as_slice() {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.join(separator)),
    };
    Ok(())
}

/// Thinking that has nothing but its text: what another provider signed is not for others.
fn thinking_of(part: &ContentPart) -> Option<&str> {
    let is_thinking = THINKING.contains(&part.kind.as_str()) && part.fields.len() == 1;
    let text = part.fields.get(&part.kind).filter(|_| is_thinking)?;
    text.as_str()
}

/// Fields that this library does not know.
fn take_fields<'a>(
    message: &'a Message,
    place: &str,
    wire: &mut WireMessage<'a>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let is_reply = message.role == Role::Assistant;
    for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
        match (name.as_str(), value) {
            ("name" | "tool_name", Value::String(name)) if message.role == Role::Tool => {
                wire.tool_name = Some(name);
            }
            (name, _) if failed_results::stays_behind(message, name) => {}
            ("name", _) => {
                let why = "Ollama's messages have no place for it";
                unsupported.refuse(&format!("{place}.name"), why)?;
            }
            ("images", list) if !is_reply => wire.images.extend(images::own_images(list)),
            (name, Value::String(text)) if is_reply && THINKING.contains(&name) => {
                // Several names for the same text.
                if wire.thinking.is_empty() {
                    wire.thinking.push_str(text);
                }
            }
            (name, _) if foreign_fields::FIELDS.contains(&name) => {
                unsupported.leave(&format!("{place}.{name}"), name);
            }
            (name, value) => {
                wire.extra.insert(name.to_owned(), value.clone());
            }
        }
    }
    Ok(())
}

fn encode_calls<'a>(
    calls: &'a [MessageToolCall],
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireCall<'a>>, LlmError> {
    let mut wire = Vec::with_capacity(calls.len());
    for (position, call) in calls.iter().enumerate() {
        let place = format!("{place}.tool_calls[{position}]");
        let Some(function) = &call.function else {
            let why = format!("Ollama has no calls of type \"{}\"", call.kind);
            unsupported.refuse(&place, &why)?;
            continue;
        };
        wire.push(WireCall {
            id: call.id.as_deref(),
            function: WireFunction {
                name: &function.name,
                arguments: arguments_object(NAME, &place, &function.arguments)?,
            },
        });
    }
    Ok(wire)
}

/// The tool whose result a message is.
fn name_of_call<'a>(before: &'a [Message], message: &Message) -> Option<&'a str> {
    let call = nearest_call(before, message.tool_call_id.as_deref()?)?;
    let function = call.function.as_ref()?;
    Some(&function.name)
}
