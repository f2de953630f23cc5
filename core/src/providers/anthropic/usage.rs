//! Token counts and stop reasons of messages in our vocabulary. Called by `decode`.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::providers::ending;

/// Adds what a later count says; it is the whole count and not the difference.
pub(super) fn note(usage: &mut Map<String, Value>, news: Map<String, Value>) {
    usage.extend(news.into_iter().filter(|(_, value)| !value.is_null()));
}

/// Input does not include what was read from or written to a cache; output includes thinking. The
/// sum is not sent, so there is none.
pub(super) fn usage(raw: &Map<String, Value>) -> Option<Usage> {
    let count = |name: &str| raw.get(name).and_then(Value::as_u64);
    let thinking = raw
        .get("output_tokens_details")
        .and_then(|details| details.get("thinking_tokens")?.as_u64());
    (!raw.is_empty()).then(|| Usage {
        input_tokens: count("input_tokens"),
        output_tokens: count("output_tokens"),
        cached_input_tokens: count("cache_read_input_tokens"),
        cache_write_tokens: count("cache_creation_input_tokens"),
        reasoning_tokens: thinking,
        raw: raw.clone(),
        ..Usage::default()
    })
}

/// A stop reason, and what it means when calls wait for the caller's answer.
pub(super) fn finish_reason(raw: &str, calls_wait: bool) -> FinishReason {
    match raw {
        "end_turn" | "stop_sequence" if calls_wait => FinishReason::ToolCalls,
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        "pause_turn" | "compaction" => FinishReason::Pause,
        _ if ending::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
