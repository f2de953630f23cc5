//! The one list of errors: what failed, whether a retry makes sense, and what is known about it.
//! Owns the kinds and their numbers (append-only). A text from outside is kept long until the
//! redactor of the call has seen it, which also cuts it. Made everywhere, read by users.

use serde::{Serialize, Serializer};

use crate::event::LlmResponse;

/// Longest message in bytes; what a provider says beyond it is cut at a character.
pub const MESSAGE_BYTES_MAX: usize = 2048;
/// How much an error keeps in `detail`.
pub const DETAIL_BYTES_MAX: usize = 4096;
/// How much of a text from outside is kept until the redactor has seen it.
pub(crate) const OUTSIDE_BYTES_MAX: usize = 64 * 1024;

/// What kind of failure this is. The numbers are the `LLM_ERROR_*` of the C header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Misuse of the interface.
    InvalidArgument = 1,
    /// No key, unknown provider or option, unusable base URL or CA file.
    Config = 2,
    /// The request is wrong; the message names the field where it is known.
    InvalidRequest = 3,
    /// The provider does not know the key.
    Authentication = 4,
    /// The key may not do this.
    Permission = 5,
    /// No such model, deployment or address.
    NotFound = 6,
    /// Too many requests.
    RateLimited = 7,
    /// No credit left; waiting does not help.
    QuotaExceeded = 8,
    /// The provider is out of capacity.
    Overloaded = 9,
    /// Another failure at the provider: a 5xx status, an error event inside a stream.
    Provider = 10,
    /// Name lookup, connect, or a connection that broke before an answer.
    Network = 11,
    /// The certificate or the handshake was refused.
    Tls = 12,
    /// A timer ran out; [`LlmError::timer`] says which.
    Timeout = 13,
    /// The answer is not what the protocol allows.
    Protocol = 14,
    /// The answer was cut before its end.
    Truncated = 15,
    /// Something passed a limit in bytes.
    TooLarge = 16,
    /// The caller cancelled.
    Cancelled = 17,
    /// The client is closed.
    Closed = 18,
    /// A defect of this library.
    Internal = 19,
}

impl ErrorKind {
    /// The number of this kind in the C header.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The name of this kind in every language, such as `RATE_LIMITED`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::Config => "CONFIG",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::Authentication => "AUTHENTICATION",
            Self::Permission => "PERMISSION",
            Self::NotFound => "NOT_FOUND",
            Self::RateLimited => "RATE_LIMITED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Overloaded => "OVERLOADED",
            Self::Provider => "PROVIDER",
            Self::Network => "NETWORK",
            Self::Tls => "TLS",
            Self::Timeout => "TIMEOUT",
            Self::Protocol => "PROTOCOL",
            Self::Truncated => "TRUNCATED",
            Self::TooLarge => "TOO_LARGE",
            Self::Cancelled => "CANCELLED",
            Self::Closed => "CLOSED",
            Self::Internal => "INTERNAL",
        }
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Where in its life a request was when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The request was being built; nothing was sent.
    Request,
    /// Name lookup, TCP or TLS; nothing was sent.
    Connect,
    /// Sent, or being sent; no answer yet.
    Headers,
    /// The answer had begun.
    Body,
    /// Between two attempts.
    Retry,
}

/// Which timer ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// Name lookup, TCP and TLS.
    Connect,
    /// From the connection to the answer's headers.
    Headers,
    /// From the headers to the first content; pings do not feed it.
    FirstToken,
    /// Between two signs of life once content flows.
    Idle,
    /// The whole call, attempts and sleeps included.
    Total,
}

impl Timer {
    /// The name of this timer in options (`<name>_timeout_ms`) and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Headers => "headers",
            Self::FirstToken => "first_token",
            Self::Idle => "idle",
            Self::Total => "total",
        }
    }
}

/// A failure, with all that is known about it. Displays as one redacted line.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LlmError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// The kind's number in the C header.
    pub number: i32,
    /// One line: what failed, with which value, and what to do.
    pub message: String,
    /// The provider that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<&'static str>,
    /// The HTTP status, when one was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's own code or type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether sending the same request again can succeed.
    pub retryable: bool,
    /// How long the provider asked to wait, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// How many requests were sent for this call.
    pub attempts: u32,
    /// Where in its life the request was.
    pub phase: Phase,
    /// The timer that ran out, with [`ErrorKind::Timeout`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
    /// The provider's name for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The request was sent and no whole answer came: the provider may have run it, and bill it.
    pub maybe_executed: bool,
    /// What the provider's error says beside message and code, as JSON, or the first bytes of a
    /// body that could not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What had been received ([`crate::Client::complete`] fills it in).
    #[serde(skip)]
    pub partial: Option<Box<LlmResponse>>,
}

impl LlmError {
    /// An error before anything was sent; the other fields are set where they are known.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            number: kind.number(),
            message: one_line(&message.into(), MESSAGE_BYTES_MAX),
            provider: None,
            status: None,
            code: None,
            retryable: false,
            retry_after_ms: None,
            attempts: 0,
            phase: Phase::Request,
            timer: None,
            request_id: None,
            maybe_executed: false,
            detail: None,
            partial: None,
        }
    }

    /// An error that repeats what somebody outside said. Its message is not cut yet: a cut could go
    /// through a secret, so the redactor looks first.
    pub(crate) fn from_outside(kind: ErrorKind, message: &str) -> Self {
        Self {
            message: one_line(message, OUTSIDE_BYTES_MAX),
            ..Self::new(kind, "")
        }
    }

    /// Whether sending the same request again can succeed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.retryable
    }

    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    pub(crate) fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// Keeps the first bytes of a body for whoever has to find out why it could not be used; more
    /// than is shown, until the redactor has seen them.
    pub(crate) fn detail(mut self, body: &[u8]) -> Self {
        let head = body.get(..OUTSIDE_BYTES_MAX).unwrap_or(body);
        self.detail = Some(String::from_utf8_lossy(head).into_owned());
        self
    }
}

impl std::fmt::Display for LlmError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for LlmError {}

/// Line breaks and control characters become blanks, and the length is bounded.
pub(crate) fn one_line(text: &str, bytes_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(bytes_max));
    for character in text.trim().chars() {
        if line.len() + character.len_utf8() > bytes_max {
            break;
        }
        line.push(if character.is_control() {
            ' '
        } else {
            character
        });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_one_bounded_line() {
        let error = LlmError::new(ErrorKind::Provider, format!("a\r\nb\0{}", "é".repeat(4000)));
        assert!(error.message.starts_with("a  b "));
        assert!(error.message.len() <= MESSAGE_BYTES_MAX);
        assert!(!error.message.contains(['\n', '\r', '\0']));
    }

    #[test]
    fn json_carries_kind_and_number_and_leaves_out_the_unknown() {
        let json =
            serde_json::to_value(LlmError::new(ErrorKind::RateLimited, "slow down")).unwrap();
        assert_eq!(json["kind"], "RATE_LIMITED");
        assert_eq!(json["number"], 7);
        assert!(json.get("status").is_none());
    }
}
