//! The one list of errors: what failed, whether a retry makes sense, and what is known about it.
//! Owns the kinds and their numbers (append-only). A text from outside is kept long until the
//! redactor of the call has seen it, which also cuts it.

use serde::Serialize;

use crate::declare::{declare_fields, declare_names};
// An error holds the response that it ends, and a response holds its error.
use crate::event::{EmbedResponse, LlmResponse, Tried};

/// Longest message in bytes; a provider's longer message is cut at a character.
pub const MESSAGE_BYTES_MAX: usize = 2048;
/// How much an error keeps in `detail`.
pub const DETAIL_BYTES_MAX: usize = 4096;
/// How much of a text from outside is kept until the redactor has seen it.
pub(crate) const OUTSIDE_BYTES_MAX: usize = 64 * 1024;

declare_names! {
    /// What kind of failure this is. The numbers are the `LLM_ERROR_*` of the C header and never
    /// change; the note is whether the kind is retried.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
    #[non_exhaustive]
    pub enum ErrorKind {
        /// The interface was misused, or a key or header cannot be sent: one with a line break, or
        /// a header that HTTP itself sets.
        InvalidArgument = 1 => "INVALID_ARGUMENT" ("no"),
        /// No key, an unknown provider or option, or something that cannot be used: a base URL, a
        /// certificate file, a proxy variable (or 407 from the proxy), an address that is refused,
        /// a key over plain http, or threads that the system does not give.
        Config = 2 => "CONFIG" ("no"),
        /// The request is wrong; the message names the field where it is known.
        InvalidRequest = 3 => "INVALID_REQUEST" ("no"),
        /// The provider does not know the key.
        Authentication = 4 => "AUTHENTICATION" ("no"),
        /// The key may not do this.
        Permission = 5 => "PERMISSION" ("no"),
        /// There is no such model, deployment or address.
        NotFound = 6 => "NOT_FOUND" ("no"),
        /// Too many requests were sent (429); `retry_after_ms` is the wait, if the provider sent
        /// one.
        RateLimited = 7 => "RATE_LIMITED" ("yes"),
        /// No credit is left, whatever the status; waiting does not help.
        QuotaExceeded = 8 => "QUOTA_EXCEEDED" ("no"),
        /// The provider is out of capacity (498, 529, or an error with that meaning), or as many
        /// requests wait for their turn as `queued_max` allows.
        Overloaded = 9 => "OVERLOADED" ("yes"),
        /// The provider failed in another way: 408, 409, 424, a 5xx status, or an error event
        /// inside a stream.
        Provider = 10 => "PROVIDER" ("mostly; not 499, 501, 505"),
        /// Name lookup or connect failed, or the connection broke before a response.
        Network = 11 => "NETWORK" ("yes, unless a proxy refuses"),
        /// The certificate or the TLS handshake was refused.
        Tls = 12 => "TLS" ("no"),
        /// A timer ran out; `timer` names it.
        Timeout = 13 => "TIMEOUT" ("not `key` and `total`"),
        /// The response is not what the protocol allows: bytes that are not HTTP, a redirect,
        /// broken JSON or JSON of more than 128 levels, too many headers, or an end mark without
        /// content; `detail` holds its first 4 KiB.
        Protocol = 14 => "PROTOCOL" ("no"),
        /// The response was cut before its end; what came is a prefix.
        Truncated = 15 => "TRUNCATED" ("streams, before content only"),
        /// A size limit was exceeded (the message names it; 413 is the provider's), or memory ran
        /// out.
        TooLarge = 16 => "TOO_LARGE" ("no"),
        /// The caller cancelled the call.
        Cancelled = 17 => "CANCELLED" ("no"),
        /// The client is closed, or was inherited through fork, or the process is ending.
        Closed = 18 => "CLOSED" ("no"),
        /// Internal error, a bug in liter_llm.
        Internal = 19 => "INTERNAL" ("no"),
    }
}

impl ErrorKind {
    /// The number of this kind in the C header.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

declare_names! {
    /// Where in its life a request was when it failed.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    pub enum Phase {
        /// The request was being built; nothing was sent.
        Request => "request",
        /// Name lookup, TCP, a proxy's tunnel or TLS; nothing was sent.
        Connect => "connect",
        /// The request was being sent, or a response awaited; also errors that are a status.
        Headers => "headers",
        /// The response had begun.
        Body => "body",
        /// Between two attempts.
        Retry => "retry",
    }
}

