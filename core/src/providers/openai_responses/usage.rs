//! Token counts and the end of a response in our vocabulary.

use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::{completion, token_counts};

/// Parses a usage object; input includes what was cached, output includes reasoning.
pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    json::parse_object(text).map(token_counts::parse_usage)
}

/// The status of a response, or why it is incomplete. A response that calls tools is completed like
/// any other.
pub(super) fn parse_finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        // The second is what some servers write.
        "completed" | "complete" if has_calls => FinishReason::ToolCalls,
        "completed" | "complete" => FinishReason::Stop,
        "max_output_tokens" | "max_messages" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        // A response in the background, which goes on at the provider.
        "queued" | "in_progress" => FinishReason::Pause,
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
