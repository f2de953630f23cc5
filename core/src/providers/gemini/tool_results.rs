//! The results of tool calls. Gemini has objects and names where others have texts and ids. Owns
//! which call a result belongs to, and what its text becomes.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::Value;

use super::content_parts::{Part, Response, ToolResult};
use super::message_parts;
use super::model::Model;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, Message};

/// What went out of the calls so far: by the id in the messages, the name, and the id that Gemini
/// was sent.
pub(super) type Calls<'a> = HashMap<&'a str, (&'a str, Option<&'a str>)>;

pub(super) fn encode_result<'a>(
    message: &'a Message,
    place: &str,
    calls: &Calls<'a>,
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Part<'a>, LlmError> {
    let call = message.tool_call_id.as_deref().and_then(|id| calls.get(id));
    let own_name = message.extra.get("name").and_then(Value::as_str);
    let (name, id) = match (call, own_name) {
        (Some((name, id)), _) => (*name, *id),
        (None, Some(name)) => (name, None),
        (None, None) => {
            let what = format!(
                "{place}.tool_call_id names no call before it, and Gemini needs the tool's name; \
                 keep the message with the call, or write name"
            );
            return Err(invalid_request(unsupported.provider, &what));
        }
    };
    let mut media = Vec::new();
    let text = match &message.content {
        None => Cow::Borrowed(""),
        Some(Content::Text(text)) => Cow::Borrowed(text.as_str()),
        Some(Content::Parts(list)) => {
            let mut texts = Vec::new();
            for part in message_parts::encode_parts(list, place, false, model, unsupported)? {
                match part {
                    Part::Text(text) => texts.push(text),
                    other => media.push(other),
                }
            }
            Cow::Owned(texts.join("\n"))
        }
    };
    if !media.is_empty() && model.before((3, 0)) {
        let why = format!(
            "results with more than text need Gemini 3, not {}",
            model.name
        );
        unsupported.refuse(&format!("{place}.content"), &why)?;
        media.clear();
    }
    let is_error = message.extra.get("is_error") == Some(&Value::Bool(true));
    let response = match (is_error, text) {
        (true, text) => Response::Error(text),
        (false, Cow::Borrowed(text)) => match object(text) {
            Some(object) => Response::Object(object),
            None => Response::Output(Cow::Borrowed(text)),
        },
        (false, text) => Response::Output(text),
    };
    Ok(Part::Result(ToolResult {
        name,
        id,
        response,
        media,
    }))
}

/// A text that is an object goes out as it is.
fn object(text: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    Some(raw).filter(|raw| raw.get().starts_with('{'))
}
