//! Messages as turns: system messages stand apart, the roles are two and take turns, and the
//! results of tool calls come first in the turn after the calls.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::Value;

use std::borrow::Cow;

use super::message_parts::{self, Block, Body, ResultContent};
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, Message, MessageToolCall, Role};

/// Anthropic refuses an error without a text.
const FAILED_SILENTLY: &str = "the tool failed without a message";

/// A conversation as Anthropic has it.
#[derive(Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Block<'a>>,
    pub(super) turns: Vec<Turn<'a>>,
}

/// All messages of one side before the other's turn.
pub(super) struct Turn<'a> {
    role: &'static str,
    blocks: Vec<Block<'a>>,
}

pub(super) fn encode_messages<'a>(
    messages: &'a [Message],
    unsupported: &mut Unsupported<'_>,
) -> Result<Conversation<'a>, LlmError> {
    let mut conversation = Conversation::default();
    // "String should match pattern '^[a-zA-Z0-9_-]+$'", and "tool_use ids must be unique".
    let names = RenamedCallIds::of(CallIdRule::Word, messages);
    for (index, message) in messages.iter().enumerate() {
        let place = format!("messages[{index}]");
        let role = match message.role {
            Role::System | Role::Developer => "system",
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
            Role::Function => {
                let why = "role function has no id of a call; use role tool";
                unsupported.refuse(&place, why)?;
                continue;
            }
        };
        let blocks = blocks(message, &place, &names, index, unsupported)?;
        // "all messages must have non-empty content": an empty message is left out.
        if blocks.is_empty() {
            continue;
        }
        if role == "system" {
            if !conversation.turns.is_empty() {
                let moved =
                    format!("{place} was moved to the top: Anthropic has one system prompt");
                unsupported.warnings.push(moved);
            }
            conversation.system.extend(blocks);
            continue;
        }
        match conversation.turns.last_mut() {
            Some(turn) if turn.role == role => turn.blocks.extend(blocks),
            _ => conversation.turns.push(Turn { role, blocks }),
        }
    }
    let is_turn = |message: &Message| !matches!(message.role, Role::System | Role::Developer);
    if conversation.turns.is_empty() && messages.iter().any(is_turn) {
        let what = "messages are empty; give at least one of the user's";
        return Err(invalid_request(NAME, what));
    }
    // "final assistant content cannot end with trailing whitespace".
    let last = conversation.turns.last_mut();
    let last = last.filter(|turn| turn.role == "assistant");
    if let Some(block) = last.and_then(|turn| turn.blocks.last_mut()) {
        block.trim_end();
    }
    for turn in conversation
        .turns
        .iter_mut()
        .filter(|turn| turn.role == "user")
    {
        let blocks = std::mem::take(&mut turn.blocks).into_iter();
        let (mut blocks, others): (Vec<_>, Vec<_>) = blocks.partition(Block::is_tool_result);
        blocks.extend(others);
        turn.blocks = blocks;
    }
    Ok(conversation)
}

fn blocks<'a>(
    message: &'a Message,
    place: &str,
    names: &RenamedCallIds,
    position: usize,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Block<'a>>, LlmError> {
    check_fields(message, place, unsupported)?;
    let mut blocks = match &message.content {
        _ if message.role == Role::Tool => {
            let id = names.result(position);
            vec![result(message, place, id, unsupported)?]
        }
        None => Vec::new(),
        // Beside calls the content is often empty; Anthropic takes no blank text.
        Some(Content::Text(text)) if message_parts::is_blank(text) => Vec::new(),
        Some(Content::Text(text)) => vec![Block::new(Body::Text(text))],
        Some(Content::Parts(list)) => {
            message_parts::encode_parts(list, place, message.role == Role::Assistant, unsupported)?
        }
    };
    for (index, call) in message.tool_calls.iter().enumerate() {
        let stands_in_content = |id: &str| blocks.iter().any(|block| block.is_tool_use(id));
        if !call.id.as_deref().is_some_and(stands_in_content) {
            let place = format!("{place}.tool_calls[{index}]");
            let id = names.call(position, index);
            blocks.extend(call_block(call, &place, id, unsupported)?);
        }
    }
    if let (Some(block), Some(mark)) = (blocks.last_mut(), message.extra.get("cache_control")) {
        block.cache_control = Some(mark).filter(|mark| !mark.is_null());
    }
    Ok(blocks)
}

