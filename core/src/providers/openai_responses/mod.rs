//! OpenAI's Responses API, as OpenAI and others have it beside their chat completions; the wire is
//! described at platform.openai.com/docs/api-reference/responses. Owns the codec; who has the API,
//! and where, is a column of the vendors of `openai`.

mod decode;
mod encode;
mod items;
mod message_parts;
mod messages;
mod output;
mod output_items;
mod params;
mod parts;
mod replies;
mod response_items;
mod text_runs;
mod tool_calls;
mod tools;
mod usage;
mod wire;

use std::sync::LazyLock;

use super::openai::{vendors, OpenAi};
use super::operations::{CountTokens, Embeddings, Models, Rerank};
use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::LlmError;
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;

/// The codec of one vendor. Whatever the two APIs share is asked of the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenAiResponses {
    chat: OpenAi,
}

static CODECS: LazyLock<Vec<OpenAiResponses>> = LazyLock::new(|| {
    let codecs = vendors::CODECS.iter();
    let codecs = codecs.filter(|chat| !chat.vendor.responses.is_empty());
    codecs.map(|chat| OpenAiResponses { chat: *chat }).collect()
});

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    CODECS.iter().map(|codec| codec as &dyn Provider)
}

impl Provider for OpenAiResponses {
    fn name(&self) -> &'static str {
        self.chat.name()
    }

    fn api(&self) -> &'static str {
        "responses"
    }

    fn wire(&self) -> &'static str {
        "openai_responses"
    }

    fn base_url(&self) -> &'static str {
        self.chat.base_url()
    }

    fn key_variables(&self) -> &'static [&'static str] {
        self.chat.key_variables()
    }

    fn needs_key(&self) -> bool {
        self.chat.needs_key()
    }

    fn base_url_variable(&self) -> &'static str {
        self.chat.base_url_variable()
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        self.chat.key_header(key)
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(self.chat.vendor, request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::ResponsesDecoder::new(*self, start))
    }

    fn embeddings(&self) -> Option<&'static dyn Embeddings> {
        self.chat.embeddings()
    }

    fn rerank(&self) -> Option<&'static dyn Rerank> {
        self.chat.rerank()
    }

    fn models(&self) -> Option<&'static dyn Models> {
        self.chat.models()
    }

    fn count_tokens(&self) -> Option<&'static dyn CountTokens> {
        self.chat.count_tokens()
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        error_body::from_status(self, status, body)
    }
}

#[cfg(test)]
mod tests;
