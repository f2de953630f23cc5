//! Cohere's chat in both of its versions: v2 (messages, server-sent events), and v1 (message and
//! history, one JSON document per line) where the base URL names it. Owns the codec, and which
//! version a request goes to; the wires are described at docs.cohere.com/reference/chat and
//! /v1/reference/chat.

mod encode;
mod params;
mod parts;
mod tools;
mod usage;
mod v1;
mod v2;

use serde_json::value::RawValue;
use serde_json::Value;

use super::{error_body, lenient_json, Decoder, EncodedRequest, Provider, Target};
use crate::error::{ErrorKind, LlmError};
use crate::event::Start;
use crate::framing::Framing;
use crate::request::LlmRequest;

const NAME: &str = "cohere";

/// The codec. A base URL that ends in `/v1` or `/v1/chat` chooses v1; every other one gets v2.
#[derive(Debug)]
pub(crate) struct Cohere;

/// The providers of this wire format.
pub(super) fn providers() -> impl Iterator<Item = &'static dyn Provider> {
    let providers: [&dyn Provider; 1] = [&Cohere];
    providers.into_iter()
}

impl Provider for Cohere {
    fn name(&self) -> &'static str {
        NAME
    }

    fn base_url(&self) -> &'static str {
        "https://api.cohere.com"
    }

    fn key_variables(&self) -> &'static [&'static str] {
        &["CO_API_KEY", "COHERE_API_KEY"]
    }

    fn base_url_variable(&self) -> &'static str {
        "CO_API_URL"
    }

    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        match target.base_path {
            path if path.ends_with("/v1/chat") => v1::encode_request(request, target, ""),
            path if path.ends_with("/v2/chat") => v2::encode_request(request, target, ""),
            path if path.ends_with("/v1") => v1::encode_request(request, target, "/chat"),
            path if path.ends_with("/v2") => v2::encode_request(request, target, "/chat"),
            _ => v2::encode_request(request, target, "/v2/chat"),
        }
    }

    fn decoder(&self, start: Start, framing: Framing) -> Box<dyn Decoder> {
        match framing {
            Framing::Ndjson => Box::new(v1::V1Decoder::new(start)),
            Framing::Sse | Framing::EventStream => Box::new(v2::V2Decoder::new(start)),
        }
    }

    fn error(&self, status: u16, body: &[u8]) -> LlmError {
        let mut error = error_body::from_status(self, status, body);
        // Elsewhere a lack of capacity; here a token that is on Cohere's deny list.
        if status == 498 {
            error.kind = ErrorKind::InvalidRequest;
            error.number = ErrorKind::InvalidRequest.number();
            error.retryable = false;
        }
        error.request_id = error.request_id.or_else(|| request_id(body));
        error
    }
}

/// Cohere names the request in the error's body.
fn request_id(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("id").and_then(Value::as_str).map(str::to_owned)
}

/// A failure that a response reports beside its finish reason: a text, or an error in some other
/// provider's form.
fn check_error(error: Option<&RawValue>, error_type: Option<&str>) -> Result<(), LlmError> {
    let Some(error) = error.filter(|error| lenient_json::is_truthy(error)) else {
        return Ok(());
    };
    let error_type = Value::from(error_type.unwrap_or_default());
    let text = format!("{{\"error\":{error},\"error_type\":{error_type}}}");
    Err(error_body::in_response(&Cohere, &text))
}

#[cfg(test)]
mod tests;
