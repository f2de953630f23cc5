//! Recorded traffic: `LITER_LLM_RECORDINGS`, else `shared/recordings` beside the repository; where
//! there is none the tests pass and print it. Each response is read in pieces of 1, 3 and 7 bytes
//! and whole, and compared with its expectation in one form for all wires, to which a wire may add.

use std::path::{Path, PathBuf};

use serde_json::{json, Value};

use super::{joined, Decoded, Wire};
use crate::error::{ErrorKind, LlmError};
use crate::providers::{response_headers, Progress};
use crate::request::Message;

/// Where we differ from what was recorded: exchange, place, what we have there instead ("-" for
/// nothing), and why.
pub(crate) type Difference = (&'static str, &'static str, &'static str, &'static str);

/// One request and its response.
pub(crate) struct Exchange {
    pub(crate) name: String,
    /// The body of the request; null where none was kept.
    pub(crate) request: Value,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) response: Value,
    pub(crate) body: Vec<u8>,
    pub(crate) expected: Value,
}

/// What a wire has beyond the common form: of an expectation, of what was decoded, and of errors.
pub(crate) struct More {
    pub(crate) expected: fn(&Value) -> Value,
    pub(crate) decoded: fn(&Decoded) -> Value,
    pub(crate) expected_error: fn(&Value) -> Value,
    pub(crate) error: fn(&Exchange, &LlmError) -> Value,
    /// Whether to retry where an expectation leaves it open.
    pub(crate) retryable: fn(&Value) -> bool,
    /// The id of a call that has none in the expectation.
    pub(crate) id: fn(usize) -> String,
    /// Counts that the expectations do not know.
    pub(crate) counts: &'static [&'static str],
}

/// Everything that was recorded of an API, by name.
#[allow(clippy::print_stderr)]
pub(crate) fn exchanges(api: &str) -> Vec<Exchange> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings");
    let root = std::env::var_os("LITER_LLM_RECORDINGS").map_or(beside.into(), PathBuf::from);
    let folders = std::fs::read_dir(root.join(api)).into_iter().flatten();
    let mut exchanges: Vec<_> = folders
        .map(|folder| exchange(&folder.unwrap().path()))
        .collect();
    exchanges.sort_by(|one, other| one.name.cmp(&other.name));
    eprintln!(
        "{api}: {} exchanges; LITER_LLM_RECORDINGS names their folder",
        exchanges.len()
    );
    exchanges
}

fn exchange(folder: &Path) -> Exchange {
    let bytes = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let json = |file: &str| serde_json::from_slice::<Value>(&bytes(file)).unwrap();
    let request = json("request.json");
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    Exchange {
        name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        host: text("host"),
        path: text("path"),
        request: request["body"].clone(),
        response: json("response.json"),
        body: bytes("response.body"),
        expected: json("expected.json"),
    }
}

