//! Messages as turns: system messages stand apart, the roles are two and take turns, and the
//! results of tool calls come first in the turn after the calls.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{json, Value};

use super::documents::DocumentNames;
use super::message_parts::{self, Block};
use super::models::Family;
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, LlmRequest, Message, MessageToolCall, Role};

/// What stands in a turn that only has to be there.
const PLACEHOLDER: &str = ".";

/// A conversation as Bedrock has it.
#[derive(Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Block<'a>>,
    pub(super) turns: Vec<Turn<'a>>,
}

/// All messages of one side before the other's turn.
#[derive(Serialize)]
pub(super) struct Turn<'a> {
    role: &'static str,
    #[serde(rename = "content")]
    blocks: Vec<Block<'a>>,
}

/// What the blocks of all messages have in common.
struct Context {
    family: Family,
    ids: RenamedCallIds,
    names: DocumentNames,
}

impl Conversation<'_> {
    /// Whether some call or result is in it.
    pub(super) fn has_tool_blocks(&self) -> bool {
        let mut blocks = self.turns.iter().flat_map(|turn| &turn.blocks);
        blocks.any(Block::is_of_tool)
    }
}

pub(super) fn encode_messages<'a>(
    request: &'a LlmRequest,
    family: Family,
    unsupported: &mut Unsupported<'_>,
) -> Result<Conversation<'a>, LlmError> {
    let messages = &request.messages;
    let mut conversation = Conversation::default();
    let ids = CallIdRule::BEDROCK.of_bedrock_model(&request.model);
    let context = &mut Context {
        family,
        ids: RenamedCallIds::of(ids, messages),
        names: DocumentNames::default(),
    };
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
        let blocks = blocks(message, &place, index, context, unsupported)?;
        // A turn without content is refused: an empty message is left out.
        if blocks.is_empty() {
            continue;
        }
        if role == "system" {
            if !conversation.turns.is_empty() {
                let moved = format!("{place} was moved to the top: Converse has one system prompt");
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
    arrange(&mut conversation.turns, family, unsupported);
    Ok(conversation)
}

/// What the service, or the model's vendor, requires of the order.
fn arrange(turns: &mut Vec<Turn<'_>>, family: Family, unsupported: &mut Unsupported<'_>) {
    // "A conversation must start with a user message."
    let begins = turns.first().is_some_and(|turn| turn.role == "assistant");
    if begins && !family.may_begin() {
        let warning = "messages begin with the assistant's; a turn of the user's was put before it";
        unsupported.warnings.push(warning.to_owned());
        turns.insert(0, placeholder("user"));
    }
    // "final assistant content cannot end with trailing whitespace".
    let last = turns.last_mut().filter(|turn| turn.role == "assistant");
    if let Some(block) = last.and_then(|turn| turn.blocks.last_mut()) {
        block.trim_end();
    }
    let arranged = std::mem::take(turns).into_iter().flat_map(|mut turn| {
        turn.blocks
            .sort_by_key(|block| turn.role == "user" && !block.is_tool_result());
        let results = turn
            .blocks
            .iter()
            .filter(|block| block.is_tool_result())
            .count();
        let others = turn.blocks.get(results..).unwrap_or_default();
        let is_mixed = match turn.role {
            "user" if results > 0 && family.keeps_results_apart() => !others.is_empty(),
            "user" if results > 0 && family.is_claude() => {
                !others.iter().all(Block::stands_beside_results)
            }
            _ => false,
        };
        if !is_mixed {
            return vec![turn];
        }
        // Turns of one role would be joined again, by the service.
        let others = turn.blocks.split_off(results);
        let others = Turn {
            role: turn.role,
            blocks: others,
        };
        vec![turn, placeholder("assistant"), others]
    });
    *turns = arranged.collect();
}

fn placeholder(role: &'static str) -> Turn<'static> {
    let blocks = vec![Block::Text(PLACEHOLDER)];
    Turn { role, blocks }
}

fn blocks<'a>(
    message: &'a Message,
    place: &str,
    position: usize,
    context: &mut Context,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Block<'a>>, LlmError> {
    check_fields(message, place, unsupported)?;
    let mut blocks = match &message.content {
        _ if message.role == Role::Tool => {
            vec![result(message, place, position, context, unsupported)?]
        }
        None => Vec::new(),
        // Beside calls the content is often empty.
        Some(Content::Text(text)) if message_parts::is_blank(text) => Vec::new(),
        Some(Content::Text(text)) => vec![Block::Text(text)],
        Some(Content::Parts(list)) => {
            let is_reply = message.role == Role::Assistant;
            let names = &mut context.names;
            message_parts::encode_parts(list, place, is_reply, names, unsupported)?
        }
    };
    for (index, call) in message.tool_calls.iter().enumerate() {
        let stands_in_content = |id: &str| blocks.iter().any(|block| block.is_tool_use(id));
        if !call.id.as_deref().is_some_and(stands_in_content) {
            let place = format!("{place}.tool_calls[{index}]");
            let id = context.ids.call(position, index);
            blocks.extend(call_block(call, &place, id, unsupported)?);
        }
    }
    let mark = message
        .extra
        .get("cache_control")
        .filter(|mark| !mark.is_null());
    if let (Some(mark), false) = (mark, blocks.is_empty()) {
        blocks.push(Block::cache_point(mark));
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
            let why = "Converse has no such field in a message";
            unsupported.refuse(&format!("{place}.{name}"), why)?;
        }
    }
    Ok(())
}

