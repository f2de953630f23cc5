//! The fields beside messages and tools that both versions have in common: which go out under
//! another name, and which Cohere has no place for.

use serde_json::{json, Map, Number, Value};

use super::encode::{Body, Field};
use crate::error::LlmError;
use crate::providers::override_fields::not_empty;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Fields of other wires that mean the same here.
const RENAMED: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens"), ("top_k", "k")];

/// Fields of chat completions that neither version has a place for.
const WITHOUT_PLACE: &[&str] = &[
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
    "top_logprobs",
    "verbosity",
    "web_search_options",
];

const NO_PLACE: &str = "Cohere's chat has no place for it";

/// The fields that have one meaning in both versions.
pub(super) fn put_common<'a>(body: &mut Body<'a>, request: &'a LlmRequest, stream: bool) {
    body.put("max_tokens", request.max_tokens);
    body.put("temperature", request.temperature);
    body.put("p", request.top_p);
    body.put("stop_sequences", not_empty(request.stop.clone()));
    body.put("seed", request.seed.and_then(Number::from_i128));
    body.put("stream", Some(stream));
}

/// Everything that this library does not know, except what Cohere is known to have no place for;
/// `further` is what only this version has none for.
pub(super) fn put_rest<'a>(
    body: &mut Body<'a>,
    request: &'a LlmRequest,
    further: &[&str],
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    unsupported.refuse_fields(request, [("user", NO_PLACE), ("metadata", NO_PLACE)])?;
    for (name, value) in request.extra.iter().filter(|(_, value)| !value.is_null()) {
        let renamed = RENAMED.iter().find(|(theirs, _)| theirs == name);
        let name = renamed.map_or(name.as_str(), |(_, ours)| *ours);
        if body.overrides.overrides(name) || requests_nothing(name, value) {
            continue;
        }
        match WITHOUT_PLACE.contains(&name) || further.contains(&name) {
            true => unsupported.refuse(name, NO_PLACE)?,
            false => body.replace(name, value),
        }
    }
    Ok(())
}

/// A format in Cohere's form: a schema is a field of `json_object`, whose name is the only
/// difference between the versions.
pub(super) fn encode_response_format<'a>(
    request: &'a LlmRequest,
    schema_name: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Field<'a>>, LlmError> {
    let Some(format) = &request.response_format else {
        return Ok(None);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text" | "json_object") => Ok(Some(Field::Borrowed(format))),
        Some("json_schema") => {
            let mut wire = Map::from_iter([("type".to_owned(), json!("json_object"))]);
            if let Some(schema) = format.pointer("/json_schema/schema") {
                wire.insert(schema_name.to_owned(), schema.clone());
            }
            Ok(Some(Value::Object(wire).into()))
        }
        _ => {
            let why = "Cohere has the types text, json_object and json_schema";
            unsupported.refuse("response_format", why).map(|()| None)
        }
    }
}

/// What Cohere does anyway: one response, parallel calls, usage with every response; and a field
/// that is empty or off.
fn requests_nothing(name: &str, value: &Value) -> bool {
    match name {
        "n" => value.as_f64() == Some(1.0),
        "parallel_tool_calls" => value == &Value::Bool(true),
        "stream_options" => true,
        "logprobs" | "store" => value == &Value::Bool(false),
        _ => false,
    }
}
