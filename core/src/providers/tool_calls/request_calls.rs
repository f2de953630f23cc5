//! Calls of earlier turns on their way back: what every wire requires of one. Owns the arguments'
//! form, and which call a result belongs to where a wire has no ids.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::request::{Message, MessageToolCall};

/// Whether a model wrote no arguments, as it does where a tool has none.
pub(crate) fn are_none(arguments: &str) -> bool {
    matches!(arguments.trim(), "" | "null")
}

/// The arguments as they were written, which must be an object; `None` is an empty one.
pub(crate) fn arguments_text<'a>(
    provider: &'static str,
    place: &str,
    text: &'a str,
) -> Result<Option<&'a RawValue>, LlmError> {
    if are_none(text) {
        return Ok(None);
    }
    let raw: Option<&RawValue> = serde_json::from_str(text).ok();
    let object = raw.filter(|raw| raw.get().starts_with('{'));
    object.map(Some).ok_or_else(|| {
        let what = format!("{place}.function.arguments is not the text of a JSON object");
        invalid_request(provider, &what)
    })
}

/// The arguments as an object.
pub(crate) fn arguments_object(
    provider: &'static str,
    place: &str,
    text: &str,
) -> Result<Map<String, Value>, LlmError> {
    if are_none(text) {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|error| {
        let what = format!("{place}.function.arguments must be a JSON object in text: {error}");
        invalid_request(provider, &what)
    })
}

/// The call with this id, before its result: ids that this library made begin again in every
/// response, so the nearest is meant.
pub(crate) fn nearest_call<'m>(before: &'m [Message], id: &str) -> Option<&'m MessageToolCall> {
    let calls = before.iter().rev().flat_map(|message| &message.tool_calls);
    let mut calls = calls.filter(|call| call.id.as_deref() == Some(id));
    calls.next()
}
