//! The errors that a codec finds by itself: a request that it cannot write, and a response that
//! breaks the protocol. What a provider's own errors mean is in `error_body`.

use crate::error::{ErrorKind, LlmError, Phase};

/// A request that cannot be written, whether or not the caller is lenient.
pub(crate) fn invalid_request(provider: &'static str, what: &str) -> LlmError {
    LlmError {
        provider: Some(provider),
        ..LlmError::new(ErrorKind::InvalidRequest, format!("{provider}: {what}"))
    }
}

/// A request of which no JSON can be made.
pub(crate) fn unwritable(provider: &'static str, error: &serde_json::Error) -> LlmError {
    invalid_request(provider, &format!("request cannot be JSON: {error}"))
}

/// A response that breaks the protocol: `what` of it, and `how`; `text` is shown as the detail.
pub(crate) fn protocol_error(
    provider: &'static str,
    what: &str,
    how: &str,
    text: &str,
) -> LlmError {
    let message = format!("{provider}: {what} {how}");
    let error = LlmError::new(ErrorKind::Protocol, message).phase(Phase::Body);
    LlmError {
        provider: Some(provider),
        ..error.detail(text.as_bytes())
    }
}
