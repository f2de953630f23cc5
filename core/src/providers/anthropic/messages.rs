//! Messages as turns: system messages stand apart, the roles are two and take turns, and the
//! results of tool calls come first in the turn after the calls.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::message_parts::{self, Block, Body, ResultContent};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::tool_calls::request_calls::arguments_text;
use crate::providers::tool_calls::request_ids::{CallIdRule, RenamedCallIds};
use crate::providers::turns::{self, TurnRole};
use crate::providers::unsupported::Unsupported;
use crate::providers::{failed_results, foreign_fields};
use crate::request::{Content, Message, MessageToolCall, Role};

/// A conversation as Anthropic has it.
pub(super) type Conversation<'a> = turns::Conversation<Block<'a>>;
pub(super) type Turn<'a> = turns::Turn<Block<'a>>;

pub(super) fn encode_messages<'a>(
    messages: &'a [Message],
    unsupported: &mut Unsupported<'_>,
) -> Result<Conversation<'a>, LlmError> {
    // "String should match pattern '^[a-zA-Z0-9_-]+$'", and "tool_use ids must be unique".
    let ids = RenamedCallIds::of(CallIdRule::Word, messages);
    let prompt = "Anthropic has one system prompt";
    let blocks = |message, position, place: &str, unsupported: &mut Unsupported<'_>| {
        blocks(message, place, position, &ids, unsupported)
    };
    let mut conversation = Conversation::of(messages, prompt, unsupported, blocks)?;
    // "final assistant content cannot end with trailing whitespace".
    if let Some(block) = conversation.last_of_assistant() {
        block.trim_end();
    }
    let turns = conversation.turns.iter_mut();
    for turn in turns.filter(|turn| turn.role == TurnRole::User) {
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
    position: usize,
    ids: &RenamedCallIds,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Block<'a>>, LlmError> {
    let why = "Anthropic has no such field in a message";
    foreign_fields::check(message, place, &["cache_control"], why, unsupported)?;
    let mut blocks = match &message.content {
        _ if message.role == Role::Tool => {
            vec![result(message, place, position, ids, unsupported)?]
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
            let own = call.id.as_deref();
            let id = own.map(|own| ids.of_call(position, index, own));
            blocks.extend(call_block(call, &place, id, unsupported)?);
        }
    }
    if let (Some(block), Some(mark)) = (blocks.last_mut(), message.extra.get("cache_control")) {
        block.cache_control = Some(mark).filter(|mark| !mark.is_null());
    }
    Ok(blocks)
}

fn result<'a>(
    message: &'a Message,
    place: &str,
    position: usize,
    ids: &RenamedCallIds,
    unsupported: &mut Unsupported<'_>,
) -> Result<Block<'a>, LlmError> {
    let missing = || format!("{place}.tool_call_id is missing");
    let own = message.tool_call_id.as_deref();
    let own = own.ok_or_else(|| invalid_request(unsupported.provider, &missing()))?;
    let id = ids.of_result(position, own);
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
    // Anthropic refuses an error without a text.
    if is_error == Some(&Value::Bool(true)) {
        content.get_or_insert(ResultContent::Text(failed_results::FAILED_SILENTLY));
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
    id: Option<Cow<'a, str>>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Block<'a>>, LlmError> {
    let Some(function) = &call.function else {
        let why = "Anthropic has no tools that take free text";
        return unsupported.refuse(place, why).map(|()| None);
    };
    let provider = unsupported.provider;
    let missing = || invalid_request(provider, &format!("{place}.id is missing"));
    Ok(Some(Block::new(Body::ToolUse {
        id: id.ok_or_else(missing)?,
        name: &function.name,
        input: arguments_text(provider, place, &function.arguments)?,
        beside: &call.extra,
    })))
}

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", &self.role)?;
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
