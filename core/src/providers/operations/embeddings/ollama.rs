//! Embeddings of Ollama's own API. Source: docs.ollama.com/api/embed.

use std::ops::Range;

use super::inputs::Inputs;
use super::{decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::{ollama, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

const NAME: &str = "ollama";

/// The codec.
#[derive(Debug)]
pub(crate) struct OllamaEmbeddings;

impl Embeddings for OllamaEmbeddings {
    fn limits(&self, _: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        EmbedLimits {
            inputs_max: 2048,
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
        body.put("model", &request.model);
        body.put("input", inputs.texts()?);
        match request.truncate.as_deref() {
            None => {}
            Some("none") => body.put("truncate", false),
            Some("end") => body.put("truncate", true),
            Some(_) => {
                unsupported.refuse("truncate", "the provider cuts off the end, or nothing")?;
            }
        }
        body.put_some("dimensions", request.dimensions);
        if request.user.is_some() {
            unsupported.refuse("user", "the provider does not take it")?;
        }
        body.post(NAME, ollama::path(target, "/embed"), warnings)
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
