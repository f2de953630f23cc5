//! Embeddings of Gemini. Source: ai.google.dev/api/embeddings.

use std::ops::Range;

use serde_json::{json, Map, Value};

use super::inputs::{data_url, Inputs, Part};
use super::{decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::{address, google, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::{EmbedInput, EmbedRequest};

const NAME: &str = "gemini";

/// The codec.
#[derive(Debug)]
pub(crate) struct GeminiEmbeddings;

/// The provider's word for the use of vectors; a word of its own stays as it is.
pub(super) fn task_type(request: &EmbedRequest) -> Option<&str> {
    let word = request.input_type.as_deref()?;
    Some(match word {
        "query" => "RETRIEVAL_QUERY",
        "document" => "RETRIEVAL_DOCUMENT",
        "similarity" => "SEMANTIC_SIMILARITY",
        "classification" => "CLASSIFICATION",
        "clustering" => "CLUSTERING",
        "code_query" => "CODE_RETRIEVAL_QUERY",
        own => own,
    })
}

/// The parts of one input; all of them become one vector.
pub(super) fn content(
    inputs: &Inputs<'_>,
    index: usize,
    input: &EmbedInput,
) -> Result<Value, LlmError> {
    let parts = inputs.parts(index, input)?;
    let parts = parts.into_iter().map(|part| match part {
        Part::Text(text) => json!({ "text": text }),
        Part::Image(url) => match data_url(url) {
            Some((kind, data)) => json!({"inlineData": {"mimeType": kind, "data": data}}),
            None => json!({"fileData": {"fileUri": url}}),
        },
        Part::Own(own) => json!(own),
    });
    Ok(json!({ "parts": parts.collect::<Vec<_>>() }))
}

impl Embeddings for GeminiEmbeddings {
    fn limits(&self, _: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        EmbedLimits {
            // "at most 100 requests can be in one batch".
            inputs_max: 100,
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
        if request.truncate.as_deref().is_some_and(|end| end != "none") {
            unsupported.refuse("truncate", "the provider refuses inputs that are too long")?;
        }
        if request.user.is_some() {
            unsupported.refuse("user", "the provider does not take it")?;
        }
        let model = google::model(&request.model);
        let of_input = |(index, input)| -> Result<Value, LlmError> {
            let mut one = Map::new();
            one.insert("model".to_owned(), model.clone().into());
            one.insert("content".to_owned(), content(&inputs, index, input)?);
            if let Some(task) = task_type(request) {
                one.insert("taskType".to_owned(), task.into());
            }
            if let Some(dimensions) = request.dimensions {
                one.insert("outputDimensionality".to_owned(), dimensions.into());
            }
            // What this library does not know, such as a title, is of each input here.
            let own = request.extra.iter().filter(|(_, value)| !value.is_null());
            one.extend(own.map(|(name, value)| (name.clone(), value.clone())));
            Ok(one.into())
        };
        let requests = inputs.iter().map(of_input);
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let none = Map::new();
        let mut body = Body::new(&none, &request.extra_body);
        body.put("requests", requests);
        let path = google::path(target, &request.model, "batchEmbedContents");
        body.post(NAME, address::path(target, &path), warnings)
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
