//! Embeddings on Bedrock, in the form of each maker: Titan, Nova and Cohere. Source: the model
//! parameters in docs.aws.amazon.com/bedrock/latest/userguide.

use serde_json::{json, Map};

use super::cohere;
use super::form::{Call, Form};
use super::input_type::{required_word, Words};
use super::inputs::Part;
use crate::error::LlmError;
use crate::providers::data_url::{self, DataUrl};
use crate::providers::errors::invalid_request;
use crate::providers::operations::bedrock::{Maker, NAME};
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{bedrock, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct BedrockEmbeddings;

/// Titan's first model has one length of vectors.
fn is_first_titan(model: &str) -> bool {
    model.contains("titan-embed-text-v1") || model.contains("titan-embed-g1")
}

fn put_titan(
    call: &Call<'_>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let (request, inputs) = (call.request, &call.inputs);
    let (index, input) = inputs.one()?;
    if inputs.has_parts() {
        for part in inputs.parts(index, input)? {
            match part {
                Part::Text(text) => body.put("inputText", text),
                Part::Image(url) => {
                    body.put("inputImage", inline(index, url)?.data);
                }
                Part::Own(_) => return Err(inputs.refused(index, input)),
            }
        }
    } else {
        body.put("inputText", inputs.text(index, input)?);
    }
    match call.dimensions {
        Some(length) if request.model.contains("titan-embed-image") => {
            let config = json!({ "outputEmbeddingLength": length });
            body.put("embeddingConfig", config);
        }
        length => body.put_some("dimensions", length),
    }
    Truncate::Never.put(request.truncate.as_deref(), body, unsupported)
}

fn inline(index: usize, url: &str) -> Result<DataUrl<'_>, LlmError> {
    let inline = data_url::after_scheme(url).and_then(data_url::parse);
    inline.ok_or_else(|| {
        let what = format!("input[{index}] has an image by address; send it as a data URL");
        invalid_request(NAME, &what)
    })
}

fn put_nova(call: &Call<'_>, body: &mut Body<'_>) -> Result<(), LlmError> {
    let (request, inputs) = (call.request, &call.inputs);
    let (index, input) = inputs.one()?;
    let mut params = Map::new();
    let purpose = required_word(NAME, request, PURPOSES)?;
    params.insert("embeddingPurpose".to_owned(), purpose.into());
    if let Some(dimensions) = call.dimensions {
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
            let DataUrl { media_type, data } = inline(index, url)?;
            let media_type = data_url::registered_name(media_type);
            let format = media_type.rsplit('/').next().unwrap_or_default();
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

/// What a vector is for, which Nova needs to know.
const PURPOSES: &Words = &[
    ("query", "TEXT_RETRIEVAL"),
    ("document", "GENERIC_INDEX"),
    ("classification", "CLASSIFICATION"),
    ("clustering", "CLUSTERING"),
];

fn put_cohere(
    call: &Call<'_>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    let (field, value) = cohere::inputs(&call.inputs)?;
    body.put(field, value);
    cohere::put_options(call, body, unsupported)
}

impl Form for BedrockEmbeddings {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn limits(&self, request: &EmbedRequest) -> EmbedLimits {
        let is_cohere = Maker::of(&request.model) == Maker::Cohere;
        EmbedLimits::inputs(if is_cohere { cohere::INPUTS_MAX } else { 1 })
    }

    fn takes_dimensions(&self, model: &str) -> bool {
        match Maker::of(model) {
            Maker::Titan => !is_first_titan(model),
            Maker::Cohere => cohere::takes_dimensions(model),
            Maker::Nova | Maker::Other => true,
        }
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        let model = &call.request.model;
        match Maker::of(model) {
            Maker::Cohere => put_cohere(call, body, unsupported)?,
            Maker::Nova => put_nova(call, body)?,
            Maker::Titan => put_titan(call, body, unsupported)?,
            Maker::Other => {
                let what = "model has no embeddings that are known; Titan, Nova and Cohere do";
                return Err(invalid_request(NAME, what));
            }
        }
        Ok(bedrock::path(model, "invoke"))
    }
}
