//! Token counts and finish reasons of chat completions in our vocabulary.

use std::borrow::Cow;

use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::{completion, token_counts};

/// Parses a usage object under all the names that servers use.
pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    json::parse_object(text).map(token_counts::parse_usage)
}

/// A finish reason, and what it means when there were tool calls: forced calls have ended with
/// `stop` on some versions of models.
pub(super) fn parse_finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    // Some gateways shout.
    let lower = match raw.bytes().any(|letter| letter.is_ascii_uppercase()) {
        true => Cow::Owned(raw.to_ascii_lowercase()),
        false => Cow::Borrowed(raw),
    };
    match &*lower {
        reason if is_stop(reason) && has_calls => FinishReason::ToolCalls,
        reason if is_stop(reason) => FinishReason::Stop,
        "length" | "model_length" | "max_tokens" | "model_context_window_exceeded" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        // Z.ai's value, then Gemini's.
        "content_filter" | "sensitive" | "safety" | "recitation" | "blocklist"
        | "prohibited_content" | "spii" => FinishReason::ContentFilter,
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}

/// The values of other wires too: gateways pass them on.
fn is_stop(reason: &str) -> bool {
    matches!(
        reason,
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "complete" | "completed"
    )
}
