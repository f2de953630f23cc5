//! Anthropic's messages, as Anthropic and servers that imitate it send them; the wire is described
//! at platform.claude.com/docs/en/api/messages. Owns the codec.

mod authentication;
mod blocks;
mod decode;
mod encode;
mod media;
mod message_parts;
mod messages;
mod params;
mod parts;
mod tool_calls;
mod tools;
mod usage;
mod wire;

use super::{error_body, Credentials, Decoder, EncodedRequest, Provider, Target, Unauthenticated};
use crate::error::LlmError;
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;

const NAME: &str = "anthropic";

/// The codec.
#[derive(Debug)]
pub(crate) struct Anthropic;

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 1] = [&Anthropic];
    providers.into_iter()
}

/// The decoder of a provider that serves these models on their own wire.
pub(super) fn decoder_of(provider: &'static dyn Provider, start: Start) -> Box<dyn Decoder> {
    Box::new(decode::AnthropicDecoder::new(provider, start))
}

/// A request as Vertex AI takes it; where it goes is Vertex AI's.
#[cfg(feature = "gemini")]
pub(super) fn encode_for_vertex(
    provider: &'static str,
    request: &LlmRequest,
    target: &Target<'_>,
) -> Result<EncodedRequest, LlmError> {
    encode::encode_for_vertex(provider, request, target)
}

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn base_url(&self) -> &'static str {
        "https://api.anthropic.com"
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &["ANTHROPIC_API_KEY"]
    }

    fn base_url_variable(&self) -> &'static str {
        "ANTHROPIC_BASE_URL"
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        authentication::key_header(key)
    }

    fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        _: &Unauthenticated<'_>,
    ) -> Result<Vec<(&'static str, String)>, LlmError> {
        Ok(authentication::headers(credentials))
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        decoder_of(&Anthropic, start)
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        error_body::from_status(self, status, body)
    }
}

#[cfg(test)]
mod tests;
