//! Messages as turns: system messages stand apart, the roles are two and take turns, and the
//! results of tool calls come first in the turn after the calls.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::{json, Value};

use super::documents::DocumentNames;
use super::message_parts::{self, Block};
use super::models::Family;
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::tool_calls::request_calls::arguments_text;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::turns::{self, TurnRole};
use crate::providers::unsupported::Unsupported;
use crate::request::{Content, LlmRequest, Message, MessageToolCall, Role};

/// What stands in a turn that only has to be there.
const PLACEHOLDER: &str = ".";

/// A conversation as Bedrock has it.
pub(super) type Conversation<'a> = turns::Conversation<Block<'a>>;
pub(super) type Turn<'a> = turns::Turn<Block<'a>>;

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
    let ids = CallIdRule::BEDROCK.of_bedrock_model(&request.model);
    let mut context = Context {
        family,
        ids: RenamedCallIds::of(ids, messages),
        names: DocumentNames::default(),
    };
    let prompt = "Converse has one system prompt";
    let blocks = |message, position, place: &str, unsupported: &mut Unsupported<'_>| {
        blocks(message, place, position, &mut context, unsupported)
    };
    let mut conversation = Conversation::of(messages, prompt, unsupported, blocks)?;
    arrange(&mut conversation, family, unsupported);
    Ok(conversation)
}

/// What the service, or the model's vendor, requires of the order.
fn arrange(conversation: &mut Conversation<'_>, family: Family, unsupported: &mut Unsupported<'_>) {
    // "A conversation must start with a user message."
    let first = conversation.turns.first();
    let begins = first.is_some_and(|turn| turn.role == TurnRole::Assistant);
    if begins && !family.may_begin() {
        let warning = "messages begin with the assistant's; a turn of the user's was put before it";
        unsupported.warnings.push(warning.to_owned());
        conversation.turns.insert(0, placeholder(TurnRole::User));
    }
    // "final assistant content cannot end with trailing whitespace".
    if let Some(block) = conversation.last_of_assistant() {
        block.trim_end();
    }
    let turns = std::mem::take(&mut conversation.turns).into_iter();
    conversation.turns = turns.flat_map(|turn| arranged(turn, family)).collect();
}

/// Results before everything else, and alone where nothing may stand beside them.
fn arranged(mut turn: Turn<'_>, family: Family) -> Vec<Turn<'_>> {
    if turn.role == TurnRole::Assistant {
        return vec![turn];
    }
    turn.blocks.sort_by_key(|block| !block.is_tool_result());
    let results = turn.blocks.partition_point(Block::is_tool_result);
    let others = turn.blocks.get(results..).unwrap_or_default();
    let is_mixed = match results {
        0 => false,
        _ if family.keeps_results_apart() => !others.is_empty(),
        _ => family.is_claude() && !others.iter().all(Block::stands_beside_results),
    };
    if !is_mixed {
        return vec![turn];
    }
    // Turns of one role would be joined again, by the service.
    let others = Turn {
        role: TurnRole::User,
        blocks: turn.blocks.split_off(results),
    };
    vec![turn, placeholder(TurnRole::Assistant), others]
}

fn placeholder(role: TurnRole) -> Turn<'static> {
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
    let why = "Converse has no such field in a message";
    foreign_fields::check(message, place, &["cache_control"], why, unsupported)?;
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
            let own = call.id.as_deref();
            let id = own.map(|own| context.ids.of_call(position, index, own));
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

fn result<'a>(
    message: &'a Message,
    place: &str,
    position: usize,
    context: &mut Context,
    unsupported: &mut Unsupported<'_>,
) -> Result<Block<'a>, LlmError> {
    let missing = || invalid_request(NAME, &format!("{place}.tool_call_id is missing"));
    let own = message.tool_call_id.as_deref().ok_or_else(missing)?;
    let id = context.ids.of_result(position, own);
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
    id: Option<Cow<'a, str>>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Block<'a>>, LlmError> {
    let Some(function) = &call.function else {
        let why = "Converse has no tools that take free text";
        return unsupported.refuse(place, why).map(|()| None);
    };
    let missing = || invalid_request(NAME, &format!("{place}.id is missing"));
    Ok(Some(Block::ToolUse {
        id: id.ok_or_else(missing)?,
        name: &function.name,
        input: arguments_text(NAME, place, &function.arguments)?,
    }))
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut turn = serializer.serialize_struct("Turn", 2)?;
        turn.serialize_field("role", &self.role)?;
        turn.serialize_field("content", &self.blocks)?;
        turn.end()
    }
}
