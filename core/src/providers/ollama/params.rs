//! The fields beside messages and tools: which are options here, which go out under another name,
//! and which Ollama has no place for.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::{own_object, OverrideFields};
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Names of the options of a model (Ollama's Modelfile reference, and `Options` in api/types.go),
/// which a caller may also write at the top, where other providers have them.
const OPTIONS: &[&str] = &[
    "draft_num_predict",
    "frequency_penalty",
    "main_gpu",
    "min_p",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_predict",
    "num_thread",
    "presence_penalty",
    "repeat_last_n",
    "repeat_penalty",
    "seed",
    "stop",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
    "use_mmap",
];

/// Fields of chat completions that have another form here, or request what comes anyway.
const WRITTEN_ELSEWHERE: &[&str] = &["max_completion_tokens", "options", "stream_options"];

/// Fields of chat completions that have no place here.
const WITHOUT_PLACE: &[&str] = &[
    "user",
    "metadata",
    "audio",
    "function_call",
    "functions",
    "logit_bias",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
    "store",
    "verbosity",
    "web_search_options",
];

const NO_PLACE: &str = "Ollama's chat has no place for it";

/// Whether an unknown field goes out as it is.
pub(super) fn passes(name: &str) -> bool {
    let lists = [WRITTEN_ELSEWHERE, WITHOUT_PLACE, OPTIONS];
    !lists.iter().any(|list| list.contains(&name))
}

/// Refuses what Ollama has no place for.
pub(super) fn check(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let fields = WITHOUT_PLACE.iter().map(|name| (*name, NO_PLACE));
    unsupported.refuse_fields(request, fields)
}

/// The options: the caller's own object, and what it lacks of the fields that are options here.
pub(super) fn encode_options(
    request: &LlmRequest,
    fields: &OverrideFields<'_>,
) -> Result<Map<String, Value>, LlmError> {
    let mut options = own_object(NAME, &request.extra, "options")?;
    let newer = request.extra.get("max_completion_tokens").cloned();
    let limit = newer.filter(|limit| !limit.is_null());
    let stop = request.stop.iter().cloned().map(Value::from);
    let named = [
        ("num_predict", limit.or(request.max_tokens.map(Value::from))),
        ("temperature", request.temperature.map(Value::from)),
        ("top_p", request.top_p.map(Value::from)),
        ("stop", (!request.stop.is_empty()).then(|| stop.collect())),
        (
            "seed",
            request.seed.and_then(Number::from_i128).map(Value::from),
        ),
    ];
    for name in OPTIONS.iter().filter(|name| !fields.overrides(name)) {
        let value = request.extra.get(*name).filter(|value| !value.is_null());
        if let Some(value) = value {
            options.entry(*name).or_insert_with(|| value.clone());
        }
    }
    for (name, value) in named {
        if let Some(value) = value {
            options.entry(name).or_insert(value);
        }
    }
    Ok(options)
}

/// How much the model thinks. Unset, a model that can think does; `false` keeps it from that.
pub(super) fn encode_think(request: &LlmRequest) -> Option<Value> {
    Some(match request.reasoning_effort.as_deref()? {
        "none" => Value::Bool(false),
        "minimal" => Value::from("low"),
        "xhigh" => Value::from("max"),
        word => Value::from(word),
    })
}

/// A format in Ollama's form: the word, or the schema alone.
pub(super) fn encode_format<'a>(
    request: &'a LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Cow<'a, Value>>, LlmError> {
    let Some(format) = &request.response_format else {
        return Ok(None);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        Some("json_object") => Ok(Some(Cow::Owned(Value::from("json")))),
        Some("json_schema") => {
            let described = format.get("json_schema").unwrap_or(format);
            match described.get("schema") {
                Some(schema) => Ok(Some(Cow::Borrowed(schema))),
                None => {
                    let what = "response_format.json_schema.schema is missing";
                    Err(invalid_request(NAME, what))
                }
            }
        }
        _ => {
            let why = "Ollama has the types text, json_object and json_schema";
            unsupported.refuse("response_format", why).map(|()| None)
        }
    }
}