/// Compares lists of results; an empty list is good.
pub(crate) fn assert_none(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Puts our own value where it differs.
pub(crate) fn apply(differences: &[Difference], exchange: &str, expected: &mut Value) {
    for (_, place, ours, _) in differences.iter().filter(|(name, ..)| *name == exchange) {
        let (parent, field) = place.rsplit_once('/').unwrap();
        let parent = expected.pointer_mut(parent).unwrap();
        match *ours {
            "-" => drop(parent.as_object_mut().unwrap().shift_remove(field)),
            text => {
                let ours = serde_json::from_str(text).unwrap();
                match field.parse::<usize>() {
                    Ok(index) => parent[index] = ours,
                    Err(_) => parent[field] = ours,
                }
            }
        }
    }
}

impl Exchange {
    pub(crate) fn status(&self) -> u16 {
        u16::try_from(self.response["status"].as_u64().unwrap()).unwrap()
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.response["framing"] == "none"
    }

    /// Decodes a good response, in pieces of this size.
    pub(crate) fn decode(&self, wire: Wire, size: usize) -> Decoded {
        if self.is_whole() {
            wire.whole(&self.body)
        } else {
            wire.pieces(self.body.chunks(size))
        }
    }

    /// The message that the response adds up to, after it went through JSON as in other languages.
    pub(crate) fn reply(&self, wire: Wire) -> (Decoded, Message) {
        let decoded = self.decode(wire, self.body.len().max(1));
        let message = decoded.response.message();
        let again = serde_json::from_value(json!(message)).unwrap();
        assert_eq!(message, again);
        (decoded, again)
    }

    /// What is not as expected, in whatever pieces the response comes.
    pub(crate) fn check(
        &self,
        wire: Wire,
        more: &More,
        differences: &[Difference],
    ) -> Option<String> {
        let mut expected = self.expected_form(more);
        apply(differences, &self.name, &mut expected);
        let sizes = [1, 3, 7, self.body.len().max(1)];
        sizes.into_iter().find_map(|size| {
            let got = self.decoded_form(wire, more, size);
            let place = format!("{}, pieces of {size}", self.name);
            (got != expected).then(|| format!("{place}\n  got  {got}\n  want {expected}"))
        })
    }

    /// The expectation in the common form.
    fn expected_form(&self, more: &More) -> Value {
        let expected = &self.expected;
        let error = match &expected["error"] {
            _ if expected["outcome"] == "truncated" => json!("truncated"),
            Value::Null => Value::Null,
            error => joined(
                json!({
                    "category": error["category"],
                    "retryable": error["retryable"].as_bool()
                        .unwrap_or_else(|| (more.retryable)(error)),
                }),
                (more.expected_error)(error),
            ),
        };
        if self.status() != 200 || expected["outcome"] == "error_in_200" {
            return json!({ "error": error });
        }
        let calls = expected["tool_calls"].as_array().into_iter().flatten();
        let calls = calls.enumerate().map(|(index, call)| {
            let made = (more.id)(index);
            json!([
                call["id"].as_str().unwrap_or(&made),
                call["name"],
                call["arguments"]
            ])
        });
        let form = json!({
            "text": expected["text"],
            "reasoning": expected["reasoning"],
            "calls": calls.collect::<Vec<_>>(),
            "finish": [expected["finish_reason"], expected["finish_reason_raw"]],
            "usage": expected["usage"],
            "usage_raw": not_empty(&expected["usage_raw"]),
            "unknown_events": 0,
            "error": error,
        });
        joined(form, (more.expected)(expected))
    }

    /// What a response with an error status means.
    pub(crate) fn error(&self, wire: Wire) -> LlmError {
        wire.error_with_headers(self.status(), &self.headers(), &self.body)
    }

    /// The response as a client would read it, in the common form.
    fn decoded_form(&self, wire: Wire, more: &More, size: usize) -> Value {
        if self.status() != 200 {
            let error = self.error(wire);
            return json!({"error": self.error_form(&error, more)});
        }
        let decoded = self.decode(wire, size);
        let is_complete = matches!(decoded.progress, Progress::Finished | Progress::Done);
        let error = match &decoded.error {
            Some(error) => self.error_form(error, more),
            None if is_complete => Value::Null,
            None => json!("truncated"),
        };
        if decoded.error.is_some() && self.is_whole() && decoded.list().is_empty() {
            return json!({ "error": error });
        }
        let response = &decoded.response;
        assert!([wire.name, ""].contains(&response.start.provider));
        let arguments = |text: &str| serde_json::from_str::<Value>(text).ok();
        let calls = response.tool_calls.iter();
        let calls = calls.map(|call| json!([call.id, call.name, arguments(&call.arguments)]));
        let mut usage = decoded.finish[2].clone();
        if let Some(usage) = usage.as_object_mut() {
            usage.retain(|name, _| !more.counts.contains(&name.as_str()));
        }
        let form = json!({
            "text": response.text,
            "reasoning": response.reasoning,
            "calls": calls.collect::<Vec<_>>(),
            "finish": [decoded.finish[0], decoded.finish[1]],
            "usage": usage,
            "usage_raw": not_empty(&json!(decoded.usage_raw)),
            "unknown_events": decoded.unknown_events,
            "error": error,
        });
        joined(form, (more.decoded)(&decoded))
    }

    fn error_form(&self, error: &LlmError, more: &More) -> Value {
        let headers = self.headers();
        let retryable = response_headers::should_retry(&headers).unwrap_or(error.retryable);
        let form = json!({"category": category(error), "retryable": retryable});
        joined(form, (more.error)(self, error))
    }

    /// How long the response requests to wait, where a retry makes sense.
    pub(crate) fn wait(&self, error: &LlmError) -> Option<f64> {
        let wait =
            response_headers::retry_after_ms(&self.headers(), std::time::SystemTime::UNIX_EPOCH);
        wait.filter(|_| error.retryable).map(|wait| wait as f64)
    }

    fn headers(&self) -> http::HeaderMap {
        let mut map = http::HeaderMap::new();
        for header in self.response["headers"].as_array().unwrap() {
            let name = header[0].as_str().unwrap().parse::<http::HeaderName>();
            map.insert(name.unwrap(), header[1].as_str().unwrap().parse().unwrap());
        }
        map
    }
}

fn not_empty(object: &Value) -> Option<&Value> {
    let fields = object.as_object()?;
    (!fields.is_empty()).then_some(object)
}

/// The recordings' name of a kind; we do not distinguish why a request was wrong, but the code and
/// the message do.
pub(crate) fn category(error: &LlmError) -> &'static str {
    const TOO_LONG: &[&str] = &[
        "context length",
        "length of all messages",
        "prompt is too long",
        "Input Tokens Exceeded",
        "Input is too long",
    ];
    let has_one_of = |words: &[&str]| words.iter().any(|word| error.message.contains(word));
    match (error.kind, error.code.as_deref()) {
        (ErrorKind::InvalidRequest, Some("content_filter")) => "content_filter",
        (ErrorKind::InvalidRequest, Some("TOO_MANY_TOKENS" | "context_length_exceeded")) => {
            "context_length"
        }
        (ErrorKind::InvalidRequest, _) if has_one_of(TOO_LONG) => "context_length",
        (ErrorKind::InvalidRequest, _) => "invalid_request",
        (ErrorKind::Authentication, _) => "authentication",
        (ErrorKind::NotFound, _) => "not_found",
        (ErrorKind::RateLimited, _) => "rate_limit",
        (ErrorKind::QuotaExceeded, _) => "quota",
        (ErrorKind::Overloaded, _) => "overloaded",
        (ErrorKind::TooLarge, _) => "too_large",
        (ErrorKind::Provider, _) if error.status == Some(499) => "unknown",
        (ErrorKind::Provider, _) => "server",
        _ => error.kind.name(),
    }
}