declare_names! {
    /// Which timer ran out. The option of a timer is its name and `_timeout_ms`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    pub enum Timer {
        /// A function that was asked for the key.
        Key => "key",
        /// Name lookup, TCP, a proxy's tunnel and TLS.
        Connect => "connect",
        /// From the connection to the response's headers.
        Headers => "headers",
        /// From the headers to the first content; pings do not count.
        FirstToken => "first_token",
        /// The gap between events once content has started.
        Idle => "idle",
        /// The whole call, attempts and waits included.
        Total => "total",
    }
}

declare_fields! {
    /// A failure, with all that is known about it. Displays as one redacted line.
    #[derive(Debug, Clone, Serialize)]
    #[non_exhaustive]
    pub struct LlmError {
        /// What kind of failure.
        pub kind: ErrorKind as Text,
        /// The kind's number in the C header.
        pub number: i32 as Integer,
        /// One line: what failed, with which value, and what to do.
        pub message: String as Text,
        /// The provider of the request.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub provider: Option<&'static str> as Text,
        /// The HTTP status, where one was received.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<u16> as Integer,
        /// The provider's own code or type.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub code: Option<String> as Text,
        /// Whether sending the same request again can succeed.
        pub retryable: bool as Boolean,
        /// The wait that the provider requested.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub retry_after_ms: Option<u64> as Milliseconds,
        /// How many requests were sent.
        pub attempts: u32 as Integer,
        /// Where in its life the last attempt failed.
        pub phase: Phase as Text,
        /// The timer that ran out, with TIMEOUT.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub timer: Option<Timer> as Text,
        /// The provider's request id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub request_id: Option<String> as Text,
        /// Whether the provider may have run the request, and may bill it.
        pub maybe_executed: bool as Boolean,
        /// Whether it was not tried again only because the client's `retry_budget` is used up.
        #[serde(skip_serializing_if = "is_false")]
        pub retry_budget_exhausted: bool as Boolean,
        /// Every attempt of a call of one HTTP request, in order, where there were several or
        /// fallbacks; at most the last 64.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub tried: Vec<Tried> as ListOfObjects,
        /// The other fields of the provider's error, beside message and code, as JSON, or the first
        /// 4 KiB of a body that could not be used; of a batch, all rows that cannot be sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub detail: Option<String> as Text,
        /// It will not be over soon: one retry at most, and at once.
        #[serde(skip)]
        pub(crate) is_lasting: bool,
        /// What had been received ([`crate::Client::complete`] fills it in).
        #[serde(skip)]
        pub partial: Option<Box<LlmResponse>>,
        /// The vectors that had come ([`crate::Client::embed`] fills it in).
        #[serde(skip)]
        pub partial_vectors: Option<Box<EmbedResponse>>,
    }
}

/// A request that is wrong; the message names the field.
pub(crate) fn invalid_request(message: impl Into<String>) -> LlmError {
    LlmError::new(ErrorKind::InvalidRequest, message)
}

/// An option, a provider or something of the environment that cannot be used.
pub(crate) fn config(message: impl Into<String>) -> LlmError {
    LlmError::new(ErrorKind::Config, message)
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
            retry_budget_exhausted: false,
            tried: Vec::new(),
            detail: None,
            is_lasting: false,
            partial: None,
            partial_vectors: None,
        }
    }

    /// An error that repeats a text from outside. Its message is not cut yet: a cut could go
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

    pub(crate) fn lasting(mut self) -> Self {
        self.is_lasting = true;
        self
    }

    /// Says more, behind as much of the message as leaves room for that and for the name of the
    /// provider, which may still come before it. The message was redacted, so a cut is safe.
    pub(crate) fn append(&mut self, more: &str) {
        let room = MESSAGE_BYTES_MAX.saturating_sub(more.len() + 64);
        let mut end = self.message.len().min(room);
        while !self.message.is_char_boundary(end) {
            end -= 1;
        }
        self.message.truncate(end);
        self.message.push_str(more);
    }

    /// Keeps the first bytes of a body to show why it could not be used; more than is shown, until
    /// the redactor has seen them.
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

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

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
