//! Token counts and finish reasons of chat completions in our vocabulary. Called by `decode`.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::providers::{ending, json};

/// Reads a usage object under all the names that servers use.
pub(super) fn usage(text: &str) -> Option<Usage> {
    let mut repaired = String::new();
    let raw: Map<String, Value> = json::parse(text, &mut repaired).ok()?;
    let details = |names: [&str; 2], count: &str| {
        names
            .iter()
            .find_map(|name| count_of(raw.get(*name)?.get(count)))
    };
    let own = |names: &[&str]| names.iter().find_map(|name| count_of(raw.get(*name)));
    Some(Usage {
        input_tokens: own(&["prompt_tokens", "input_tokens"]),
        output_tokens: own(&["completion_tokens", "output_tokens"]),
        total_tokens: own(&["total_tokens"]),
        cached_input_tokens: details(
            ["prompt_tokens_details", "input_tokens_details"],
            "cached_tokens",
        )
        // DeepSeek; Moonshot.
        .or_else(|| own(&["prompt_cache_hit_tokens", "cached_tokens"])),
        reasoning_tokens: details(
            ["completion_tokens_details", "output_tokens_details"],
            "reasoning_tokens",
        )
        .or_else(|| own(&["reasoning_tokens"])),
        raw,
        ..Usage::default()
    })
}

/// Some servers count in floats.
fn count_of(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|count| *count >= 0.0)
            .map(|c| c as u64)
    })
}

/// A finish reason, and what it means when there were tool calls: forced calls have ended with
/// `stop` on some versions of models.
pub(super) fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "end_turn" | "stop_sequence" if has_calls => FinishReason::ToolCalls,
        "stop" | "eos" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "model_length" | "max_tokens" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        // The latter is Z.ai's.
        "content_filter" | "sensitive" => FinishReason::ContentFilter,
        _ if ending::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
