//! One line of a tape: a request and what came of it. Owns the format and its version; an older
//! version is read, a newer one is an error. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::request::{TapedBody, TapedRequest};
use super::{Clean, TapePace};
use crate::error::{ErrorKind, LlmError, Phase};
use crate::http::{BodyEnd, Piece, PlayedBody};

/// The version that is written. It grows when an older reader would misread a line.
const VERSION: u32 = 1;

/// Headers of a response that something here reads, beside those of limits.
const HEADERS: [&str; 20] = [
    "apim-request-id",
    "content-encoding",
    "content-type",
    "location",
    "mistral-correlation-id",
    "num-tokens",
    "num_tokens",
    "request-id",
    "retry-after",
    "retry-after-ms",
    "x-amz-retry-after",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-compute-tokens",
    "x-debug-trace-id",
    "x-ds-trace-id",
    "x-generation-id",
    "x-request-id",
    "x-should-retry",
];
/// How the names of limits begin.
const LIMITS: [&str; 5] = [
    "anthropic-ratelimit-",
    "ratelimit-",
    "x-endpoint-",
    "x-ratelimit-",
    "x-trial-",
];

/// A whole exchange.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TapedExchange {
    tape: u32,
    pub(super) request: TapedRequest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<TapedResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<TapedFailure>,
}

/// A response whose head came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TapedResponse {
    status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(flatten)]
    body: TapedBody,
    end: TapedEnd,
    /// Why, where it did not end properly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When the head came, in milliseconds after the request.
    #[serde(default)]
    ms: u64,
    /// The pieces of the body: milliseconds after the request, and bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pieces: Vec<(u64, usize)>,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TapedEnd {
    Complete,
    /// The connection ended.
    Cut,
    /// It is not in the coding that its head names.
    Undecodable,
    /// The client read no further: it was cancelled, timed out, or had all it needed.
    Left,
}

/// A request without a response.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TapedFailure {
    kind: String,
    message: String,
    phase: String,
    retryable: bool,
    maybe_executed: bool,
}

/// A response as it was read.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) head_ms: u64,
    pub(super) body: Vec<u8>,
    pub(super) pieces: Vec<(u64, usize)>,
}

impl Received {
    /// As it is written; `reported` are names of headers that the client reports.
    pub(super) fn tape(
        self,
        end: TapedEnd,
        reason: Option<String>,
        reported: &[String],
        clean: &Clean,
    ) -> TapedResponse {
        let cleaned = |text: String| clean(&text).unwrap_or(text);
        let mut body = TapedBody::of_bytes(&self.body);
        let mut pieces = self.pieces;
        if let Some(text) = body.text.as_mut() {
            if let Some(clean) = clean(text) {
                // Its lengths are others now.
                let last = pieces.last().map_or(self.head_ms, |(ms, _)| *ms);
                pieces = vec![(last, clean.len())];
                *text = clean;
            }
        } else if clean(&String::from_utf8_lossy(&self.body)).is_some() {
            // A frame with a checksum cannot be changed.
            body = TapedBody::default();
            pieces.clear();
            return TapedResponse {
                status: self.status,
                headers: headers(&self.headers, reported, &cleaned),
                body,
                end: TapedEnd::Cut,
                reason: Some("it repeated a secret, and is not written".to_owned()),
                ms: self.head_ms,
                pieces,
            };
        }
        TapedResponse {
            status: self.status,
            headers: headers(&self.headers, reported, &cleaned),
            body,
            end,
            reason: reason.map(cleaned),
            ms: self.head_ms,
            pieces,
        }
    }
}

impl TapedExchange {
    pub(super) fn of_response(request: TapedRequest, response: TapedResponse) -> Self {
        Self {
            tape: VERSION,
            request,
            response: Some(response),
            failure: None,
        }
    }

    pub(super) fn of_failure(request: TapedRequest, error: &LlmError, clean: &Clean) -> Self {
        let message = error.message.clone();
        Self {
            tape: VERSION,
            request,
            response: None,
            failure: Some(TapedFailure {
                kind: error.kind.name().to_owned(),
                message: clean(&message).unwrap_or(message),
                phase: error.phase.name().to_owned(),
                retryable: error.retryable,
                maybe_executed: error.maybe_executed,
            }),
        }
    }

    /// Whether a failure is one of the network, which a tape can play; others are found again.
    pub(super) fn holds(kind: ErrorKind) -> bool {
        KINDS.iter().any(|(_, known)| *known == kind)
    }

