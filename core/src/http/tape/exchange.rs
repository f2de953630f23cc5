//! One line of a tape: a request and what came of it. Owns the format and its version; an older
//! version is read, a newer one is an error. Pure.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::failure::TapedFailure;
use super::fields::{insert_sorted, put, text, texts, texts_of};
use super::request::{TapedBody, TapedRequest};
use super::{Clean, Keeps, TapePace};
use crate::error::LlmError;
use crate::http::{BodyEnd, Piece, PlayedBody};

/// The version that is written. It grows when an older reader would misread a line.
const VERSION: u64 = 1;

/// A whole exchange.
#[derive(Debug, Clone)]
pub(super) struct TapedExchange {
    pub(super) request: TapedRequest,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
enum Outcome {
    Response(TapedResponse),
    Failure(TapedFailure),
}

/// A response whose head came.
#[derive(Debug, Clone)]
pub(super) struct TapedResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: TapedBody,
    end: TapedEnd,
    /// Why, where it did not end properly.
    reason: Option<String>,
    /// When the head came, in milliseconds after the request.
    ms: u64,
    /// The pieces of the body: milliseconds after the request, and bytes.
    pieces: Vec<(u64, usize)>,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TapedEnd {
    Complete,
    /// The connection ended.
    Cut,
    /// It is not in the coding that its head names.
    Undecodable,
    /// The client read no further: it was cancelled, timed out, or had all it needed.
    Left,
}

const ENDS: [(&str, TapedEnd); 4] = [
    ("complete", TapedEnd::Complete),
    ("cut", TapedEnd::Cut),
    ("undecodable", TapedEnd::Undecodable),
    ("left", TapedEnd::Left),
];

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
    /// As it is written, with the headers whose names are kept.
    pub(super) fn tape(
        self,
        mut end: TapedEnd,
        mut reason: Option<String>,
        keeps: &Keeps,
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
            end = TapedEnd::Cut;
            reason = Some("it repeated a secret, and is not written".to_owned());
        }
        TapedResponse {
            status: self.status,
            headers: headers(&self.headers, keeps, &cleaned),
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
        let outcome = Outcome::Response(response);
        Self { request, outcome }
    }

    pub(super) fn of_failure(request: TapedRequest, error: &LlmError, clean: &Clean) -> Self {
        let outcome = Outcome::Failure(TapedFailure::new(error, clean));
        Self { request, outcome }
    }

    /// Parses one line; the error says what is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let fields = match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => fields,
            _ => return Err("it is not a line of a tape".to_owned()),
        };
        match fields.get("tape").and_then(Value::as_u64) {
            None => return Err("it is not a line of a tape".to_owned()),
            Some(version) if version > VERSION => {
                return Err(format!(
                    "it has version {version}, and this library reads up to {VERSION}; use a \
                     newer one"
                ));
            }
            Some(_) => {}
        }
        let object = |name: &str| fields.get(name).and_then(Value::as_object);
        let request = object("request").and_then(TapedRequest::from_json);
        let request = request.ok_or("it has no request that can be used")?;
        let response = object("response").and_then(TapedResponse::from_json);
        let failure = || object("failure").and_then(TapedFailure::from_json);
        let outcome = match response {
            Some(response) => Some(Outcome::Response(response)),
            None => failure().map(Outcome::Failure),
        };
        let outcome = outcome.ok_or("it has no response that can be played")?;
        Ok(Self { request, outcome })
    }

    pub(super) fn to_line(&self) -> String {
        let mut fields = Map::new();
        put(&mut fields, "tape", Some(VERSION.into()));
        put(&mut fields, "request", Some(self.request.to_json()));
        match &self.outcome {
            Outcome::Response(response) => put(&mut fields, "response", Some(response.to_json())),
            Outcome::Failure(failure) => put(&mut fields, "failure", Some(failure.to_json())),
        }
        Value::Object(fields).to_string()
    }

    /// When the head came.
    pub(super) fn head_after(&self) -> Duration {
        match &self.outcome {
            Outcome::Response(response) => Duration::from_millis(response.ms),
            Outcome::Failure(_) => Duration::ZERO,
        }
    }

    /// Plays it: status, headers and body, or the failure.
    pub(super) fn play(&self, pace: TapePace) -> Result<(u16, HeaderMap, PlayedBody), LlmError> {
        match &self.outcome {
            Outcome::Response(response) => Ok((
                response.status,
                header_map(&response.headers),
                response.body(pace),
            )),
            Outcome::Failure(failure) => Err(failure.error()),
        }
    }
}

impl TapedResponse {
    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let end = ENDS.iter().find(|(_, end)| *end == self.end);
        let pieces = self.pieces.iter().map(|(ms, bytes)| {
            let pair = [Value::from(*ms), Value::from(*bytes)];
            Value::Array(pair.to_vec())
        });
        let pieces: Vec<Value> = pieces.collect();
        put(&mut fields, "status", Some(self.status.into()));
        put(&mut fields, "headers", texts(&self.headers));
        self.body.put_into(&mut fields);
        put(&mut fields, "end", end.map(|(name, _)| (*name).into()));
        put(
            &mut fields,
            "reason",
            self.reason.as_deref().map(Value::from),
        );
        put(&mut fields, "ms", Some(self.ms.into()));
        put(
            &mut fields,
            "pieces",
            (!pieces.is_empty()).then_some(Value::Array(pieces)),
        );
        Value::Object(fields)
    }

    fn from_json(fields: &Map<String, Value>) -> Option<Self> {
        let number = |value: Option<&Value>| value.and_then(Value::as_u64);
        let end = fields.get("end")?.as_str()?;
        let end = ENDS.iter().find(|(name, _)| *name == end)?;
        let pieces = fields.get("pieces").and_then(Value::as_array);
        let pieces = pieces.into_iter().flatten().filter_map(|pair| {
            let bytes = number(pair.get(1))?;
            Some((number(pair.get(0))?, usize::try_from(bytes).ok()?))
        });
        let body = TapedBody::from_json(fields);
        body.to_bytes()?;
        Some(Self {
            status: u16::try_from(number(fields.get("status"))?).ok()?,
            headers: texts_of(fields, "headers"),
            body,
            end: end.1,
            reason: text(fields, "reason"),
            ms: number(fields.get("ms")).unwrap_or(0),
            pieces: pieces.collect(),
        })
    }

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

fn headers(
    headers: &HeaderMap,
    keeps: &Keeps,
    cleaned: &impl Fn(String) -> String,
) -> Vec<(String, String)> {
    // A date to wait for is one of the provider's own clock.
    let has_date = headers.contains_key(http::header::RETRY_AFTER);
    let is_kept = |name: &str| keeps(name) || (name == "date" && has_date);
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        if !is_kept(name.as_str()) || name == http::header::SET_COOKIE {
            continue;
        }
        let value = cleaned(String::from_utf8_lossy(value.as_bytes()).into_owned());
        // Several of one name are one list (RFC 9110, section 5.3).
        match kept.iter_mut().find(|(known, _)| known == name.as_str()) {
            Some((_, list)) => *list = format!("{list}, {value}"),
            None => insert_sorted(&mut kept, name.as_str().to_owned(), value),
        }
    }
    kept
}

fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    pairs.collect()
}
