//! The messages of a conversation in v2's shape, borrowed from the request. Owns which part may
//! stand where, and where a text beside tool calls goes.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::Serialize as DeriveSerialize;
use serde_json::Value;

use crate::error::LlmError;
use crate::providers::failed_results::{silent_failure, stays_behind};
use crate::providers::foreign_fields;
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, ContentPart, Message, MessageToolCall, Role};

#[derive(DeriveSerialize)]
pub(crate) struct WireMessage<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<WireContent<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_plan: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(flatten)]
    extra: Extra<'a>,
}

impl WireMessage<'_> {
    fn has_content(&self) -> bool {
        let has_content = match &self.content {
            Some(WireContent::Text(text)) => !text.trim().is_empty(),
            Some(WireContent::Parts(parts)) => !parts.is_empty(),
            None => false,
        };
        has_content || !self.tool_calls.is_empty() || self.tool_plan.is_some()
    }
}

#[derive(DeriveSerialize)]
#[serde(untagged)]
enum WireContent<'a> {
    Text(&'a str),
    Parts(Vec<&'a ContentPart>),
}

#[derive(DeriveSerialize)]
struct WireCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(DeriveSerialize)]
struct WireFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// Fields that this library does not know.
struct Extra<'a>(Vec<(&'a str, &'a Value)>);

impl Serialize for Extra<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(super) fn encode_messages<'a>(
    messages: &'a [Message],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireMessage<'a>>, LlmError> {
    let mut encoded = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let place = format!("messages[{position}]");
        encoded.extend(encode_message(message, &place, unsupported)?);
    }
    Ok(encoded)
}

/// One message; none where it was left out.
fn encode_message<'a>(
    message: &'a Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<WireMessage<'a>>, LlmError> {
    let (role, kinds): (_, &[&str]) = match message.role {
        Role::Developer | Role::System => ("system", &["text"]),
        Role::User => ("user", &["text", "image_url"]),
        Role::Assistant => ("assistant", &["text", "thinking", "tool_plan"]),
        Role::Tool => ("tool", &["text", "document"]),
        Role::Function => {
            let why = "Cohere has no functions of the older form; make it a tool's message";
            unsupported.refuse(place, why)?;
            return Ok(None);
        }
    };
    let content = match &message.content {
        Some(Content::Parts(parts)) => {
            let parts = known_parts(parts, kinds, place, unsupported)?;
            (!parts.is_empty()).then_some(WireContent::Parts(parts))
        }
        Some(Content::Text(text)) => Some(WireContent::Text(text)),
        None => None,
    };
    let mut wire = WireMessage {
        role,
        content,
        tool_calls: encode_calls(&message.tool_calls, place, unsupported)?,
        tool_plan: None,
        tool_call_id: message.tool_call_id.as_deref(),
        extra: extra(message, place, unsupported)?,
    };
    match message.role {
        Role::Assistant => take_plan(&mut wire),
        // The API requires it, also where the result is empty.
        Role::Tool => match silent_failure(message) {
            Some(text) => wire.content = Some(WireContent::Text(text)),
            None => drop(wire.content.get_or_insert(WireContent::Text(""))),
        },
        _ => {}
    }
    // An empty message is an error, and left out.
    Ok((message.role == Role::Tool || wire.has_content()).then_some(wire))
}

/// A name distinguishes several users, which Cohere does not support.
fn extra<'a>(
    message: &'a Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Extra<'a>, LlmError> {
    let mut extra = Vec::new();
    for (name, value) in message.extra.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            name if stays_behind(message, name) => {}
            "name" => {
                let why = "Cohere's messages have no place for it";
                unsupported.refuse(&format!("{place}.{name}"), why)?;
            }
            name if foreign_fields::FIELDS.contains(&name) => {
                unsupported.leave(&format!("{place}.{name}"), name)
            }
            name => extra.push((name, value)),
        }
    }
    Ok(Extra(extra))
}

/// Thinking of another provider: signed, or a list of parts.
fn is_foreign(part: &ContentPart) -> bool {
    let is_text = part.fields.get("thinking").is_some_and(Value::is_string);
    part.kind == "thinking" && !(is_text && part.fields.len() == 1)
}

fn is_blank(part: &ContentPart) -> bool {
    let text = part.fields.get("text").and_then(Value::as_str);
    part.kind == "text" && text.is_some_and(|text| text.trim().is_empty())
}

/// The parts that may stand in a message of this role. In a reply of the model the others are left
/// out; what the caller wrote is refused.
fn known_parts<'a>(
    parts: &'a [ContentPart],
    kinds: &[&str],
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<&'a ContentPart>, LlmError> {
    let mut known = Vec::with_capacity(parts.len());
    for (position, part) in parts.iter().enumerate() {
        let place = format!("{place}.content[{position}]");
        if is_blank(part) {
            continue;
        }
        if kinds.contains(&part.kind.as_str()) && !is_foreign(part) {
            known.push(part);
        } else if kinds.contains(&"tool_plan") {
            unsupported.leave(&place, &part.kind);
        } else {
            let why = format!("Cohere takes {} here, not {}", kinds.join(", "), part.kind);
            unsupported.refuse(&place, &why)?;
        }
    }
    Ok(known)
}

fn encode_calls<'a>(
    calls: &'a [MessageToolCall],
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<WireCall<'a>>, LlmError> {
    let mut wire = Vec::with_capacity(calls.len());
    for (position, call) in calls.iter().enumerate() {
        let Some(function) = &call.function else {
            let why = format!("Cohere has no calls of type \"{}\"", call.kind);
            unsupported.refuse(&format!("{place}.tool_calls[{position}]"), &why)?;
            continue;
        };
        let arguments = match function.arguments.trim() {
            "" | "null" => "{}",
            _ => function.arguments.as_str(),
        };
        wire.push(WireCall {
            id: call.id.as_deref(),
            kind: "function",
            function: WireFunction {
                name: &function.name,
                arguments,
            },
        });
    }
    Ok(wire)
}

/// v2 refuses text beside tool calls ("text content is not allowed when tool_calls are provided"):
/// there it is the plan. Thinking may stand beside them.
fn take_plan<'a>(wire: &mut WireMessage<'a>) {
    let has_calls = !wire.tool_calls.is_empty();
    let mut plan: Vec<&'a str> = Vec::new();
    match &mut wire.content {
        Some(WireContent::Text(text)) if has_calls => {
            plan.push(text);
            wire.content = None;
        }
        Some(WireContent::Parts(parts)) => {
            parts.retain(|part| match part.kind.as_str() {
                kind @ ("tool_plan" | "text") if has_calls || kind == "tool_plan" => {
                    plan.extend(part.fields.get(kind).and_then(Value::as_str));
                    false
                }
                _ => true,
            });
            if parts.is_empty() {
                wire.content = None;
            }
        }
        Some(WireContent::Text(_)) | None => {}
    }
    // The caller's own word for it stands first.
    let named = wire
        .extra
        .0
        .iter()
        .position(|(name, _)| *name == "tool_plan");
    if let Some(position) = named {
        let (_, value) = wire.extra.0.remove(position);
        plan.insert(0, value.as_str().unwrap_or_default());
    }
    plan.retain(|text| !text.is_empty());
    wire.tool_plan = match plan.as_slice() {
        [] => None,
        [one] => Some(Cow::Borrowed(one)),
        several => Some(Cow::Owned(several.join("\n"))),
    };
}
