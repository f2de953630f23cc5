//! OpenAI's chat completions, as OpenAI and every compatible server have them; the wire is
//! described at platform.openai.com/docs/api-reference/chat. Owns the codec; which servers there
//! are is in `vendors`.

mod assistant_messages;
mod choices;
mod decode;
mod encode;
pub(in crate::providers) mod endpoint;
mod message_parts;
mod messages;
mod params;
mod parts;
mod reasoning;
mod response_id;
mod tool_calls;
mod tools;
mod usage;
mod usage_chunk;
pub(in crate::providers) mod vendor;
pub(crate) mod vendors;
mod wire;

use super::{bearer, error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::LlmError;
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;
use vendor::{KeyHeader, Vendor};

/// The codec of one vendor. What servers send differently is a tolerance of the decoder; what they
/// differ in is in their vendor's row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenAi {
    pub(crate) vendor: &'static Vendor,
}

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    vendors::CODECS.iter().map(|codec| codec as &dyn Provider)
}

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        self.vendor.name
    }

    fn wire(&self) -> &'static str {
        "openai"
    }

    fn base_url(&self) -> &'static str {
        self.vendor.base_url
    }

    fn key_variables(&self) -> &'static [&'static str] {
        self.vendor.key_variables
    }

    fn api_of(&self, model: &str) -> Option<&'static str> {
        self.vendor
            .has_only_in_responses(model)
            .then_some("responses")
    }

    fn needs_key(&self) -> bool {
        self.vendor.needs_key
    }

    fn base_url_variable(&self) -> &'static str {
        self.vendor.base_url_variable
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        match self.vendor.key_header {
            KeyHeader::Bearer => bearer(key),
            KeyHeader::ApiKey => ("api-key", key.to_owned()),
            KeyHeader::Gateway(name, words) => (name, format!("{words}{key}")),
        }
    }

    fn keeps_key_beside_authorization(&self) -> bool {
        matches!(self.vendor.key_header, KeyHeader::Gateway(..))
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(self.vendor, request, target)
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
