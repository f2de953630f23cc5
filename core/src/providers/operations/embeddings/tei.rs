//! Embeddings of Hugging Face's Text Embeddings Inference, which has one model. Source: its
//! docs/openapi.json and router.

use super::form::{Call, Form};
use super::input_type::{word_of, Words};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{address, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// Prompts of the model's own; those for other uses have no common name.
const PROMPTS: &Words = &[("query", "query"), ("document", "document")];

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
        let word = call.request.input_type.as_deref();
        let prompt = word.and_then(|word| word_of(word, PROMPTS));
        body.put_some("prompt_name", prompt);
        body.put_some("dimensions", call.dimensions);
        let truncate = call.request.truncate.as_deref();
        Truncate::Direction.put(truncate, body, unsupported)?;
        Ok(address::beside_version(call.target, "/embed"))
    }
}
