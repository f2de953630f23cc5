//! The fields of `generationConfig`: what each of ours is there, and which of the caller's own
//! belong in it. Owns how hard a model of which generation thinks.

use serde_json::{json, Map, Number, Value};

use super::model::Model;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::own_object;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

pub(super) const NAME: &str = "generationConfig";
const NAME_OLD: &str = "generation_config";
/// The caller's own object, which is written in ours, may have either name.
pub(super) const NAMES: [&str; 2] = [NAME, NAME_OLD];

/// Fields that the caller may write beside the messages: their names as others write them, and
/// Gemini's (GenerationConfig in ai.google.dev/api/generate-content; of Vertex AI, as
/// `_GenerateContentConfig_to_vertex` of the package google-genai writes it).
const MEMBERS: &[(&str, &str)] = &[
    ("audio_timestamp", "audioTimestamp"),
    ("candidate_count", "candidateCount"),
    ("enable_affective_dialog", "enableAffectiveDialog"),
    (
        "enable_enhanced_civic_answers",
        "enableEnhancedCivicAnswers",
    ),
    ("frequency_penalty", "frequencyPenalty"),
    ("image_config", "imageConfig"),
    ("max_completion_tokens", "maxOutputTokens"),
    ("max_output_tokens", "maxOutputTokens"),
    ("media_resolution", "mediaResolution"),
    ("model_selection_config", "modelConfig"),
    ("modelSelectionConfig", "modelConfig"),
    ("presence_penalty", "presencePenalty"),
    ("response_json_schema", "responseJsonSchema"),
    ("response_logprobs", "responseLogprobs"),
    ("response_mime_type", "responseMimeType"),
    ("response_modalities", "responseModalities"),
    ("response_schema", "responseSchema"),
    ("routing_config", "routingConfig"),
    ("speech_config", "speechConfig"),
    ("stop_sequences", "stopSequences"),
    ("thinking_config", "thinkingConfig"),
    ("top_k", "topK"),
    ("top_logprobs", "logprobs"),
];

/// Gemini's name for a field that belongs here.
fn member(name: &str) -> Option<&'static str> {
    let mut members = MEMBERS.iter();
    let found = members.find(|(other, own)| *other == name || *own == name);
    found.map(|(_, own)| *own)
}

/// Whether a field goes out here, and not beside the messages.
pub(super) fn owns(name: &str) -> bool {
    matches!(name, NAME | NAME_OLD | "logprobs" | "modalities") || member(name).is_some()
}

