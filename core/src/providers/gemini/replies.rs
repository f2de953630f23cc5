//! The assistant's messages as the model's turns. What Gemini wrote itself goes back as it came,
//! with its signatures; what the caller changed since, or somebody else wrote, is written anew.
//! Owns which of the two it is.

use serde_json::value::RawValue;
use serde_json::Value;

use super::content_parts::Part;
use super::message_parts::{self, own_parts};
use super::model::Model;
use super::reply_parts;
use super::tool_results::Calls;
use crate::error::LlmError;
use crate::providers::tool_calls::request_calls::arguments_text;
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, ContentPart, Message, MessageToolCall};

/// In place of a signature on the first call of a turn that Gemini 3 did not write, which it would
/// refuse without (ai.google.dev/gemini-api/docs/thought-signatures).
const SKIP: &str = "skip_thought_signature_validator";

pub(super) fn encode_reply<'a>(
    message: &'a Message,
    place: &str,
    model: Model<'_>,
    calls: &mut Calls<'a>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Part<'a>>, LlmError> {
    let list: &[ContentPart] = match &message.content {
        Some(Content::Parts(list)) => list,
        Some(Content::Text(_)) | None => &[],
    };
    let blocks = list.iter().filter(|part| part.kind == reply_parts::KIND);
    let own: Vec<&Value> = blocks.flat_map(own_parts).collect();
    let mut left: Vec<(usize, &MessageToolCall)> = message.tool_calls.iter().enumerate().collect();
    let mut parts = Vec::new();
    if !own.is_empty() && is_unchanged(list, &own) {
        for part in own {
            parts.extend(own_part(part, place, model, &mut left, calls, unsupported)?);
        }
    } else {
        parts = match &message.content {
            None => Vec::new(),
            Some(Content::Text(text)) if text.is_empty() => Vec::new(),
            Some(Content::Text(text)) => vec![Part::Text(text)],
            Some(Content::Parts(list)) => {
                message_parts::encode_parts(list, place, true, model, unsupported)?
            }
        };
    }
    for (index, call) in left {
        let place = format!("{place}.tool_calls[{index}]");
        parts.extend(new_call(call, &place, model, calls, unsupported)?);
    }
    Ok(parts)
}

/// Whether the text of the message is still that of the block beside it.
fn is_unchanged(list: &[ContentPart], own: &[&Value]) -> bool {
    let texts = list.iter().filter(|part| part.kind == "text");
    let texts = texts.filter_map(|part| part.fields.get("text")?.as_str());
    let text: String = texts.collect();
    let is_visible = |part: &&&Value| part.get("thought") != Some(&Value::Bool(true));
    let own_texts = own.iter().filter(is_visible);
    let own_text: String = own_texts
        .filter_map(|part| part.get("text")?.as_str())
        .collect();
    text.is_empty() || text == own_text
}

/// A part of the block. A call that the message has no longer is left out: nobody will send its
/// result.
fn own_part<'a>(
    part: &'a Value,
    place: &str,
    model: Model<'_>,
    left: &mut Vec<(usize, &'a MessageToolCall)>,
    calls: &mut Calls<'a>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Part<'a>>, LlmError> {
    let Some(own) = part.get("functionCall") else {
        return Ok(Some(Part::own(part)));
    };
    let name = own.get("name").and_then(Value::as_str).unwrap_or_default();
    let is_same = |call: &MessageToolCall| {
        let function = call.function.as_ref();
        function.is_some_and(|function| function.name == name)
    };
    let Some(at) = left.iter().position(|(_, call)| is_same(call)) else {
        return Ok(None);
    };
    let (index, call) = left.remove(at);
    let own_id = own.get("id").and_then(Value::as_str);
    let id = own_id.filter(|_| model.takes_call_ids());
    let place = format!("{place}.tool_calls[{index}]");
    let signature = part.get("thoughtSignature").and_then(Value::as_str);
    note(call, name, id, calls);
    let text = call
        .function
        .as_ref()
        .map_or("", |function| &function.arguments);
    let arguments = arguments_text(unsupported.provider, &place, text)?;
    let value = arguments.map_or("{}", RawValue::get);
    let is_unchanged = serde_json::from_str::<Value>(value).ok()
        == Some(
            own.get("args")
                .cloned()
                .unwrap_or_else(|| Value::Object(Default::default())),
        );
    Ok(Some(match is_unchanged {
        true => Part::Own {
            part,
            without_id: id.is_none(),
            signature: None,
        },
        false => Part::Call {
            name,
            arguments,
            id,
            signature,
        },
    }))
}

/// A call that is not, or no longer, in a block.
fn new_call<'a>(
    call: &'a MessageToolCall,
    place: &str,
    model: Model<'_>,
    calls: &mut Calls<'a>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Part<'a>>, LlmError> {
    let Some(function) = &call.function else {
        let why = "Gemini has no tools that take free text";
        return unsupported.refuse(place, why).map(|()| None);
    };
    let id = call.id.as_deref().filter(|_| model.takes_call_ids());
    note(call, &function.name, id, calls);
    let content = call.extra.get("extra_content");
    let signature = content.and_then(|content| content.pointer("/google/thought_signature"));
    Ok(Some(Part::Call {
        name: &function.name,
        arguments: arguments_text(unsupported.provider, place, &function.arguments)?,
        id,
        signature: signature.and_then(Value::as_str),
    }))
}

fn note<'a>(
    call: &'a MessageToolCall,
    name: &'a str,
    sent_id: Option<&'a str>,
    calls: &mut Calls<'a>,
) {
    if let Some(id) = call.id.as_deref() {
        calls.insert(id, (name, sent_id));
    }
}

/// Signs the first call of a turn, if Gemini did not: of calls at once only the first has a
/// signature.
pub(super) fn sign(parts: &mut [Part<'_>], model: Model<'_>) {
    if model.since((3, 0)) {
        let first = parts.iter_mut().find(|part| part.is_call());
        first.into_iter().for_each(|call| call.sign(SKIP));
    }
}
