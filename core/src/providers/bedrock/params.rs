//! The fields beside messages and tools: what each is here, and what Bedrock cannot do.

use serde_json::{json, Map, Value};

use super::models::Family;
use super::reasoning;
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::own_object;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

/// Objects that hold fields of ours and of the caller's; where both have one, it is the caller's.
pub(super) const MERGED: [&str; 3] = [
    "inferenceConfig",
    "outputConfig",
    "additionalModelRequestFields",
];

/// Fields that only OpenAI has, and the reasons that the refusals and warnings give.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("seed", NO_SUCH),
    ("user", "Converse has no such field; write metadata"),
    ("parallel_tool_calls", NO_SUCH),
    ("audio", NO_SUCH),
    ("frequency_penalty", IN_ADDITIONAL),
    ("function_call", "it is the old form of tool_choice"),
    ("functions", "it is the old form of tools"),
    ("logit_bias", NO_SUCH),
    ("logprobs", NO_SUCH),
    ("modalities", NO_SUCH),
    ("n", "one stream carries one response"),
    ("prediction", NO_SUCH),
    ("presence_penalty", IN_ADDITIONAL),
    ("prompt_cache_key", CACHE),
    ("prompt_cache_retention", CACHE),
    ("safety_identifier", "write metadata"),
    ("store", NO_SUCH),
    ("top_logprobs", NO_SUCH),
    ("verbosity", NO_SUCH),
    ("web_search_options", "give a tool of type systemTool"),
];
const NO_SUCH: &str = "Converse has no such field";
const IN_ADDITIONAL: &str =
    "Converse has no such field; some models take one in additionalModelRequestFields";
const CACHE: &str = "write cache_control, or parts of type cachePoint";

/// Fields that are written in Bedrock's way, or request what comes anyway.
const WRITTEN_ELSEWHERE: &[&str] = &[
    "max_completion_tokens",
    "service_tier",
    "stream_options",
    "top_k",
];

/// Whether an unknown field goes out as it is.
pub(super) fn passes(name: &str, request: &LlmRequest) -> bool {
    let is_thinking = name == "thinking" && Family::of(&request.model).is_claude();
    let is_known = WRITTEN_ELSEWHERE.contains(&name)
        || MERGED.contains(&name)
        || UNSUPPORTED.iter().any(|(known, _)| *known == name);
    !is_thinking && !is_known
}

/// Refuses what Bedrock cannot do.
pub(super) fn check(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    unsupported.refuse_fields(request, UNSUPPORTED.iter().copied())
}

/// The objects of [`MERGED`], in its order.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) inference: Map<String, Value>,
    pub(super) output: Map<String, Value>,
    /// What a model's own vendor takes beyond Converse.
    pub(super) additional: Map<String, Value>,
}

