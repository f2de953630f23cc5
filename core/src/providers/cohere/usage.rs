//! Token counts and finish reasons in our vocabulary. Called by the decoders.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::providers::{ending, json, Finish};

/// How an answer ended and what it cost, for both versions.
pub(super) fn finish(reason_raw: Option<String>, has_calls: bool, counts: &str) -> Finish {
    let reason = reason_raw.as_deref();
    Finish {
        reason: reason.map(|raw| finish_reason(raw, has_calls)),
        reason_raw,
        usage: usage(counts),
        ..Finish::default()
    }
}

/// Reads a usage object (v2) or the counts of a `meta` object (v1): `tokens` is what there was,
/// `billed_units` what is charged.
pub(super) fn usage(text: &str) -> Option<Usage> {
    let mut raw: Map<String, Value> = json::parse(text, &mut String::new()).ok()?;
    raw.retain(|name, value| {
        !value.is_null() && !matches!(name.as_str(), "api_version" | "warnings")
    });
    if raw.is_empty() {
        return None;
    }
    let count = |path: [&str; 2]| count_of(raw.get(path[0])?.get(path[1]));
    Some(Usage {
        input_tokens: count(["tokens", "input_tokens"]),
        output_tokens: count(["tokens", "output_tokens"]),
        reasoning_tokens: count(["tokens", "reasoning_tokens"]),
        cached_input_tokens: count_of(raw.get("cached_tokens")),
        billed_input_tokens: count(["billed_units", "input_tokens"]),
        billed_output_tokens: count(["billed_units", "output_tokens"]),
        raw,
        ..Usage::default()
    })
}

/// The API counts in doubles.
fn count_of(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let float = || value.as_f64().filter(|count| *count >= 0.0);
    value.as_u64().or_else(|| float().map(|count| count as u64))
}

/// A finish reason, and what it means when there were tool calls: v1 has no word for those.
fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw.to_ascii_uppercase().as_str() {
        "COMPLETE" | "STOP_SEQUENCE" if has_calls => FinishReason::ToolCalls,
        "COMPLETE" | "STOP_SEQUENCE" => FinishReason::Stop,
        "MAX_TOKENS" | "ERROR_LIMIT" => FinishReason::Length,
        "TOOL_CALL" => FinishReason::ToolCalls,
        "ERROR_TOXIC" => FinishReason::ContentFilter,
        // ERROR, TIMEOUT, USER_CANCEL.
        _ if ending::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
