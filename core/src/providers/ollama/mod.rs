//! Ollama's own chat API, which provider `ollama` speaks where the caller writes `"api":"native"`:
//! its options, thinking and images, one JSON document per line. Owns the codec; the wire is
//! described in Ollama's API reference, "Generate a chat message". The OpenAI form of the same
//! server is a row of `openai/vendors`.

mod decode;
mod encode;
mod images;
mod messages;
mod params;
mod parts;
mod tool_calls;
mod tools;
mod usage;
mod wire;

use super::{error_body, Decoder, EncodedRequest, Provider, Target};
use crate::error::{ErrorKind, LlmError};
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;

const NAME: &str = "ollama";

/// The codec.
#[derive(Debug)]
pub(crate) struct Ollama;

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 1] = [&Ollama];
    providers.into_iter()
}

impl Provider for Ollama {
    fn name(&self) -> &'static str {
        NAME
    }

    fn api(&self) -> &'static str {
        "native"
    }

    fn base_url(&self) -> &'static str {
        "http://127.0.0.1:11434"
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &["OLLAMA_API_KEY"]
    }

    fn needs_key(&self) -> bool {
        false
    }

    fn base_url_variable(&self) -> &'static str {
        "OLLAMA_BASE_URL"
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        encode::encode_request(request, target)
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(decode::OllamaDecoder::new(start))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        let mut error = error_body::from_status(self, status, body);
        // Its queue is full: "server busy, please try again. maximum pending requests exceeded"
        // (server/sched.go, ErrMaxQueue).
        if status == 503 && error.message.contains("server busy") {
            error.kind = ErrorKind::Overloaded;
            error.number = ErrorKind::Overloaded.number();
        }
        error
    }
}

#[cfg(test)]
mod tests;
