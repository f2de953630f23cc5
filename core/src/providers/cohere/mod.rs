//! Cohere's chat in both of its versions: v2 (messages, server-sent events), and v1 (message and
//! history, one JSON document per line) where the base URL names it. Called through the `Provider`
//! trait; the wires are described at docs.cohere.com/reference/chat and /v1/reference/chat.

mod encode;
mod usage;
mod v1;
mod v2;

use super::{error_body, json, Decoder, EncodedRequest, Provider, Target};
use crate::error::{ErrorKind, LlmError};
use crate::event::{Event, Start};
use crate::framing::Framing;
use crate::request::LlmRequest;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The codec. A base URL that ends in `/v1` or `/v1/chat` chooses v1; every other one gets v2.
#[derive(Debug)]
pub(crate) struct Cohere;

impl Provider for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
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
            path if path.ends_with("/v1/chat") => v1::encode::request(request, target, ""),
            path if path.ends_with("/v2/chat") => v2::encode::request(request, target, ""),
            path if path.ends_with("/v1") => v1::encode::request(request, target, "/chat"),
            path if path.ends_with("/v2") => v2::encode::request(request, target, "/chat"),
            _ => v2::encode::request(request, target, "/v2/chat"),
        }
    }

    fn decoder(&self, start: Start, framing: Framing) -> Box<dyn Decoder> {
        match framing {
            Framing::Ndjson => Box::new(v1::decode::V1Decoder::new(start)),
            Framing::Sse => Box::new(v2::decode::V2Decoder::new(start)),
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
        error.request_id = error.request_id.or_else(|| id_of(body));
        error
    }
}

/// Cohere names the request in the error's body.
fn id_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("id").and_then(Value::as_str).map(str::to_owned)
}

/// An answer that is not what the protocol says.
fn wrong(what: &str, how: &str, text: &str) -> LlmError {
    error_body::protocol_error(&Cohere, what, how, text)
}

/// What an answer says of a failure beside its finish reason: a text, or an error in some other
/// provider's form.
fn failure(error: Option<&RawValue>, error_type: Option<&str>) -> Result<(), LlmError> {
    let Some(error) = error.filter(|error| json::is_something(error)) else {
        return Ok(());
    };
    let error_type = Value::from(error_type.unwrap_or_default());
    let said = format!("{{\"error\":{error},\"error_type\":{error_type}}}");
    Err(error_body::in_answer(&Cohere, &said))
}

/// A PART with a "type" of ours and the provider's own fields; its own "type" is kept beside.
fn part(kind: &str, fields: Map<String, Value>) -> Event {
    let mut part = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    for (name, value) in fields {
        match name.as_str() {
            "type" => part.insert(format!("{kind}_type"), value),
            _ => part.insert(name, value),
        };
    }
    Event::Part(part)
}

/// A block of the answer that the next request repeats as it is.
fn content(kind: &str, text: String) -> Event {
    let block = Map::from_iter([
        ("type".to_owned(), Value::from(kind)),
        (kind.to_owned(), Value::from(text)),
    ]);
    let part = Map::from_iter([
        ("type".to_owned(), Value::from("content")),
        ("content".to_owned(), Value::Object(block)),
    ]);
    Event::Part(part)
}

#[cfg(test)]
mod tests;
