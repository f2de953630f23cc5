//! Token counts and stop reasons of Converse in our vocabulary.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::providers::{completion, token_counts};

/// Input does not include what was read from or written to a cache; the sum does.
pub(super) fn parse_usage(raw: &Map<String, Value>) -> Option<Usage> {
    (!raw.is_empty()).then(|| token_counts::parse_usage(raw.clone()))
}

/// A stop reason, and what it means when calls wait for the caller's results.
pub(super) fn parse_finish_reason(raw: &str, calls_wait: bool) -> FinishReason {
    match raw {
        "end_turn" | "stop_sequence" if calls_wait => FinishReason::ToolCalls,
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        // `malformed_model_output`, `malformed_tool_use`.
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
