//! OpenAI's chat completions, as OpenAI and every compatible server speak them. Called through the
//! `Provider` trait; the wire is described at platform.openai.com/docs/api-reference/chat.

mod calls;
mod decode;
mod encode;
mod parts;
mod usage;
mod wire;

use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::LlmError;
use crate::event::Start;
use crate::request::LlmRequest;

/// The codec. Everything that servers do differently is a tolerance of the decoder, not a switch.
#[derive(Debug)]
pub(crate) struct OpenAi;

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn base_url(&self) -> &'static str {
        "https://api.openai.com/v1"
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &["OPENAI_API_KEY"]
    }

    fn base_url_variable(&self) -> &'static str {
        "OPENAI_BASE_URL"
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::request(request, target)
    }

    fn decoder(&self, start: Start) -> Box<dyn Decoder> {
        Box::new(decode::OpenAiDecoder::new(start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        error_body::from_status(self, status, body)
    }
}

#[cfg(test)]
mod tests;