/// The whole object: ours, over it the caller's fields, over them the caller's own object, over it
/// that of `extra_body`.
pub(super) fn encode(
    request: &LlmRequest,
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Map<String, Value>>, LlmError> {
    let mut config = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        config.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("maxOutputTokens", request.max_tokens.map(Value::from));
    put("temperature", request.temperature.map(Value::from));
    put("topP", request.top_p.map(Value::from));
    let stop = Some(&request.stop).filter(|stop| !stop.is_empty());
    put("stopSequences", stop.map(|stop| json!(stop)));
    let seed = request.seed.and_then(Number::from_i128);
    put("seed", seed.map(Value::Number));
    put_format(request, &mut config, unsupported)?;
    for (name, value) in request.extra.iter().filter(|(_, value)| !value.is_null()) {
        let (name, value) = match (name.as_str(), value) {
            // OpenAI's switch; Gemini's field of this name is a number.
            ("logprobs", Value::Bool(_)) => ("responseLogprobs", value.clone()),
            ("logprobs", _) => ("logprobs", value.clone()),
            ("modalities", _) => ("responseModalities", upper_case(value)),
            (name, _) => match member(name) {
                Some(own) => (own, value.clone()),
                None => continue,
            },
        };
        config.insert(name.to_owned(), value);
    }
    for fields in [&request.extra, &request.extra_body] {
        for name in NAMES {
            config.extend(own_object(model.service.name(), fields, name)?);
        }
    }
    put_thinking(request, model, &mut config, unsupported)?;
    config.retain(|_, value| !value.is_null());
    let is_taken_out = request.extra_body.get(NAME).is_some_and(Value::is_null);
    Ok((!config.is_empty() && !is_taken_out).then_some(config))
}

/// `["text", "image"]` is `["TEXT", "IMAGE"]` here.
fn upper_case(value: &Value) -> Value {
    match value {
        Value::String(word) => Value::from(word.to_ascii_uppercase()),
        Value::Array(list) => list.iter().map(upper_case).collect(),
        other => other.clone(),
    }
}

fn put_format(
    request: &LlmRequest,
    config: &mut Map<String, Value>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let Some(format) = &request.response_format else {
        return Ok(());
    };
    let kind = format.get("type").and_then(Value::as_str);
    if kind == Some("text") {
        return Ok(());
    }
    if !matches!(kind, Some("json_object" | "json_schema")) {
        let why = "Gemini has the types text, json_object and json_schema";
        return unsupported.refuse("response_format", why);
    }
    config.insert("responseMimeType".to_owned(), json!("application/json"));
    if kind == Some("json_schema") {
        let schema = format.pointer("/json_schema/schema");
        let missing = "response_format.json_schema.schema is missing";
        let schema = schema.ok_or_else(|| invalid_request(unsupported.provider, missing))?;
        config.insert("responseJsonSchema".to_owned(), schema.clone());
    }
    Ok(())
}

/// The caller's own budget or level goes before an effort; both together are refused by Gemini.
/// An effort also requests what the model thinks, which nothing else would show.
fn put_thinking(
    request: &LlmRequest,
    model: Model<'_>,
    config: &mut Map<String, Value>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let Some(effort) = request.reasoning_effort.as_deref() else {
        return Ok(());
    };
    let mut thinking = own_object(model.service.name(), config, "thinkingConfig")?;
    let names = [
        "thinkingLevel",
        "thinking_level",
        "thinkingBudget",
        "thinking_budget",
    ];
    if !names.iter().any(|name| thinking.contains_key(*name)) {
        match thinking_of(effort, model) {
            Ok(fields) => thinking.extend(fields),
            Err(why) => return unsupported.refuse("reasoning_effort", &why),
        }
    }
    if effort != "none" && !thinking.contains_key("include_thoughts") {
        let shown = thinking.entry("includeThoughts".to_owned());
        shown.or_insert(Value::Bool(true));
    }
    if model.since((3, 0)) && effort == "none" {
        let warning = "reasoning_effort none was sent as the lowest level: the model always thinks";
        unsupported.warnings.push(warning.to_owned());
    }
    if !thinking.is_empty() {
        config.insert("thinkingConfig".to_owned(), Value::Object(thinking));
    }
    Ok(())
}

/// A level since Gemini 3, a budget of tokens before; or why there is none. The budgets are those
/// of pydantic-ai and of Gemini's OpenAI-compatible endpoint.
fn thinking_of(effort: &str, model: Model<'_>) -> Result<Option<(String, Value)>, String> {
    let level = |word: &str| Ok(Some(("thinkingLevel".to_owned(), Value::from(word))));
    let budget = |tokens: i64| Ok(Some(("thinkingBudget".to_owned(), Value::from(tokens))));
    if let Ok(tokens) = effort.parse::<i64>() {
        return budget(tokens);
    }
    let name = model.name;
    if model.before((2, 5)) {
        return match effort {
            "none" => Ok(None),
            _ => Err(format!("{name} does not think")),
        };
    }
    if model.since((3, 0)) {
        return match effort {
            // Flash of 3.7 and later has no MINIMAL.
            "none" if name.contains("flash") && model.since((3, 7)) => level("LOW"),
            "none" => level("MINIMAL"),
            word => level(&word.to_ascii_uppercase()),
        };
    }
    let is_lite = name.contains("flash-lite");
    match effort {
        "none" if name.contains("-pro") => Err(format!(
            "{name} always thinks; write minimal, or leave it out"
        )),
        "none" => budget(0),
        // The least that the model takes.
        "minimal" if is_lite => budget(512),
        "minimal" => budget(128),
        "low" => budget(2048),
        "medium" => budget(8192),
        "high" | "xhigh" | "max" => budget(24576),
        "auto" | "dynamic" => budget(-1),
        _ => Err("write none, minimal, low, medium, high, or a number of tokens".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_vertex_have_the_names_of_its_api() {
        let rows = [
            ("routing_config", "routingConfig"),
            ("model_selection_config", "modelConfig"),
            ("modelSelectionConfig", "modelConfig"),
            ("modelConfig", "modelConfig"),
        ];
        for (written, expected) in rows {
            assert_eq!(member(written), Some(expected), "{written}");
        }
    }
}