impl Objects {
    pub(super) fn encode(
        request: &LlmRequest,
        family: Family,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<Self, LlmError> {
        let mut ours = Self::default();
        ours.add_inference(request);
        if let Some(format) = text_format(request, unsupported)? {
            ours.output.insert("textFormat".to_owned(), format);
        }
        ours.add_top_k(request, family, unsupported)?;
        // The caller's own limit counts where a budget is fitted below it.
        let own = |name: &str| request.extra.get(name).and_then(Value::as_object);
        if let Some(max_tokens) = own("inferenceConfig").and_then(|own| own.get("maxTokens")) {
            ours.inference
                .insert("maxTokens".to_owned(), max_tokens.clone());
        }
        let (inference, additional) = (&mut ours.inference, &mut ours.additional);
        reasoning::add_effort(inference, additional, request, family, unsupported)?;
        let [inference, output, additional] = MERGED;
        merge(&mut ours.inference, request, inference)?;
        merge(&mut ours.output, request, output)?;
        merge(&mut ours.additional, request, additional)?;
        Ok(ours)
    }

    pub(super) fn in_order(&self) -> [&Map<String, Value>; 3] {
        [&self.inference, &self.output, &self.additional]
    }

    fn add_inference(&mut self, request: &LlmRequest) {
        let newer = request.extra.get("max_completion_tokens");
        let max_tokens = newer.and_then(Value::as_u64).or(request.max_tokens);
        let stop = &request.stop;
        let fields = [
            ("maxTokens", max_tokens.map(Value::from)),
            ("temperature", request.temperature.map(Value::from)),
            ("topP", request.top_p.map(Value::from)),
            ("stopSequences", (!stop.is_empty()).then(|| json!(stop))),
        ];
        for (name, value) in fields {
            self.inference
                .extend(value.map(|value| (name.to_owned(), value)));
        }
    }

    fn add_top_k(
        &mut self,
        request: &LlmRequest,
        family: Family,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<(), LlmError> {
        let Some(top_k) = request.extra.get("top_k").filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let (name, value) = match family {
            _ if request.extra_body.contains_key("top_k") => return Ok(()),
            Family::Claude(..) => ("top_k", top_k.clone()),
            Family::Nova | Family::Nova2 => ("inferenceConfig", json!({ "topK": top_k })),
            Family::GptOss
            | Family::Qwen
            | Family::Kimi
            | Family::Mistral
            | Family::Llama
            | Family::Writer
            | Family::Other => {
                let why = "Converse has no such field, and how this model takes it is not known; \
                           write additionalModelRequestFields";
                return unsupported.refuse("top_k", why);
            }
        };
        self.additional.insert(name.to_owned(), value);
        Ok(())
    }
}

/// Puts the caller's own fields over ours.
fn merge(ours: &mut Map<String, Value>, request: &LlmRequest, name: &str) -> Result<(), LlmError> {
    for (name, value) in own_object(NAME, &request.extra, name)? {
        match (ours.get_mut(&name), value) {
            (Some(Value::Object(ours)), Value::Object(own)) => ours.extend(own),
            (_, value) => drop(ours.insert(name, value)),
        }
    }
    Ok(())
}

/// The schema goes out as a text.
fn text_format(
    request: &LlmRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Value>, LlmError> {
    let Some(format) = &request.response_format else {
        return Ok(None);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        // In Bedrock's own form already.
        Some("json_schema") if format.get("structure").is_some() => Ok(Some(format.clone())),
        Some("json_schema") => {
            let described = format.get("json_schema").unwrap_or(format);
            let missing = "response_format.json_schema.schema is missing";
            let schema = described
                .get("schema")
                .ok_or_else(|| invalid_request(NAME, missing))?;
            let schema = match schema {
                Value::String(text) => text.clone(),
                schema => schema.to_string(),
            };
            let mut described_here = Map::from_iter([("schema".to_owned(), Value::from(schema))]);
            for name in ["name", "description"] {
                let value = described.get(name).filter(|value| value.is_string());
                described_here.extend(value.map(|value| (name.to_owned(), value.clone())));
            }
            let structure = json!({ "jsonSchema": described_here });
            Ok(Some(json!({"type": "json_schema", "structure": structure})))
        }
        Some("json_object") => {
            let why = "Bedrock needs the JSON's schema, as type json_schema";
            unsupported.refuse("response_format", why).map(|()| None)
        }
        _ => unsupported
            .refuse("response_format", "its type is unknown")
            .map(|()| None),
    }
}

/// Labels are texts there.
pub(super) fn encode_metadata(request: &LlmRequest) -> Option<Map<String, Value>> {
    let labels = request.metadata.as_ref()?.iter();
    let labels = labels.filter(|(_, value)| !value.is_null());
    let labels: Map<String, Value> = labels
        .map(|(name, value)| match value {
            Value::String(_) => (name.clone(), value.clone()),
            other => (name.clone(), Value::from(other.to_string())),
        })
        .collect();
    (!labels.is_empty()).then_some(labels)
}

/// OpenAI's word for what is an object here; `auto` leaves it to the account.
pub(super) fn encode_service_tier(request: &LlmRequest) -> Option<Value> {
    let tier = request.extra.get("service_tier")?.as_str()?;
    (tier != "auto").then(|| json!({ "type": tier }))
}
