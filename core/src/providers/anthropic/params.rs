//! The fields beside messages and tools: what each is here, and what Anthropic cannot do.

use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::{own_object, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

pub(super) const MAX_TOKENS: &str = "max_tokens";
/// Sent where the caller names no limit, since the API requires one: the most that every model of
/// Anthropic's takes. A budget for thinking, which counts against the limit, is added to it.
const MAX_TOKENS_DEFAULT: u64 = 4096;

/// Fields that only OpenAI has, and the reasons that the refusals and warnings give.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("seed", NO_SUCH),
    ("audio", "Anthropic's models respond in text"),
    ("frequency_penalty", NO_SUCH),
    ("function_call", "it is the old form of tool_choice"),
    ("functions", "it is the old form of tools"),
    ("logit_bias", NO_SUCH),
    ("logprobs", NO_SUCH),
    ("modalities", "Anthropic's models respond in text"),
    ("n", "one stream carries one response"),
    ("prediction", NO_SUCH),
    ("presence_penalty", NO_SUCH),
    (
        "prompt_cache_key",
        "write cache_control on messages and tools",
    ),
    (
        "prompt_cache_retention",
        "write cache_control on messages and tools",
    ),
    ("safety_identifier", "write user"),
    ("store", NO_SUCH),
    ("top_logprobs", NO_SUCH),
    ("verbosity", NO_SUCH),
    (
        "web_search_options",
        "give a tool of type web_search_20250305",
    ),
];
const NO_SUCH: &str = "Anthropic has no such field";

/// Fields that are OpenAI's and are written in Anthropic's way, or request what comes anyway.
const WRITTEN_ELSEWHERE: &[&str] = &[
    "max_completion_tokens",
    "output_config",
    "parallel_tool_calls",
    "stream_options",
];

/// Whether an unknown field goes out as it is.
pub(super) fn passes(name: &str) -> bool {
    !WRITTEN_ELSEWHERE.contains(&name) && !UNSUPPORTED.iter().any(|(known, _)| *known == name)
}

/// Refuses what Anthropic cannot do.
pub(super) fn check(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    unsupported.refuse_fields(request, UNSUPPORTED.iter().copied())
}

/// The limit, under either of OpenAI's names for it.
pub(super) fn encode_max_tokens(request: &LlmRequest) -> u64 {
    let newer = request.extra.get("max_completion_tokens");
    let named = newer.and_then(Value::as_u64).or(request.max_tokens);
    named.unwrap_or_else(|| {
        let over = request.extra_body.get("thinking");
        let thinking = over.or_else(|| request.extra.get("thinking"));
        let budget = thinking.and_then(|thinking| thinking.get("budget_tokens")?.as_u64());
        MAX_TOKENS_DEFAULT.saturating_add(budget.unwrap_or(0))
    })
}

/// The caller's own `output_config`, with the schema and the effort where it lacks them.
pub(super) fn encode_output_config(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Map<String, Value>>, LlmError> {
    let mut config = own_object(unsupported.provider, &request.extra, "output_config")?;
    if let Some(format) = format(request, unsupported)? {
        config.entry("format").or_insert(format);
    }
    if let Some(effort) = effort(request, unsupported)? {
        config.entry("effort").or_insert(effort);
    }
    Ok((!config.is_empty()).then_some(config))
}

fn format(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let Some(format) = &request.response_format else {
        return Ok(None);
    };
    let field = |name: &str| format.get(name);
    match field("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        // In Anthropic's own form already.
        Some("json_schema") if field("schema").is_some() => Ok(Some(format.clone())),
        Some("json_schema") => {
            let schema = field("json_schema").and_then(|described| described.get("schema"));
            let missing = "response_format.json_schema.schema is missing";
            let schema = schema.ok_or_else(|| invalid_request(unsupported.provider, missing))?;
            let kind = ("type".to_owned(), Value::from("json_schema"));
            let schema = ("schema".to_owned(), schema.clone());
            Ok(Some(Value::Object(Map::from_iter([kind, schema]))))
        }
        Some("json_object") => {
            let why = "Anthropic needs the JSON's schema, as type json_schema";
            unsupported.refuse("response_format", why).map(|()| None)
        }
        _ => unsupported
            .refuse("response_format", "its type is unknown")
            .map(|()| None),
    }
}

/// Effort is about all tokens, thinking is another switch: "none" and "minimal" have no like here.
fn effort(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    match request.reasoning_effort.as_deref() {
        None => Ok(None),
        Some(word @ ("none" | "minimal")) => {
            let why = format!(
                "Anthropic has no effort \"{word}\"; write low, or thinking with type disabled"
            );
            unsupported.refuse("reasoning_effort", &why).map(|()| None)
        }
        Some(word) => Ok(Some(Value::from(word))),
    }
}

/// Anthropic takes the user's name and no other metadata.
pub(super) fn encode_metadata(
    request: &LlmRequest,
    fields: &OverrideFields<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Map<String, Value>>, LlmError> {
    if fields.has("metadata") {
        return Ok(None);
    }
    let mut kept = Map::new();
    if let Some(user) = &request.user {
        kept.insert("user_id".to_owned(), Value::from(user.as_str()));
    }
    for (name, value) in request.metadata.iter().flatten() {
        match name.as_str() {
            "user_id" => {
                kept.insert(name.clone(), value.clone());
            }
            _ => unsupported.refuse(&format!("metadata.{name}"), "Anthropic takes only user_id")?,
        }
    }
    Ok((!kept.is_empty()).then_some(kept))
}
