//! Embeddings on Vertex AI, in two forms: `predict` for the models of text, and `embedContent` for
//! Gemini's newer ones. Source: cloud.google.com/vertex-ai/generative-ai/docs/model-reference, and
//! the package google-genai for which model has which.

use serde_json::{Map, Value};

use super::form::{Call, Form};
use super::gemini::{content, task_type};
use crate::error::LlmError;
use crate::event::Usage;
use crate::providers::operations::body::Body;
use crate::providers::operations::{google, EmbedLimits};
use crate::providers::token_counts::parse_count;
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct VertexEmbeddings;

/// Whether a model has `embedContent`: Gemini's since the second, and those of other makers.
fn has_embed_content(model: &str) -> bool {
    let is_gemini = model.contains("gemini") && !model.ends_with("gemini-embedding-001");
    is_gemini || model.contains("maas")
}

/// Adds the tokens that are counted for each input.
pub(super) fn usage(usage: Option<Usage>, statistics: Vec<Value>) -> Usage {
    let mut usage = usage.unwrap_or_default();
    let counts = statistics.iter().filter_map(|one| {
        let count = one.get("token_count").or_else(|| one.get("tokenCount"));
        parse_count(count)
    });
    let sum = counts.reduce(u64::saturating_add);
    usage.input_tokens = usage.input_tokens.or(sum);
    usage.raw.insert("statistics".to_owned(), statistics.into());
    usage
}

/// Whether the provider cuts off the end of what is too long.
fn auto_truncate(
    request: &EmbedRequest,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<bool>, LlmError> {
    match request.truncate.as_deref() {
        None => Ok(None),
        Some("end") => Ok(Some(true)),
        Some("none") => Ok(Some(false)),
        Some(_) => {
            unsupported.refuse("truncate", "the provider cuts off the end, or nothing")?;
            Ok(None)
        }
    }
}

/// The options that are set, by their names.
fn options<const N: usize>(options: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let options = options.into_iter();
    let options = options.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    options.collect()
}

fn put_predict(
    call: &Call<'_>,
    truncate: Option<bool>,
    body: &mut Body<'_>,
) -> Result<(), LlmError> {
    let task = task_type(call.request);
    let instances = call.inputs.texts()?.into_iter().map(|text| {
        options([
            ("content", Some(Value::from(text))),
            ("task_type", task.map(Value::from)),
        ])
    });
    body.put("instances", instances.collect::<Vec<_>>());
    let parameters = options([
        ("outputDimensionality", call.dimensions.map(Value::from)),
        ("autoTruncate", truncate.map(Value::from)),
    ]);
    body.put_some("parameters", Some(parameters).filter(|map| !map.is_empty()));
    Ok(())
}

fn put_content(
    call: &Call<'_>,
    truncate: Option<bool>,
    body: &mut Body<'_>,
) -> Result<(), LlmError> {
    let (index, input) = call.inputs.one()?;
    body.put("content", content(&call.inputs, index, input)?);
    let config = options([
        ("taskType", task_type(call.request).map(Value::from)),
        ("outputDimensionality", call.dimensions.map(Value::from)),
        ("autoTruncate", truncate.map(Value::from)),
    ]);
    let config = Some(config).filter(|map| !map.is_empty());
    body.put_some("embedContentConfig", config);
    Ok(())
}

impl Form for VertexEmbeddings {
    fn provider(&self) -> &'static str {
        "vertex"
    }

    /// "250 input texts per request", "20,000 tokens" (cloud.google.com, "Get text embeddings", API
    /// limits); of gemini-embedding-001 one.
    fn limits(&self, request: &EmbedRequest) -> EmbedLimits {
        let is_one = has_embed_content(&request.model) || request.model.contains("gemini");
        EmbedLimits {
            inputs_max: if is_one { 1 } else { 250 },
            tokens_max: (!is_one).then_some(20_000),
        }
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        let model = &call.request.model;
        let truncate = auto_truncate(call.request, unsupported)?;
        let method = match has_embed_content(model) {
            true => {
                put_content(call, truncate, body)?;
                "embedContent"
            }
            false => {
                put_predict(call, truncate, body)?;
                "predict"
            }
        };
        google::vertex_path(call.target, model, method)
    }
}
