//! Embeddings on Bedrock, in the form of each maker: Titan, Nova and Cohere. Source: the model
//! parameters in docs.aws.amazon.com/bedrock/latest/userguide.

use std::ops::Range;

use serde_json::{json, Map, Value};

use super::inputs::{data_url, Inputs, Part};
use super::{cohere, decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::operations::bedrock::{Maker, NAME};
use crate::providers::operations::body::Body;
use crate::providers::operations::{bedrock, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct BedrockEmbeddings;

/// Titan's first model has one length of vectors.
fn is_first_titan(model: &str) -> bool {
    model.contains("titan-embed-text-v1") || model.contains("titan-embed-g1")
}

fn takes_dimensions(model: &str) -> bool {
    match Maker::of(model) {
        Maker::Titan => !is_first_titan(model),
        Maker::Cohere => cohere::takes_dimensions(model),
        Maker::Nova | Maker::Other => true,
    }
}

fn put_titan(
    request: &EmbedRequest,
    inputs: &Inputs<'_>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let (index, input) = inputs.one()?;
    if inputs.has_parts() {
        for part in inputs.parts(index, input)? {
            match part {
                Part::Text(text) => body.put("inputText", text),
                Part::Image(url) => {
                    let data = data_url(url).ok_or_else(|| not_inline(index))?;
                    body.put("inputImage", data.1);
                }
                Part::Own(_) => return Err(inputs.refused(index, input)),
            }
        }
    } else {
        body.put("inputText", inputs.text(index, input)?);
    }
    match request.dimensions {
        Some(_) if is_first_titan(&request.model) => {
            unsupported.refuse("dimensions", "the model has one length of vectors")?;
        }
        Some(length) if request.model.contains("titan-embed-image") => {
            body.put(
                "embeddingConfig",
                json!({ "outputEmbeddingLength": length }),
            );
        }
        length => body.put_some("dimensions", length),
    }
    if request.truncate.as_deref().is_some_and(|end| end != "none") {
        unsupported.refuse("truncate", "the model refuses inputs that are too long")?;
    }
    Ok(())
}

fn not_inline(index: usize) -> LlmError {
    let what = format!("input[{index}] has an image by address; send it as a data URL");
    invalid_request(NAME, &what)
}

fn put_nova(
    request: &EmbedRequest,
    inputs: &Inputs<'_>,
    body: &mut Body<'_>,
) -> Result<(), LlmError> {
    let (index, input) = inputs.one()?;
    let mut params = Map::new();
    params.insert("embeddingPurpose".to_owned(), purpose(request)?.into());
    if let Some(dimensions) = request.dimensions {
        params.insert("embeddingDimension".to_owned(), dimensions.into());
    }
    let parts = match inputs.has_parts() {
        true => inputs.parts(index, input)?,
        false => vec![Part::Text(inputs.text(index, input)?)],
    };
    match *parts {
        [Part::Text(text)] => {
            let mode = request.truncate.as_deref().unwrap_or("none");
            let mode = mode.to_ascii_uppercase();
            let text = json!({"value": text, "truncationMode": mode});
            params.insert("text".to_owned(), text);
        }
        [Part::Image(url)] => {
            let (kind, data) = data_url(url).ok_or_else(|| not_inline(index))?;
            let format = kind.rsplit('/').next().unwrap_or_default();
            let image = json!({"format": format, "source": {"bytes": data}});
            params.insert("image".to_owned(), image);
        }
        [Part::Own(own)] => params.extend(own.clone()),
        _ => return Err(inputs.refused(index, input)),
    }
    body.put("taskType", "SINGLE_EMBEDDING");
    body.put("singleEmbeddingParams", params);
    Ok(())
}

/// What the vector is for, which Nova needs to know.
fn purpose(request: &EmbedRequest) -> Result<&str, LlmError> {
    const WORDS: &str = "query, document, classification or clustering";
    match request.input_type.as_deref() {
        Some("query") => Ok("TEXT_RETRIEVAL"),
        Some("document") => Ok("GENERIC_INDEX"),
        Some("classification") => Ok("CLASSIFICATION"),
        Some("clustering") => Ok("CLUSTERING"),
        Some(word @ ("similarity" | "code_query")) => {
            let what = format!("input_type \"{word}\" is none of the model's; write {WORDS}");
            Err(invalid_request(NAME, &what))
        }
        Some(own) if !own.is_empty() => Ok(own),
        _ => {
            let what = format!("input_type is missing, which the model requires; write {WORDS}");
            Err(invalid_request(NAME, &what))
        }
    }
}

fn put_cohere(
    request: &EmbedRequest,
    inputs: &Inputs<'_>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let (field, value) = cohere::inputs(inputs)?;
    let value: Value = value;
    body.put(field, value);
    cohere::put_options(request, body, unsupported)
}

impl Embeddings for BedrockEmbeddings {
    fn limits(&self, request: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        let is_cohere = Maker::of(&request.model) == Maker::Cohere;
        EmbedLimits {
            inputs_max: if is_cohere { cohere::INPUTS_MAX } else { 1 },
            tokens_max: None,
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
        let mut body = Body::new(&request.extra, &request.extra_body);
        let maker = Maker::of(&request.model);
        match maker {
            Maker::Cohere => put_cohere(request, &inputs, &mut body, unsupported)?,
            Maker::Nova => put_nova(request, &inputs, &mut body)?,
            Maker::Titan => put_titan(request, &inputs, &mut body, unsupported)?,
            Maker::Other => {
                let what = "model has no embeddings that are known; Titan, Nova and Cohere do";
                return Err(invalid_request(NAME, what));
            }
        }
        if request.user.is_some() && maker != Maker::Cohere {
            unsupported.refuse("user", "the model does not take it")?;
        }
        body.post(NAME, bedrock::path(&request.model, "invoke"), warnings)
    }

    fn decode(
        &self,
        request: &EmbedRequest,
        inputs: usize,
        response: WholeResponse<'_>,
    ) -> Result<Embedded, LlmError> {
        let takes_dimensions = takes_dimensions(&request.model);
        let dimensions = dimensions(request).filter(|_| takes_dimensions);
        decode(NAME, dimensions, inputs, response)
    }
}
