//! OpenAI's chat completions, as OpenAI and every compatible server speak them. Called through the
//! `Provider` trait; the wire is described at platform.openai.com/docs/api-reference/chat.

mod choices;
mod decode;
mod encode;
mod messages;
mod parts;
mod reasoning;
mod response_id;
mod tool_calls;
mod usage;
mod vendor;
pub(crate) mod vendors;
mod wire;

use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::LlmError;
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;
use vendors::Row;

/// The codec. What servers say differently is a tolerance of the decoder; what they want
/// differently is in their row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenAi {
    pub(crate) row: &'static Row,
}

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        self.row.name
    }

    fn base_url(&self) -> &'static str {
        self.row.base_url
    }

    fn key_variables(&self) -> &'static [&'static str] {
        self.row.key_variables
    }

    fn needs_key(&self) -> bool {
        self.row.needs_key
    }

    fn base_url_variable(&self) -> &'static str {
        self.row.base_url_variable
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::request(self.row, request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::OpenAiDecoder::new(*self, start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        error_body::from_status(self, status, body)
    }
}

#[cfg(test)]
mod tests;
