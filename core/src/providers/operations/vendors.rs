//! Providers that have no chat: Voyage, Jina, and Hugging Face's Text Embeddings Inference. Owns
//! where they are and which key they take; what they do is in the operations.

use crate::error::{ErrorKind, LlmError};
use crate::event::{EventBatch, Start};
use crate::framing::{Frame, Framing};
use crate::providers::completion::{CompletionState, ToolCallsState};
use crate::providers::errors::{invalid_request, protocol_error};
use crate::providers::event_writer::Content;
use crate::providers::{
    error_body, Decoder, EncodedRequest, Progress, Provider, ResponseSummary, Target,
};
use crate::request::LlmRequest;

/// One of them.
#[derive(Debug)]
struct WithoutChat {
    name: &'static str,
    base_url: &'static str,
    key_variables: &'static [&'static str],
    base_url_variable: &'static str,
    needs_key: bool,
}

static VENDORS: &[WithoutChat] = &[
    WithoutChat {
        name: "voyage",
        base_url: "https://api.voyageai.com/v1",
        key_variables: &["VOYAGE_API_KEY"],
        base_url_variable: "VOYAGE_BASE_URL",
        needs_key: true,
    },
    WithoutChat {
        name: "jina",
        base_url: "https://api.jina.ai/v1",
        key_variables: &["JINA_API_KEY"],
        base_url_variable: "JINA_BASE_URL",
        needs_key: true,
    },
    WithoutChat {
        name: "tei",
        base_url: "http://localhost:8080",
        key_variables: &["TEI_API_KEY"],
        base_url_variable: "TEI_BASE_URL",
        needs_key: false,
    },
];

/// The providers without a chat.
pub(in crate::providers) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    VENDORS.iter().map(|vendor| vendor as &dyn Provider)
}

impl Provider for WithoutChat {
    fn name(&self) -> &'static str {
        self.name
    }

    fn base_url(&self) -> &'static str {
        self.base_url
    }

    fn key_variables(&self) -> &'static [&'static str] {
        self.key_variables
    }

    fn needs_key(&self) -> bool {
        self.needs_key
    }

    fn base_url_variable(&self) -> &'static str {
        self.base_url_variable
    }

    fn has_chat(&self) -> bool {
        false
    }

    fn request(&self, _: &LlmRequest, _: &Target<'_>) -> Result<EncodedRequest, LlmError> {
        let what = "it has no chat; use it for embed or rerank";
        Err(invalid_request(self.name, what))
    }

    fn decoder(&self, _: Start, _: Framing) -> Box<dyn Decoder> {
        Box::new(NoChat(self.name))
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        let mut error = error_body::from_status(self, status, body);
        // Elsewhere a model that fails; here one that cannot do what was asked, or a server whose
        // queue is full.
        if self.name == "tei" && status == 424 {
            error.kind = ErrorKind::InvalidRequest;
            error.number = ErrorKind::InvalidRequest.number();
            error.retryable = false;
        }
        let is_out_of_credit = error.code.as_deref() == Some("AUTHZ_INSUFFICIENT_BALANCE");
        if is_out_of_credit {
            error.kind = ErrorKind::QuotaExceeded;
            error.number = ErrorKind::QuotaExceeded.number();
            error.retryable = false;
        }
        error
    }
}

/// No response can come, since no request goes out.
#[derive(Debug)]
struct NoChat(&'static str);

impl NoChat {
    fn refuse(&self) -> LlmError {
        protocol_error(self.0, "the response", "is none: there is no chat", "")
    }
}

impl Decoder for NoChat {
    fn decode_frame(&mut self, _: Frame<'_>, _: &mut EventBatch) -> Result<(), LlmError> {
        Err(self.refuse())
    }

    fn decode_body(&mut self, _: &[u8], _: &mut EventBatch) -> Result<(), LlmError> {
        Err(self.refuse())
    }

    fn close(&mut self, _: &mut EventBatch) {}

    fn progress(&self) -> Progress {
        Progress::Empty
    }

    fn completion_state(&self) -> CompletionState<'_> {
        CompletionState {
            progress: Progress::Empty,
            content: Content::None,
            calls: ToolCallsState::None,
            reason: None,
            reason_raw: None,
            message: None,
        }
    }

    fn summary(&self) -> ResponseSummary {
        ResponseSummary::default()
    }
}
