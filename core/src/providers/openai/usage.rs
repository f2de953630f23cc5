//! Token counts and finish reasons of chat completions in our vocabulary. Called by `decode`.

use serde_json::{Map, Value};

use crate::event::{FinishReason, Usage};
use crate::providers::{completion, json, token_counts};

/// Reads a usage object under all the names that servers use.
pub(super) fn usage(text: &str) -> Option<Usage> {
    let raw: Map<String, Value> = json::parse(text, &mut String::new()).ok()?;
    Some(token_counts::usage(raw))
}

/// A finish reason, and what it means when there were tool calls: forced calls have ended with
/// `stop` on some versions of models.
pub(super) fn finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw.to_ascii_lowercase().as_str() {
        reason if is_stop(reason) && has_calls => FinishReason::ToolCalls,
        reason if is_stop(reason) => FinishReason::Stop,
        "length" | "model_length" | "max_tokens" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        // Z.ai's word, then Gemini's.
        "content_filter" | "sensitive" | "safety" | "recitation" | "blocklist"
        | "prohibited_content" | "spii" => FinishReason::ContentFilter,
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}

/// The words of other wires too: gateways hand them through.
fn is_stop(reason: &str) -> bool {
    matches!(
        reason,
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "complete" | "completed"
    )
}
