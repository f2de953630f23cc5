//! The fields beside messages, tools and `generationConfig`: what each is here, and what Gemini
//! cannot do.

use serde_json::{Map, Value};

use super::generation_config;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Fields that only other wires have, and the reasons that the refusals and warnings give.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("user", NO_SUCH),
    ("audio", "write speechConfig"),
    ("function_call", "it is the old form of tool_choice"),
    ("functions", "it is the old form of tools"),
    ("logit_bias", NO_SUCH),
    ("prediction", NO_SUCH),
    ("prompt_cache_key", "write cachedContent"),
    ("prompt_cache_retention", "write cachedContent"),
    ("safety_identifier", NO_SUCH),
    ("thinking", "write reasoning_effort, or thinkingConfig"),
    ("verbosity", NO_SUCH),
    ("web_search_options", "give a tool of type google_search"),
    ("n", "one stream carries one response"),
    ("parallel_tool_calls", "Gemini cannot be kept from it"),
];
const NO_SUCH: &str = "Gemini has no such field";

/// Fields that are written in Gemini's way elsewhere, or request what comes anyway.
const WRITTEN_ELSEWHERE: &[&str] = &["service_tier", "stream_options"];

/// Whether an unknown field goes out beside the messages, as it is.
pub(super) fn passes(name: &str) -> bool {
    !WRITTEN_ELSEWHERE.contains(&name)
        && !generation_config::owns(name)
        && !UNSUPPORTED.iter().any(|(known, _)| *known == name)
}

/// Refuses what Gemini cannot do.
pub(super) fn check(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    unsupported.refuse_fields(request, UNSUPPORTED.iter().copied())
}

/// Labels of bills: texts.
pub(super) fn encode_labels(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Map<String, Value>>, LlmError> {
    let mut labels = Map::new();
    for (name, value) in request.metadata.iter().flatten() {
        match value {
            Value::String(_) => {
                labels.insert(name.clone(), value.clone());
            }
            Value::Bool(_) | Value::Number(_) => {
                labels.insert(name.clone(), Value::from(value.to_string()));
            }
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => {
                let why = "Gemini's labels are texts";
                unsupported.refuse(&format!("metadata.{name}"), why)?;
            }
        }
    }
    Ok((!labels.is_empty()).then_some(labels))
}

/// The tier under Gemini's name; OpenAI's word for the usual one requests nothing.
pub(super) fn encode_service_tier(request: &LlmRequest) -> Option<&Value> {
    let tier = request.extra.get("service_tier")?;
    Some(tier).filter(|tier| !matches!(tier.as_str(), None | Some("auto" | "default")))
}

/// The error of a field that has to be text, or of another form than it has.
pub(super) fn missing(unsupported: &Unsupported<'_>, place: &str) -> LlmError {
    invalid_request(unsupported.provider, &format!("{place} is missing"))
}
