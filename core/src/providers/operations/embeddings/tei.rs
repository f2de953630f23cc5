//! Embeddings of Hugging Face's Text Embeddings Inference, which has one model. Source: its
//! docs/openapi.json and router.

use std::ops::Range;

use super::inputs::Inputs;
use super::{decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::{address, tei, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

const NAME: &str = "tei";

/// The codec.
#[derive(Debug)]
pub(crate) struct TeiEmbeddings;

impl Embeddings for TeiEmbeddings {
    fn limits(&self, _: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        EmbedLimits {
            // Its default: "batch size 33 > maximum allowed batch size 32".
            inputs_max: 32,
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
        body.put("inputs", inputs.texts_or_tokens()?);
        // A prompt of the model's own; those for other uses have no common name.
        match request.input_type.as_deref() {
            None | Some("classification" | "clustering" | "similarity" | "code_query") => {}
            Some(word) => body.put("prompt_name", word),
        }
        body.put_some("dimensions", request.dimensions);
        tei::put_truncate(request.truncate.as_deref(), &mut body, unsupported)?;
        if request.user.is_some() {
            unsupported.refuse("user", "the provider does not take it")?;
        }
        body.post(NAME, address::beside_version(target, "/embed"), warnings)
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
