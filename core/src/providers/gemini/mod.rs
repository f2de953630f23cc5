//! Google's generateContent, of the Gemini API and of Vertex AI; the wire is described at
//! ai.google.dev/api/generate-content. Owns the codec of both; on Vertex AI models of Anthropic's
//! speak their own wire, with which `claude` hands over.

mod authentication;
mod claude;
mod content_parts;
mod decode;
mod encode;
mod endpoint;
mod generation_config;
mod media;
mod message_parts;
mod messages;
mod model;
mod params;
mod partial_args;
mod parts;
mod replies;
mod reply_parts;
mod tool_calls;
mod tool_results;
mod tools;
mod usage;
mod wire;

use std::borrow::Cow;

use super::{error_body, Credentials, Decoder, EncodedRequest, Provider, Target, Unauthenticated};
use crate::error::{config, ErrorKind, LlmError};
use crate::event::Start;
use crate::framing::Framing;
use crate::request::{CloudOptions, LlmRequest};

/// Who serves the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    /// generativelanguage.googleapis.com, with a key.
    Gemini,
    /// aiplatform.googleapis.com, with a project and a token, or with a key of express mode.
    Vertex,
}

/// The codec for one service.
#[derive(Debug)]
pub(crate) struct Gemini {
    service: Service,
}

static GEMINI: Gemini = Gemini {
    service: Service::Gemini,
};
static VERTEX: Gemini = Gemini {
    service: Service::Vertex,
};

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 2] = [&GEMINI, &VERTEX];
    providers.into_iter()
}

impl Service {
    /// The codec that lives as long as the program.
    fn codec(self) -> &'static Gemini {
        match self {
            Self::Gemini => &GEMINI,
            Self::Vertex => &VERTEX,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::Vertex => "vertex",
        }
    }
}

impl Provider for Gemini {
    fn name(&self) -> &'static str {
        self.service.name()
    }

    fn wire(&self) -> &'static str {
        "gemini"
    }

    fn base_url(&self) -> &'static str {
        match self.service {
            Service::Gemini => "https://generativelanguage.googleapis.com",
            Service::Vertex => "https://aiplatform.googleapis.com",
        }
    }

    fn base_url_of(&self, _: &str, cloud: &CloudOptions) -> Result<Cow<'static, str>, LlmError> {
        match self.service {
            Service::Gemini => Ok(Cow::Borrowed(self.base_url())),
            Service::Vertex => endpoint::base_url_of(cloud),
        }
    }

    /// GOOGLE_API_KEY goes before GEMINI_API_KEY, as in Google's own packages.
    fn key_variables(&self) -> &'static [&'static str] {
        match self.service {
            Service::Gemini => &["GOOGLE_API_KEY", "GEMINI_API_KEY"],
            Service::Vertex => &["GOOGLE_API_KEY"],
        }
    }

    fn no_key(&self) -> LlmError {
        match self.service {
            Service::Gemini => config("no key; set GOOGLE_API_KEY, GEMINI_API_KEY or api_key"),
            Service::Vertex => config(authentication::NO_TOKEN),
        }
    }

    fn base_url_variable(&self) -> &'static str {
        match self.service {
            Service::Gemini => "GOOGLE_GEMINI_BASE_URL",
            Service::Vertex => "GOOGLE_VERTEX_BASE_URL",
        }
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        authentication::key_header(self.service, key)
    }

    fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        request: &Unauthenticated<'_>,
    ) -> Result<Vec<(&'static str, String)>, LlmError> {
        authentication::headers(self.service, credentials, request)
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        match claude::is_claude(self.service, &request.model) {
            true => claude::encode_request(request, target),
            false => encode::encode_request(self.service, request, target),
        }
    }

    fn decoder(&self, start: Start, _: Framing) -> Box<dyn Decoder> {
        match claude::decoder(self.service, start) {
            Ok(decoder) => decoder,
            Err(start) => Box::new(decode::GeminiDecoder::new(self.service.codec(), start)),
        }
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        let mut error = error_body::from_status(self, status, body);
        // The account, or where it is used, and not the request: no billing, a region without it.
        if error.code.as_deref() == Some("FAILED_PRECONDITION") {
            error.kind = ErrorKind::Permission;
            error.number = ErrorKind::Permission.number();
        }
        error
    }
}

#[cfg(test)]
mod tests;
