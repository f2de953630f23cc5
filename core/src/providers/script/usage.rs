//! Token counts and finish reasons, which a script writes in our vocabulary.

use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::{completion, token_counts};

pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    let raw = json::parse_object(text)?;
    Some(token_counts::parse_usage(raw))
}

pub(super) fn parse_finish_reason(raw: &str) -> FinishReason {
    match raw {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "tool_calls" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        "pause" => FinishReason::Pause,
        _ if completion::is_failure(raw) => FinishReason::Error,
        _ => FinishReason::Other,
    }
}
