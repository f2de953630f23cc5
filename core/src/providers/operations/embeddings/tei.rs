//! Embeddings of Hugging Face's Text Embeddings Inference, which has one model. Source: its
//! docs/openapi.json and router.

use super::form::{Call, Form};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{address, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct TeiEmbeddings;

impl Form for TeiEmbeddings {
    fn provider(&self) -> &'static str {
        "tei"
    }

    /// Its default: "batch size 33 > maximum allowed batch size 32".
    fn limits(&self, _: &EmbedRequest) -> EmbedLimits {
        EmbedLimits::inputs(32)
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        body.put("inputs", call.inputs.texts_or_tokens()?);
        // A prompt of the model's own; those for other uses have no common name.
        match call.request.input_type.as_deref() {
            None | Some("classification" | "clustering" | "similarity" | "code_query") => {}
            Some(word) => body.put("prompt_name", word),
        }
        body.put_some("dimensions", call.dimensions);
        let truncate = call.request.truncate.as_deref();
        Truncate::Direction.put(truncate, body, unsupported)?;
        Ok(address::beside_version(call.target, "/embed"))
    }
}
