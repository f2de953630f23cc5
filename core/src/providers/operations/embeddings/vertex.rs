//! Embeddings on Vertex AI, in two forms: `predict` for the models of text, and `embedContent` for
//! Gemini's newer ones. Source: cloud.google.com/vertex-ai/generative-ai/docs/model-reference, and
//! the package google-genai for which model has which.

use std::ops::Range;

use serde_json::{json, Map, Value};

use super::gemini::{content, task_type};
use super::inputs::Inputs;
use super::{decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::event::Usage;
use crate::providers::operations::body::Body;
use crate::providers::operations::{google, EmbedLimits};
use crate::providers::token_counts::parse_count;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

const NAME: &str = "vertex";

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

impl VertexEmbeddings {
    fn put_predict(
        request: &EmbedRequest,
        inputs: &Inputs<'_>,
        truncate: Option<bool>,
        body: &mut Body<'_>,
    ) -> Result<(), LlmError> {
        let instances = inputs.texts()?.into_iter().map(|text| {
            let mut instance = json!({ "content": text });
            if let (Some(task), Value::Object(fields)) = (task_type(request), &mut instance) {
                fields.insert("task_type".to_owned(), task.into());
            }
            instance
        });
        body.put("instances", instances.collect::<Vec<_>>());
        let parameters = options([
            ("outputDimensionality", request.dimensions.map(Value::from)),
            ("autoTruncate", truncate.map(Value::from)),
        ]);
        body.put_some("parameters", Some(parameters).filter(|map| !map.is_empty()));
        Ok(())
    }

    fn put_content(
        request: &EmbedRequest,
        inputs: &Inputs<'_>,
        truncate: Option<bool>,
        body: &mut Body<'_>,
    ) -> Result<(), LlmError> {
        let (index, input) = inputs.one()?;
        body.put("content", content(inputs, index, input)?);
        let config = options([
            ("taskType", task_type(request).map(Value::from)),
            ("outputDimensionality", request.dimensions.map(Value::from)),
            ("autoTruncate", truncate.map(Value::from)),
        ]);
        body.put_some(
            "embedContentConfig",
            Some(config).filter(|map| !map.is_empty()),
        );
        Ok(())
    }
}

impl Embeddings for VertexEmbeddings {
    fn limits(&self, request: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        // "250 input texts per request", "20,000 tokens" (cloud.google.com, "Get text embeddings",
        // API limits); of gemini-embedding-001 one.
        let is_one = has_embed_content(&request.model) || request.model.contains("gemini");
        EmbedLimits {
            inputs_max: if is_one { 1 } else { 250 },
            tokens_max: (!is_one).then_some(20_000),
        }
    }

    fn encode(
        &self,
        request: &EmbedRequest,
        range: Range<usize>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let inputs = Inputs::new(NAME, request, range)?;
        let mut warnings = Vec::new();
        let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
        if request.user.is_some() {
            unsupported.refuse("user", "the provider does not take it")?;
        }
        let truncate = auto_truncate(request, unsupported)?;
        let mut body = Body::new(&request.extra, &request.extra_body);
        let method = match has_embed_content(&request.model) {
            true => {
                Self::put_content(request, &inputs, truncate, &mut body)?;
                "embedContent"
            }
            false => {
                Self::put_predict(request, &inputs, truncate, &mut body)?;
                "predict"
            }
        };
        let path = google::vertex_path(target, &request.model, method)?;
        body.post(NAME, path, warnings)
    }

    fn decode(
        &self,
        request: &EmbedRequest,
        inputs: usize,
        response: WholeResponse<'_>,
    ) -> Result<Embedded, LlmError> {
        decode(NAME, dimensions(request), inputs, response)
    }
}
