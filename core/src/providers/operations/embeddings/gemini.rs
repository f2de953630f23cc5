//! Embeddings of Gemini. Source: ai.google.dev/api/embeddings.

use serde_json::{json, Map, Value};

use super::form::{Call, Form};
use super::input_type::{word_of, Words};
use super::inputs::{Inputs, Part};
use crate::error::LlmError;
use crate::providers::data_url::{self, DataUrl};
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{address, google, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::{EmbedInput, EmbedRequest};

/// The codec.
#[derive(Debug)]
pub(crate) struct GeminiEmbeddings;

const TASK_TYPES: &Words = &[
    ("query", "RETRIEVAL_QUERY"),
    ("document", "RETRIEVAL_DOCUMENT"),
    ("similarity", "SEMANTIC_SIMILARITY"),
    ("classification", "CLASSIFICATION"),
    ("clustering", "CLUSTERING"),
    ("code_query", "CODE_RETRIEVAL_QUERY"),
];

/// What the vectors are for.
pub(super) fn task_type(request: &EmbedRequest) -> Option<&str> {
    word_of(request.input_type.as_deref()?, TASK_TYPES)
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
        Part::Image(url) => match data_url::after_scheme(url).and_then(data_url::parse) {
            Some(DataUrl { media_type, data }) => {
                let media_type = data_url::registered_name(media_type);
                json!({"inlineData": {"mimeType": media_type, "data": data}})
            }
            None => json!({"fileData": {"fileUri": url}}),
        },
        Part::Own(own) => json!(own),
    });
    Ok(json!({ "parts": parts.collect::<Vec<_>>() }))
}

impl Form for GeminiEmbeddings {
    fn provider(&self) -> &'static str {
        "gemini"
    }

    /// "at most 100 requests can be in one batch".
    fn limits(&self, _: &EmbedRequest) -> EmbedLimits {
        EmbedLimits::inputs(100)
    }

    /// Such as a title.
    fn has_fields_by_input(&self) -> bool {
        true
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        let request = call.request;
        Truncate::Never.put(request.truncate.as_deref(), body, unsupported)?;
        let model = google::model(&request.model);
        let of_input = |(index, input)| -> Result<Value, LlmError> {
            let mut one = Map::new();
            one.insert("model".to_owned(), model.clone().into());
            one.insert("content".to_owned(), content(&call.inputs, index, input)?);
            if let Some(task) = task_type(request) {
                one.insert("taskType".to_owned(), task.into());
            }
            if let Some(dimensions) = call.dimensions {
                one.insert("outputDimensionality".to_owned(), dimensions.into());
            }
            let own = request.extra.iter().filter(|(_, value)| !value.is_null());
            one.extend(own.map(|(name, value)| (name.clone(), value.clone())));
            Ok(one.into())
        };
        let requests = call.inputs.iter().map(of_input);
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        body.put("requests", requests);
        let path = google::path(call.target, &request.model, "batchEmbedContents");
        Ok(address::path(call.target, &path))
    }
}
