//! What the embeddings of all providers do alike. Owns how a form becomes a codec: the inputs of
//! one HTTP request, options that no field of it can express, and which vectors are due. A form
//! says what only its provider does.

use std::fmt::Debug;
use std::ops::Range;

use serde_json::Map;

use super::inputs::Inputs;
use super::packed::Packed;
use super::vectors::Expected;
use super::{decode, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::EmbedLimits;
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

/// How one provider has embeddings. Every form is a codec.
pub(super) trait Form: Sync + Debug {
    /// The name in errors.
    fn provider(&self) -> &'static str;

    /// How much one HTTP request may hold.
    fn limits(&self, request: &EmbedRequest) -> EmbedLimits;

    /// Whether the length of a model's vectors can be chosen.
    fn takes_dimensions(&self, _model: &str) -> bool {
        true
    }

    /// Whether it takes the name of the caller's user, as `user`.
    fn takes_user(&self) -> bool {
        false
    }

    /// Whether fields that this library does not know are of each input, and not of the request.
    fn has_fields_by_input(&self) -> bool {
        false
    }

    /// What a vector is that comes as text.
    fn packed(&self) -> Packed {
        Packed::Float32
    }

    /// Writes the fields; where the request goes.
    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError>;
}

/// What one HTTP request is about.
#[derive(Debug)]
pub(super) struct Call<'r> {
    pub(super) request: &'r EmbedRequest,
    pub(super) inputs: Inputs<'r>,
    /// The length of vectors that is chosen, where it can be.
    pub(super) dimensions: Option<u64>,
    pub(super) target: &'r Target<'r>,
}

impl<F: Form> Embeddings for F {
    fn limits(&self, request: &EmbedRequest) -> EmbedLimits {
        Form::limits(self, request)
    }

    fn encode(
        &self,
        request: &EmbedRequest,
        inputs: Range<usize>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let provider = self.provider();
        let mut warnings = Vec::new();
        let unsupported = &mut Unsupported::new(provider, target, &mut warnings);
        let takes_dimensions = self.takes_dimensions(&request.model);
        let call = Call {
            request,
            inputs: Inputs::new(provider, request, inputs)?,
            dimensions: request.dimensions.filter(|_| takes_dimensions),
            target,
        };
        if call.dimensions != request.dimensions {
            unsupported.refuse("dimensions", "the model has one length of vectors")?;
        }
        let none = Map::new();
        let extra = match self.has_fields_by_input() {
            true => &none,
            false => &request.extra,
        };
        let mut body = Body::new(extra, &request.extra_body);
        let path = self.write(&call, &mut body, unsupported)?;
        match &request.user {
            Some(user) if self.takes_user() => body.put("user", user),
            Some(_) => unsupported.refuse("user", "the provider does not take it")?,
            None => {}
        }
        body.post(provider, path, warnings)
    }

    fn decode(
        &self,
        request: &EmbedRequest,
        inputs: usize,
        response: WholeResponse<'_>,
    ) -> Result<Embedded, LlmError> {
        let takes_dimensions = self.takes_dimensions(&request.model);
        let expected = Expected {
            count: inputs,
            dimensions: dimensions(request).filter(|_| takes_dimensions),
            packed: self.packed(),
        };
        decode(self.provider(), expected, response)
    }
}

/// The length that each vector has to have. What the caller asked for by fields of the provider's
/// own, such as packed bits, may have another one.
fn dimensions(request: &EmbedRequest) -> Option<usize> {
    const TYPES: &[&str] = &["output_dtype", "embedding_type", "embedding_types"];
    let is_own =
        |name: &str| request.extra.contains_key(name) || request.extra_body.contains_key(name);
    let dimensions = request.dimensions?;
    let has_type = TYPES.iter().any(|name| is_own(name));
    usize::try_from(dimensions).ok().filter(|_| !has_type)
}
