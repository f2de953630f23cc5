//! Anthropic's models on Vertex AI: their own wire, behind `rawPredict` and `streamRawPredict`,
//! with the version in the body and the model in the path. Owns which models these are; the rest
//! is Anthropic's codec.

use super::{endpoint, Service, VERTEX};
use crate::error::LlmError;
use crate::event::Start;
#[cfg(feature = "anthropic")]
use crate::providers::anthropic;
#[cfg(not(feature = "anthropic"))]
use crate::providers::errors::invalid_request;
use crate::providers::{Decoder, EncodedRequest, Provider, Target};
use crate::request::LlmRequest;

/// `claude-...`, or a name with its publisher.
pub(super) fn is_claude(service: Service, model: &str) -> bool {
    service == Service::Vertex
        && (model.starts_with("claude")
            || model.starts_with("anthropic/")
            || model.starts_with("publishers/anthropic/")
            || model.contains("/publishers/anthropic/"))
}

pub(super) fn encode_request(
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    let action = match target.stream {
        true => "streamRawPredict",
        false => "rawPredict",
    };
    let path = endpoint::path(Service::Vertex, &request.model, action, target)?;
    let headers = endpoint::quota_project(target.cloud)?;
    #[cfg(feature = "anthropic")]
    let encoded = anthropic::encode_for_vertex(VERTEX.name(), request, target);
    #[cfg(not(feature = "anthropic"))]
    let encoded: Result<EncodedRequest, LlmError> = {
        let what = "Claude needs the feature \"anthropic\", which this build leaves out";
        Err(invalid_request(VERTEX.name(), what))
    };
    encoded.map(|encoded| EncodedRequest {
        path,
        headers,
        ..encoded
    })
}

/// The decoder of a model of Anthropic's; else START comes back.
pub(super) fn decoder(service: Service, start: Start) -> Result<Box<dyn Decoder>, Start> {
    if !is_claude(service, &start.model) {
        return Err(start);
    }
    #[cfg(feature = "anthropic")]
    return Ok(anthropic::decoder_of(&VERTEX, start));
    #[cfg(not(feature = "anthropic"))]
    return Err(start);
}
