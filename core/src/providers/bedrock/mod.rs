//! AWS Bedrock's Converse; the wire is described at docs.aws.amazon.com/bedrock/latest/APIReference
//! (Converse, ConverseStream) and in botocore, `bedrock-runtime/2023-09-30/service-2.json`. Owns
//! the codec.

mod authentication;
mod blocks;
mod decode;
mod documents;
mod encode;
mod endpoint;
mod errors;
mod media;
mod message_parts;
mod messages;
mod models;
mod params;
mod parts;
mod reasoning;
mod sigv4;
mod tool_calls;
mod tools;
mod usage;
mod wire;

use std::borrow::Cow;

use http::HeaderMap;

use super::{Credentials, Decoder, EncodedRequest, Provider, Target, Unauthenticated};
use crate::error::LlmError;
use crate::event::Start;
use crate::framing::Framing;
use crate::request::{CloudOptions, LlmRequest};

const NAME: &str = "bedrock";

/// The codec.
#[derive(Debug)]
pub(crate) struct Bedrock;

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 1] = [&Bedrock];
    providers.into_iter()
}

impl Provider for Bedrock {
    fn name(&self) -> &'static str {
        NAME
    }

    /// It depends on the region.
    fn base_url(&self) -> &'static str {
        ""
    }

    fn base_url_of(
        &self,
        model: &str,
        cloud: &CloudOptions,
    ) -> Result<Cow<'static, str>, LlmError> {
        endpoint::base_url(model, cloud).map(Cow::Owned)
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &["AWS_BEARER_TOKEN_BEDROCK"]
    }

    fn base_url_variable(&self) -> &'static str {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
    }

    fn general_base_url_variable(&self) -> Option<&'static str> {
        Some("AWS_ENDPOINT_URL")
    }

    fn uses_aws_credentials(&self) -> bool {
        true
    }

    fn names_account(&self, cloud: &CloudOptions) -> bool {
        authentication::names_account(cloud)
    }

    fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        request: &Unauthenticated<'_>,
    ) -> Result<Vec<(&'static str, String)>, LlmError> {
        authentication::headers(credentials, request)
    }

    fn is_signed(&self, credentials: &Credentials<'_>) -> bool {
        authentication::is_signed(credentials)
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::BedrockDecoder::new(start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        errors::from_status(status, &HeaderMap::new(), body)
    }

    fn error_with_headers(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> LlmError {
        errors::from_status(status, headers, body)
    }
}

#[cfg(test)]
mod tests;
