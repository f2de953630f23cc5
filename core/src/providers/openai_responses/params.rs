//! The fields beside input and tools: under which name each goes out, which become a part of
//! another, and what the API does not have.

use serde_json::{json, Map, Value};

use crate::error::LlmError;
use crate::providers::override_fields::{own_object, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Fields that the API does not have, and the reasons that the refusals and warnings give.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("stop", NO_SUCH),
    ("seed", NO_SUCH),
    ("audio", NO_SUCH),
    ("frequency_penalty", NO_SUCH),
    ("function_call", "it is the old form of tool_choice"),
    ("functions", "it is the old form of tools"),
    ("logit_bias", NO_SUCH),
    (
        "logprobs",
        "write \"message.output_text.logprobs\" into include",
    ),
    ("n", "one stream carries one response"),
    ("prediction", NO_SUCH),
    ("presence_penalty", NO_SUCH),
    ("top_k", NO_SUCH),
    ("web_search_options", "give a tool of type web_search"),
];
const NO_SUCH: &str = "the Responses API has no such field";

/// Fields of the chat completions that have another name or place here, or request what comes
/// anyway.
const WRITTEN_ELSEWHERE: &[&str] = &[
    "max_completion_tokens",
    "max_tokens",
    "modalities",
    "reasoning",
    "stream_options",
    "text",
    "verbosity",
];

/// Whether an unknown field goes out as it is.
pub(super) fn passes(name: &str) -> bool {
    !WRITTEN_ELSEWHERE.contains(&name) && !UNSUPPORTED.iter().any(|(known, _)| *known == name)
}

/// Refuses what the API does not have.
pub(super) fn check(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    unsupported.refuse_fields(request, UNSUPPORTED.iter().copied())?;
    // A model writes text anyway.
    match request.extra.get("modalities") == Some(&json!(["text"])) {
        true => Ok(()),
        false => unsupported.refuse_fields(request, [("modalities", NO_SUCH)]),
    }
}

/// The limit, which includes reasoning, under either of the names that chat completions have.
pub(super) fn encode_max_tokens(request: &LlmRequest) -> Option<Value> {
    let newer = request.extra.get("max_completion_tokens");
    let newer = newer.filter(|limit| !limit.is_null()).cloned();
    newer.or(request.max_tokens.map(Value::from))
}

/// The caller's own `text`, with the format and the verbosity where it lacks them.
pub(super) fn encode_text(
    provider: &'static str,
    request: &LlmRequest,
) -> Result<Option<Value>, LlmError> {
    let own = [
        (
            "format",
            request.response_format.as_ref().and_then(encode_format),
        ),
        ("verbosity", request.extra.get("verbosity").cloned()),
    ];
    merged(provider, "text", request, own)
}

/// The caller's own `reasoning`, with the effort where it lacks it.
pub(super) fn encode_reasoning(
    provider: &'static str,
    request: &LlmRequest,
) -> Result<Option<Value>, LlmError> {
    let effort = request.reasoning_effort.as_deref().map(Value::from);
    merged(provider, "reasoning", request, [("effort", effort)])
}

fn merged<const N: usize>(
    provider: &'static str,
    name: &str,
    request: &LlmRequest,
    ours: [(&str, Option<Value>); N],
) -> Result<Option<Value>, LlmError> {
    let mut fields = own_object(provider, &request.extra, name)?;
    for (field, value) in ours {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            fields.entry(field).or_insert(value);
        }
    }
    Ok((!fields.is_empty()).then_some(Value::Object(fields)))
}

/// A response format as the Responses API has it: flat, and with a name. Plain text is what comes
/// anyway.
fn encode_format(format: &Value) -> Option<Value> {
    let kind = format.get("type").and_then(Value::as_str);
    match (kind, format.get("json_schema")) {
        (Some("text"), _) => None,
        (Some("json_schema"), Some(Value::Object(nested))) => {
            let mut flat = Map::from_iter([("type".to_owned(), json!("json_schema"))]);
            flat.extend(nested.clone());
            flat.retain(|_, value| !value.is_null());
            flat.entry("name").or_insert_with(|| json!("response"));
            Some(Value::Object(flat))
        }
        _ => Some(format.clone()),
    }
}

/// The caller's options of a stream. Usage always comes, and no option asks for it.
pub(super) fn encode_stream_options(request: &LlmRequest) -> Option<Value> {
    let mut options = request.extra.get("stream_options")?.as_object()?.clone();
    options.shift_remove("include_usage");
    (!options.is_empty()).then_some(Value::Object(options))
}

/// Whether the provider keeps nothing, as the caller wishes.
pub(super) fn is_stateless(fields: &OverrideFields<'_>, request: &LlmRequest) -> bool {
    let over = request.extra_body.get("store");
    let store = over.or_else(|| request.extra.get("store"));
    fields.has("store") && store == Some(&Value::Bool(false))
}
