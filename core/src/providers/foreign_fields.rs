//! What messages of other providers' models have, for wires that take a conversation over: it stays
//! behind with a warning, where what the caller wrote would be refused. Owns the lists of names,
//! and the rule for wires whose messages have no other fields.

use super::failed_results::stays_behind;
use super::unsupported::Unsupported;
use crate::error::LlmError;
use crate::request::{Message, Role};

/// Fields of an assistant's message.
pub(crate) const FIELDS: &[&str] = &[
    "annotations",
    "audio",
    "executed_tools",
    "function_call",
    "images",
    "parsed",
    "partial",
    "prefix",
    "provider_specific_fields",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "reasoning_items",
    "refusal",
    "thinking_blocks",
];

/// Kinds of parts that hold the reasoning of a model, or its sources, in other wires.
pub(crate) const PARTS: &[&str] = &[
    "gemini_parts",
    "citationsContent",
    "reasoning",
    "reasoningContent",
    "reasoning_content",
    "reasoning_details",
    "reference",
    "response_items",
    "summary_text",
    "toolResult",
    "toolUse",
    "tool_plan",
];

/// Looks at the fields beside role and content, for wires that have no others than those that are
/// `known`. Clients that send a response of OpenAI's back send its empty ones too, and fields that
/// only OpenAI and compatible servers know in a reply are left out; everything else is refused.
pub(crate) fn check(
    message: &Message,
    place: &str,
    known: &[&str],
    why: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    for (name, value) in &message.extra {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if is_empty || stays_behind(message, name) || known.contains(&name.as_str()) {
            continue;
        }
        let is_foreign = message.role == Role::Assistant
            && name != "function_call"
            && FIELDS.contains(&name.as_str());
        let place = format!("{place}.{name}");
        match is_foreign {
            true => unsupported.leave(&place, name),
            false => unsupported.refuse(&place, why)?,
        }
    }
    Ok(())
}
