//! Embeddings of Ollama's own API. Source: docs.ollama.com/api/embed.

use super::form::{Call, Form};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{ollama, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct OllamaEmbeddings;

impl Form for OllamaEmbeddings {
    fn provider(&self) -> &'static str {
        "ollama"
    }

    fn limits(&self, _: &EmbedRequest) -> EmbedLimits {
        EmbedLimits::inputs(2048)
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        body.put("model", &call.request.model);
        body.put("input", call.inputs.texts()?);
        let truncate = call.request.truncate.as_deref();
        Truncate::Flag("truncate").put(truncate, body, unsupported)?;
        body.put_some("dimensions", call.dimensions);
        Ok(ollama::path(call.target, "/embed"))
    }
}