/// Fields beside role and content. Clients that send a response of OpenAI's back send its empty
/// ones too, and fields that only OpenAI and compatible servers know are left out.
fn check_fields(
    message: &Message,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    for (name, value) in &message.extra {
        let is_known = match name.as_str() {
            "cache_control" => true,
            // The id shows which tool it was.
            "is_error" | "name" => message.role == Role::Tool,
            _ => false,
        };
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        let is_foreign = message.role == Role::Assistant
            && name != "function_call"
            && foreign_fields::FIELDS.contains(&name.as_str());
        if is_foreign && !is_empty {
            unsupported.leave(&format!("{place}.{name}"), name);
        } else if !is_known && !is_empty {
            let why = "Anthropic has no such field in a message";
            unsupported.refuse(&format!("{place}.{name}"), why)?;
        }
    }
    Ok(())
}

fn result<'a>(
    message: &'a Message,
    place: &str,
    new_id: Option<&str>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Block<'a>, LlmError> {
    let new_id = new_id.map(|id| Cow::Owned(id.to_owned()));
    let id = new_id
        .or(message.tool_call_id.as_deref().map(Cow::Borrowed))
        .ok_or_else(|| invalid_request(NAME, &format!("{place}.tool_call_id is missing")))?;
    let mut content = match &message.content {
        None => None,
        Some(Content::Text(text)) if message_parts::is_blank(text) => None,
        Some(Content::Text(text)) => Some(ResultContent::Text(text)),
        Some(Content::Parts(list)) => {
            let blocks = message_parts::encode_parts(list, place, false, unsupported)?;
            (!blocks.is_empty()).then_some(ResultContent::Blocks(blocks))
        }
    };
    let is_error = message.extra.get("is_error").filter(|is| !is.is_null());
    if is_error == Some(&Value::Bool(true)) {
        content.get_or_insert(ResultContent::Text(FAILED_SILENTLY));
    }
    Ok(Block::new(Body::ToolResult {
        id,
        content,
        is_error,
    }))
}

fn call_block<'a>(
    call: &'a MessageToolCall,
    place: &str,
    new_id: Option<&str>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Block<'a>>, LlmError> {
    let Some(function) = &call.function else {
        let why = "Anthropic has no tools that take free text";
        return unsupported.refuse(place, why).map(|()| None);
    };
    let missing = || invalid_request(NAME, &format!("{place}.id is missing"));
    let new_id = new_id.map(|id| Cow::Owned(id.to_owned()));
    let own_id = call.id.as_deref().map(Cow::Borrowed);
    Ok(Some(Block::new(Body::ToolUse {
        id: new_id.or(own_id).ok_or_else(missing)?,
        name: &function.name,
        input: input(&function.arguments, place)?,
        beside: &call.extra,
    })))
}

/// The arguments as they were written, which must be an object; `None` is an empty one.
fn input<'a>(arguments: &'a str, place: &str) -> Result<Option<&'a RawValue>, LlmError> {
    let text = arguments.trim();
    if matches!(text, "" | "null") {
        return Ok(None);
    }
    let raw: Option<&RawValue> = serde_json::from_str(text).ok();
    let object = raw.filter(|raw| raw.get().starts_with('{'));
    object.map(Some).ok_or_else(|| {
        invalid_request(
            NAME,
            &format!("{place}.function.arguments is not the text of a JSON object"),
        )
    })
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", self.role)?;
        let nothing: &[Block<'_>] = &[];
        match content(&self.blocks) {
            Some(content) => map.serialize_entry("content", &content)?,
            None => map.serialize_entry("content", nothing)?,
        }
        map.end()
    }
}

/// What a turn, or the system prompt, consists of; `None` if there is nothing.
pub(super) fn content<'a, 'b>(blocks: &'b [Block<'a>]) -> Option<TurnContent<'a, 'b>> {
    (!blocks.is_empty()).then_some(TurnContent(blocks))
}

pub(super) struct TurnContent<'a, 'b>(&'b [Block<'a>]);

impl Serialize for TurnContent<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [Block {
                body: Body::Text(text),
                cache_control: None,
            }] => serializer.serialize_str(text),
            blocks => blocks.serialize(serializer),
        }
    }
}
