//! Token counts and finish reasons in our vocabulary.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::completion;
use crate::providers::token_counts::parse_count;

/// The reasons that `enum-encoding=int` numbers, from 1 (generative_service.proto).
const NUMBERED: &[&str] = &[
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_OTHER",
    "NO_IMAGE",
    "IMAGE_RECITATION",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
];

/// Parses a usage object. What the provider's own tools read counts as input, and thoughts as
/// output: the sum that Gemini sends has both.
pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    let raw = json::parse_object(text).filter(|raw: &Map<String, Value>| !raw.is_empty())?;
    let count = |name: &str| parse_count(raw.get(name));
    let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    };
    let reasoning_tokens = count("thoughtsTokenCount");
    Some(Usage {
        input_tokens: sum(count("promptTokenCount"), count("toolUsePromptTokenCount")),
        output_tokens: sum(count("candidatesTokenCount"), reasoning_tokens),
        total_tokens: count("totalTokenCount"),
        cached_input_tokens: count("cachedContentTokenCount"),
        reasoning_tokens,
        raw,
        ..Usage::default()
    })
}

/// A reason that says something; its number is replaced by its word.
pub(super) fn reason_of(raw: &str) -> Option<&str> {
    let word = match raw.parse::<usize>() {
        Ok(number) => number
            .checked_sub(1)
            .map(|index| NUMBERED.get(index).copied().unwrap_or(raw)),
        Err(_) => Some(raw),
    };
    word.filter(|word| !word.is_empty() && !word.ends_with("_UNSPECIFIED"))
}

/// The model called a tool that the request does not have.
pub(super) const UNEXPECTED_CALL: &str = "UNEXPECTED_TOOL_CALL";

/// A finish reason, and what it means when there were tool calls.
pub(super) fn parse_finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        "STOP" if has_calls => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | UNEXPECTED_CALL
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => FinishReason::Error,
        "CONTINUATION" => FinishReason::Pause,
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
