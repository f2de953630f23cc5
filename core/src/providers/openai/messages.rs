//! The messages of a request as one server wants them. A message that needs no change goes out as
//! the caller wrote it, without a copy. Owns what happens to parts that belong to another provider:
//! in a reply of the model they are left out, since the conversation may go on elsewhere; what the
//! caller wrote is refused. Called by `encode`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::message::{Content, ContentPart, Message, Role};
use crate::providers::compatible::{Reasoning, Row};
use crate::providers::unsupported::Unsupported;

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

/// Makes the messages fit.
pub(super) fn fit<'m>(
    row: &Row,
    messages: &'m [Message],
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Cow<'m, Message>>, LlmError> {
    let ids = CallIds::read(row, messages);
    let mut fitted = Vec::with_capacity(messages.len());
    for (position, message) in messages.iter().enumerate() {
        let mut message = Cow::Borrowed(message);
        if message.role == Role::Developer && !row.knows_developer {
            message.to_mut().role = Role::System;
        }
        match message.role {
            Role::Assistant => reply(row, position, &mut message, unsupported.warnings),
            _ => written(row, position, &mut message, unsupported)?,
        }
        ids.rewrite(&mut message);
        fitted.push(message);
    }
    Ok(fitted)
}

/// A reply: its reasoning goes where the server wants it, other providers' parts stay behind.
fn reply(row: &Row, position: usize, message: &mut Cow<'_, Message>, warnings: &mut Vec<String>) {
    match &message.content {
        // An answer that said nothing visible: every server wants content or calls.
        None if message.tool_calls.is_empty() && !message.extra.contains_key("function_call") => {
            message.to_mut().content = Some(Content::Text(String::new()));
            return;
        }
        Some(Content::Parts(parts)) if !parts.iter().all(|part| stays(row, part)) => {}
        _ => return,
    }
    let message = message.to_mut();
    let Some(Content::Parts(parts)) = message.content.take() else {
        return;
    };
    let mut kept = Vec::new();
    for (index, mut part) in parts.into_iter().enumerate() {
        if stays(row, &part) {
            kept.push(part);
        } else if is_field(row, &part.kind) {
            let value = part.fields.get_mut(&part.kind).map(Value::take);
            put_reasoning(&mut message.extra, &part.kind, value);
        } else {
            warnings.push(format!(
                "messages[{position}].content[{index}] was left out: {} takes no \"{}\"",
                row.name, part.kind
            ));
        }
    }
    message.content = content(kept, !message.tool_calls.is_empty());
}

/// Whether a part of a reply goes out as a part.
fn stays(row: &Row, part: &ContentPart) -> bool {
    let kind = part.kind.as_str();
    COMMON.contains(&kind) || row.parts.contains(&kind) || is_own_thinking(row, part)
}

/// Mistral's thinking is a list; Anthropic's, of the same name, is text.
fn is_own_thinking(row: &Row, part: &ContentPart) -> bool {
    matches!(row.reasoning, Reasoning::Part(kind) if kind == part.kind)
        && part.fields.get(&part.kind).is_some_and(Value::is_array)
}

/// Whether a part of this kind goes out as the message's field of that name.
fn is_field(row: &Row, kind: &str) -> bool {
    match row.reasoning {
        Reasoning::Text(field) | Reasoning::Entries(field) => field == kind,
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
        match part.fields.get("text") {
            Some(Value::String(piece)) if part.kind == "text" && part.fields.len() == 1 => {
                text.push_str(piece);
            }
            _ => return Some(Content::Parts(parts)),
        }
    }
    Some(Content::Text(text))
}

/// What the caller wrote, or a tool answered: nothing of it is left out unasked.
fn written(
    row: &Row,
    position: usize,
    message: &mut Cow<'_, Message>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let Some(Content::Parts(parts)) = &message.content else {
        return Ok(());
    };
    let is_foreign =
        |part: &ContentPart| FOREIGN.contains(&part.kind.as_str()) && !stays(row, part);
    if !parts.iter().any(is_foreign) {
        return Ok(());
    }
    for (index, part) in parts
        .iter()
        .enumerate()
        .filter(|(_, part)| is_foreign(part))
    {
        let field = format!("messages[{position}].content[{index}]");
        let why = format!("chat completions have no \"{}\"", part.kind);
        unsupported.refuse(&field, &why)?;
    }
    if let Some(Content::Parts(parts)) = &mut message.to_mut().content {
        parts.retain(|part| !is_foreign(part));
    }
    Ok(())
}

/// New names for the tool calls of other providers, the same in all messages.
struct CallIds<'m>(HashMap<&'m str, String>);

impl<'m> CallIds<'m> {
    fn read(row: &Row, messages: &'m [Message]) -> Self {
        let length = row.call_id_length;
        if length == 0 {
            return Self(HashMap::new());
        }
        let fits = |id: &str| id.len() == length && id.bytes().all(|b| b.is_ascii_alphanumeric());
        let all = messages.iter().flat_map(|message| {
            let calls = message
                .tool_calls
                .iter()
                .filter_map(|call| call.id.as_deref());
            calls.chain(message.tool_call_id.as_deref())
        });
        let foreign = all.filter(|id| !fits(id));
        Self(foreign.map(|id| (id, short_id(id, length))).collect())
    }

    fn rewrite(&self, message: &mut Cow<'_, Message>) {
        let new = |id: &Option<String>| id.as_deref().and_then(|id| self.0.get(id)).cloned();
        if let Some(id) = new(&message.tool_call_id) {
            message.to_mut().tool_call_id = Some(id);
        }
        if message
            .tool_calls
            .iter()
            .all(|call| new(&call.id).is_none())
        {
            return;
        }
        for call in &mut message.to_mut().tool_calls {
            if let Some(id) = new(&call.id) {
                call.id = Some(id);
            }
        }
    }
}

/// A name of this length that depends on the old one alone, so that the next request says the same
/// (and a cache of prompts still fits): FNV-1a in letters and digits.
fn short_id(id: &str, length: usize) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    const SIGNS: u64 = 62;
    let mut hash = id.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    let signs = (0..length).map(|_| {
        let sign = (hash % SIGNS) as u8;
        hash /= SIGNS;
        char::from(match sign {
            0..=9 => b'0' + sign,
            10..=35 => b'a' + (sign - 10),
            _ => b'A' + (sign - 36),
        })
    });
    signs.collect()
}