fn result<'a>(
    message: &'a Message,
    place: &str,
    position: usize,
    context: &mut Context,
    unsupported: &mut Unsupported<'_>,
) -> Result<Block<'a>, LlmError> {
    let new_id = context.ids.result(position);
    let new_id = new_id.map(|id| Cow::Owned(id.to_owned()));
    let id = new_id
        .or(message.tool_call_id.as_deref().map(Cow::Borrowed))
        .ok_or_else(|| invalid_request(NAME, &format!("{place}.tool_call_id is missing")))?;
    let content = match &message.content {
        None => Vec::new(),
        Some(Content::Text(text)) if message_parts::is_blank(text) => Vec::new(),
        Some(Content::Text(text)) if context.family.wants_json_results() => vec![json_result(text)],
        Some(Content::Text(text)) => vec![Block::Text(text)],
        Some(Content::Parts(list)) => {
            message_parts::encode_parts(list, place, false, &mut context.names, unsupported)?
        }
    };
    let mut is_error = message.extra.get("is_error") == Some(&Value::Bool(true));
    if is_error && context.family == Family::Writer {
        unsupported.leave(&format!("{place}.is_error"), "status");
        is_error = false;
    }
    Ok(Block::ToolResult {
        id,
        content,
        is_error,
    })
}

/// An object as it is, and anything else inside one.
fn json_result(text: &str) -> Block<'static> {
    let value = serde_json::from_str(text).ok().filter(Value::is_object);
    let value = value.unwrap_or_else(|| json!({ "return_value": text }));
    Block::Native("json", Cow::Owned(value))
}

fn call_block<'a>(
    call: &'a MessageToolCall,
    place: &str,
    new_id: Option<&str>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Block<'a>>, LlmError> {
    let Some(function) = &call.function else {
        let why = "Converse has no tools that take free text";
        return unsupported.refuse(place, why).map(|()| None);
    };
    let missing = || invalid_request(NAME, &format!("{place}.id is missing"));
    let new_id = new_id.map(|id| Cow::Owned(id.to_owned()));
    let own_id = call.id.as_deref().map(Cow::Borrowed);
    Ok(Some(Block::ToolUse {
        id: new_id.or(own_id).ok_or_else(missing)?,
        name: &function.name,
        input: input(&function.arguments, place)?,
    }))
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
        let what = format!("{place}.function.arguments is not the text of a JSON object");
        invalid_request(NAME, &what)
    })
}
