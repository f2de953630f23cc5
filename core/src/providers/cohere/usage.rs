//! Token counts and finish reasons in our vocabulary.

use serde_json::Value;

use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::{completion, token_counts};

/// Parses a usage object (v2) or the counts of a `meta` object (v1): `tokens` is what there was,
/// `billed_units` what is charged.
pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    let mut raw = json::parse_object(text)?;
    raw.retain(|name, value| {
        !value.is_null() && !matches!(name.as_str(), "api_version" | "warnings")
    });
    if raw.is_empty() {
        return None;
    }
    let count = |path: [&str; 2]| token_counts::parse_count(raw.get(path[0])?.get(path[1]));
    let billed = [
        count(["billed_units", "input_tokens"]),
        count(["billed_units", "output_tokens"]),
    ];
    let tokens = raw.get("tokens").and_then(Value::as_object).cloned();
    let tokens = token_counts::parse_usage(tokens.unwrap_or_default());
    // Gateways count as other providers do.
    let others = token_counts::parse_usage(raw);
    Some(Usage {
        input_tokens: tokens.input_tokens.or(others.input_tokens),
        output_tokens: tokens.output_tokens.or(others.output_tokens),
        reasoning_tokens: tokens.reasoning_tokens.or(others.reasoning_tokens),
        cached_input_tokens: others.cached_input_tokens.or(tokens.cached_input_tokens),
        cache_write_tokens: others.cache_write_tokens.or(tokens.cache_write_tokens),
        billed_input_tokens: billed[0],
        billed_output_tokens: billed[1],
        ..others
    })
}

/// A finish reason, and what it means when there were tool calls: v1 has no value for those.
pub(super) fn parse_finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw.to_ascii_uppercase().as_str() {
        "COMPLETE" | "STOP_SEQUENCE" if has_calls => FinishReason::ToolCalls,
        "COMPLETE" | "STOP_SEQUENCE" => FinishReason::Stop,
        "MAX_TOKENS" | "ERROR_LIMIT" => FinishReason::Length,
        "TOOL_CALL" => FinishReason::ToolCalls,
        "ERROR_TOXIC" => FinishReason::ContentFilter,
        // ERROR, TIMEOUT, USER_CANCEL.
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
