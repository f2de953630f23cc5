//! What a provider's error means: kind, code, message and whether a retry makes sense, from a
//! status and a body of any shape that compatible servers use, or from an error inside a response
//! that began well. The body is parsed in `document`, what it means is in `classify`.

mod classify;
mod details;
mod document;
mod error_fields;
mod rate_limit;
mod retry_hint;

#[cfg(all(test, feature = "openai"))]
mod tests;

use http::StatusCode;
use serde_json::value::RawValue;
use serde_json::Value;

use super::errors::protocol_error;
use super::Provider;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::json;
use classify::{classify, kind_of_mark};
use document::ErrorDocument;

/// A response with an error status. The caller adds what is in headers.
pub(crate) fn from_status(provider: &dyn Provider, status: u16, body: &[u8]) -> LlmError {
    let text = String::from_utf8_lossy(body);
    let document = ErrorDocument::parse(&text);
    let reason = || {
        let status = StatusCode::from_u16(status).ok();
        let reason = status.and_then(|status| status.canonical_reason());
        reason.unwrap_or("without a message").to_ascii_lowercase()
    };
    let message = document.message.clone().or_else(|| document.code.clone());
    let message = message.unwrap_or_else(reason);
    let message = message
        .strip_prefix(&format!("{status} "))
        .unwrap_or(&message);
    let mut error = error(
        provider,
        &document,
        Some(status),
        &format!("{status} {message}"),
    );
    error.status = Some(status);
    match document.is_document {
        true => error,
        false => error.detail(body),
    }
}

/// An error event of a stream, or an error document behind a good status.
pub(crate) fn in_response(provider: &dyn Provider, text: &str) -> LlmError {
    of_document(provider, &ErrorDocument::parse(text), text)
}

/// The same, for a text that may be something else than an error.
pub(crate) fn find_in_response(provider: &dyn Provider, text: &str) -> Option<LlmError> {
    let document = ErrorDocument::parse(text);
    let is_known = || {
        document
            .marks
            .iter()
            .any(|mark| kind_of_mark(mark).is_some())
    };
    let is_error = document.is_error || is_known();
    is_error.then(|| of_document(provider, &document, text))
}

/// An event that is not an object: an error as a list, or not JSON at all.
pub(crate) fn not_an_object(provider: &dyn Provider, what: &str, text: &str) -> LlmError {
    let is_list = text.starts_with('[');
    let error = is_list.then(|| find_in_response(provider, text)).flatten();
    error.unwrap_or_else(|| protocol_error(provider.name(), what, "is not a JSON object", text))
}

/// A text that does not have the shape of a response: the error of a gateway, or nonsense.
pub(crate) fn unparsable(
    provider: &dyn Provider,
    what: &str,
    error: &serde_json::Error,
    text: &str,
) -> LlmError {
    let is_json = error.is_data();
    let known = is_json.then(|| find_in_response(provider, text)).flatten();
    known.unwrap_or_else(|| protocol_error(provider.name(), what, &json::error_place(error), text))
}

/// The error in MiniMax's `base_resp`, which every response has; its code shows whether it is an
/// error.
pub(crate) fn base_resp_error(
    provider: &dyn Provider,
    base_resp: Option<&RawValue>,
) -> Option<LlmError> {
    let text = format!("{{\"base_resp\":{}}}", base_resp?);
    let value = json::parse::<Value>(&text, &mut String::new()).ok()?;
    error_fields::is_error(&value).then(|| in_response(provider, &text))
}

fn of_document(provider: &dyn Provider, document: &ErrorDocument, text: &str) -> LlmError {
    if document.is_broken {
        let what = "an error in the response";
        return protocol_error(provider.name(), what, "is not JSON", text);
    }
    let message = document.message.as_deref().or(document.code.as_deref());
    let default = "error in the response without a message";
    let error = error(
        provider,
        document,
        document.status,
        message.unwrap_or(default),
    );
    let error = error.phase(Phase::Body);
    match message {
        Some(_) => error,
        None => error.detail(text.as_bytes()),
    }
}

fn error(
    provider: &dyn Provider,
    document: &ErrorDocument,
    status: Option<u16>,
    message: &str,
) -> LlmError {
    let (kind, retryable) = classify(status, &document.marks);
    let retryable = retryable && !rate_limit::is_exceeded_alone(message);
    let advice = match (kind, provider.key_variables().first()) {
        (ErrorKind::Authentication, Some(variable)) => format!("; set {variable} or api_key"),
        _ => String::new(),
    };
    let message = format!("{}: {message}{advice}", provider.name());
    let mut error = LlmError::from_outside(kind, &message).retryable(retryable);
    error.provider = Some(provider.name());
    error.code.clone_from(&document.code);
    error.request_id.clone_from(&document.request_id);
    error.retry_after_ms = document.retry_after_ms.filter(|_| retryable);
    match &document.rest {
        Some(rest) => error.detail(rest.as_bytes()),
        None => error,
    }
}