    /// Parses one line; the error says what is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Versioned {
            tape: u32,
        }
        let version = serde_json::from_str::<Versioned>(line)
            .map_err(|_| "it is not a line of a tape".to_owned())?;
        if version.tape > VERSION {
            return Err(format!(
                "it has version {}, and this library reads up to {VERSION}; use a newer one",
                version.tape
            ));
        }
        let exchange: Self = serde_json::from_str(line)
            .map_err(|error| format!("it is broken at column {}", error.column()))?;
        match (&exchange.response, &exchange.failure) {
            (Some(response), None) if response.body.to_bytes().is_some() => Ok(exchange),
            (None, Some(_)) => Ok(exchange),
            _ => Err("it has no response that can be played".to_owned()),
        }
    }

    pub(super) fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When the head came.
    pub(super) fn head_after(&self) -> Duration {
        Duration::from_millis(self.response.as_ref().map_or(0, |response| response.ms))
    }

    /// Plays it: status, headers and body, or the failure.
    pub(super) fn play(&self, pace: TapePace) -> Result<(u16, HeaderMap, PlayedBody), LlmError> {
        match (&self.response, &self.failure) {
            (Some(response), _) => Ok((
                response.status,
                header_map(&response.headers),
                response.body(pace),
            )),
            (None, Some(failure)) => Err(failure.error()),
            (None, None) => Err(LlmError::new(
                ErrorKind::Internal,
                "an empty line of a tape",
            )),
        }
    }
}

impl TapedResponse {
    fn body(&self, pace: TapePace) -> PlayedBody {
        let body = Bytes::from(self.body.to_bytes().unwrap_or_default());
        let reason = || self.reason.clone();
        let end = match self.end {
            TapedEnd::Complete => BodyEnd::Complete,
            TapedEnd::Cut => BodyEnd::Cut(reason().unwrap_or_else(|| "it was cut".to_owned())),
            TapedEnd::Undecodable => BodyEnd::Decode(reason().unwrap_or_default()),
            TapedEnd::Left => {
                BodyEnd::Cut("the recording ends here, where its client stopped reading".to_owned())
            }
        };
        PlayedBody::new(self.cut(&body, pace), end)
    }

    /// The body in its pieces. What the list of them leaves open comes at the end.
    fn cut(&self, body: &Bytes, pace: TapePace) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(self.pieces.len() + 1);
        let (mut at, mut before) = (0_usize, self.ms);
        let rest = [(before, usize::MAX)];
        for (ms, bytes) in self.pieces.iter().chain(&rest) {
            let end = at.saturating_add(*bytes).min(body.len());
            let after = match pace {
                TapePace::Full => Duration::ZERO,
                TapePace::Recorded => Duration::from_millis(ms.saturating_sub(before)),
            };
            pieces.push(Piece {
                after,
                bytes: body.slice(at..end),
            });
            (at, before) = (end, before.max(*ms));
        }
        pieces
    }
}

/// The kinds of failures that a tape holds.
const KINDS: [(&str, ErrorKind); 3] = [
    (ErrorKind::Network.name(), ErrorKind::Network),
    (ErrorKind::Tls.name(), ErrorKind::Tls),
    (ErrorKind::Protocol.name(), ErrorKind::Protocol),
];

impl TapedFailure {
    fn error(&self) -> LlmError {
        let kind = KINDS.iter().find(|(name, _)| *name == self.kind);
        let kind = kind.map_or(ErrorKind::Network, |(_, kind)| *kind);
        let phase = match self.phase.as_str() {
            "connect" => Phase::Connect,
            _ => Phase::Headers,
        };
        let mut error = LlmError::from_outside(kind, &self.message)
            .phase(phase)
            .retryable(self.retryable);
        error.maybe_executed = self.maybe_executed;
        error
    }
}

fn headers(
    headers: &HeaderMap,
    reported: &[String],
    cleaned: &impl Fn(String) -> String,
) -> BTreeMap<String, String> {
    // A date to wait for is one of the provider's own clock.
    let has_date = headers.contains_key(http::header::RETRY_AFTER);
    let is_kept = |name: &str| {
        HEADERS.contains(&name)
            || (name == "date" && has_date)
            || LIMITS.iter().any(|prefix| name.starts_with(prefix))
            || reported.iter().any(|own| own.eq_ignore_ascii_case(name))
    };
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if !is_kept(name.as_str()) || name == http::header::SET_COOKIE {
            continue;
        }
        let value = cleaned(String::from_utf8_lossy(value.as_bytes()).into_owned());
        // Several of one name are one list (RFC 9110, section 5.3).
        kept.entry(name.as_str().to_owned())
            .and_modify(|list| *list = format!("{list}, {value}"))
            .or_insert(value);
    }
    kept
}

fn header_map(headers: &BTreeMap<String, String>) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    pairs.collect()
}
