//! Token counts and finish reasons in our vocabulary.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::Response;
use crate::event::{FinishReason, Usage};
use crate::json;
use crate::providers::{completion, token_counts};

const INPUT: &str = "prompt_eval_count";
const OUTPUT: &str = "eval_count";

/// The counts of a line as an object's text; the last line has them.
pub(super) fn counts(response: &Response<'_>) -> Option<String> {
    let of = |name: &str, raw: Option<&RawValue>| Some(format!("\"{name}\":{raw}", raw = raw?));
    let counts = [
        of(INPUT, response.prompt_eval_count),
        of(OUTPUT, response.eval_count),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    (!counts.is_empty()).then(|| format!("{{{}}}", counts.join(",")))
}

/// Parses the counts. Tokens of the prompt that a cache has are not counted by older servers, and
/// `eval_count` includes thinking.
pub(super) fn parse_usage(text: &str) -> Option<Usage> {
    let mut raw: Map<String, Value> = json::parse_object(text)?;
    raw.retain(|_, value| !value.is_null());
    if raw.is_empty() {
        return None;
    }
    Some(Usage {
        input_tokens: token_counts::parse_count(raw.get(INPUT)),
        output_tokens: token_counts::parse_count(raw.get(OUTPUT)),
        raw,
        ..Usage::default()
    })
}

/// A finish reason, and what it means when there were tool calls: Ollama says `stop` then too.
pub(super) fn parse_finish_reason(raw: &str, has_calls: bool) -> FinishReason {
    match raw {
        "stop" | "tool_calls" if has_calls => FinishReason::ToolCalls,
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        _ if completion::is_failure(raw) => FinishReason::Error,
        // "load" and "unload": an answer to a request without messages.
        _ => FinishReason::Other,
    }
}
