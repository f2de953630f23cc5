//! Anthropic's messages, as Anthropic and servers that speak like it send them. Called through the
//! `Provider` trait; the wire is described at platform.claude.com/docs/en/api/messages.

mod blocks;
mod decode;
mod encode;
mod media;
mod message_parts;
mod messages;
mod params;
mod sink;
mod tool_calls;
mod tools;
mod usage;
mod wire;

use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::{ErrorKind, LlmError};
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;

/// The codec.
#[derive(Debug)]
pub(crate) struct Anthropic;

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
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

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::request(request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::AnthropicDecoder::new(start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        error_body::from_status(self, status, body)
    }
}

/// A request that cannot be written, whether or not the caller is lenient.
fn wrong(message: &str) -> LlmError {
    LlmError {
        provider: Some(Anthropic.name()),
        ..LlmError::new(
            ErrorKind::InvalidRequest,
            format!("{}: {message}", Anthropic.name()),
        )
    }
}

#[cfg(test)]
mod tests;
