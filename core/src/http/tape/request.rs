//! A request as a tape holds it: what decides which recording answers it, the same in every run.
//! Owns what is left out: keys, signatures, dates, ids of one attempt. Pure.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::{Map, Value};
use url::Url;

use super::fields::{insert_sorted, put, text, texts, texts_of};
use super::Clean;
use crate::http::HttpRequest;
use crate::secret::is_secret_parameter;

/// Headers that change what a response is; no other is written.
const HEADERS: [&str; 5] = [
    "accept",
    "anthropic-beta",
    "anthropic-version",
    "content-type",
    "openai-beta",
];

/// A body that is nested deeper is text: the line around it must be parsed again.
const LEVELS_MAX: usize = 100;

/// What was asked, without who asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TapedRequest {
    provider: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    pub(super) body: TapedBody,
}

/// A body as a person can read it: JSON with its names in order, else text, else base64.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TapedBody {
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
    pub(super) base64: Option<String>,
}

/// What a recording is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Provider, method, path and query: the same operation of the same model, mostly.
    pub(super) place: String,
    body: String,
}

impl TapedRequest {
    pub(super) fn new(provider: &str, request: &HttpRequest, clean: &Clean) -> Self {
        let cleaned = |text: String| clean(&text).unwrap_or(text);
        let headers = HEADERS.iter().filter_map(|name| {
            let value = request.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), cleaned(value.to_owned())))
        });
        Self {
            provider: provider.to_owned(),
            method: request.method.to_string(),
            url: cleaned(without_secrets(&request.url).to_string()),
            headers: headers.collect(),
            body: TapedBody::of_request(&request.body, clean),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        put(&mut fields, "provider", Some(self.provider.as_str().into()));
        put(&mut fields, "method", Some(self.method.as_str().into()));
        put(&mut fields, "url", Some(self.url.as_str().into()));
        put(&mut fields, "headers", texts(&self.headers));
        self.body.put_into(&mut fields);
        Value::Object(fields)
    }

    pub(super) fn from_json(fields: &Map<String, Value>) -> Option<Self> {
        // Whoever edits a line may have put its names in another order.
        let mut body = TapedBody::from_json(fields);
        body.json = body.json.map(sorted);
        Some(Self {
            provider: text(fields, "provider")?,
            method: text(fields, "method")?,
            url: text(fields, "url")?,
            headers: texts_of(fields, "headers"),
            body,
        })
    }

    pub(super) fn key(&self) -> Key {
        let url = Url::parse(&self.url).ok();
        let place = match &url {
            Some(url) => format!("{}?{}", url.path(), url.query().unwrap_or_default()),
            None => self.url.clone(),
        };
        let place = place.trim_end_matches('?');
        let body = match &self.body {
            TapedBody {
                json: Some(json), ..
            } => json.to_string(),
            TapedBody { text, base64, .. } => {
                let body = text.as_deref().or(base64.as_deref());
                body.unwrap_or_default().to_owned()
            }
        };
        Key {
            place: format!("{} {} {place}", self.provider, self.method),
            body,
        }
    }
}

impl TapedBody {
    fn of_request(body: &[u8], clean: &Clean) -> Self {
        if body.is_empty() {
            return Self::default();
        }
        let mut taped = Self::of_bytes(body);
        if let Some(text) = &mut taped.text {
            if let Some(cleaned) = clean(text) {
                *text = cleaned;
            }
            let json = serde_json::from_str(text).ok();
            let json = json.filter(|json| is_readable(json, LEVELS_MAX));
            if let Some(json @ (Value::Object(_) | Value::Array(_))) = json {
                return Self {
                    json: Some(sorted(json)),
                    ..Self::default()
                };
            }
        }
        taped
    }

    /// Text where it is UTF-8.
    pub(super) fn of_bytes(body: &[u8]) -> Self {
        match std::str::from_utf8(body) {
            Ok(text) => Self {
                text: Some(text.to_owned()),
                ..Self::default()
            },
            Err(_) => Self {
                base64: Some(STANDARD.encode(body)),
                ..Self::default()
            },
        }
    }

    pub(super) fn put_into(&self, fields: &mut Map<String, Value>) {
        put(fields, "json", self.json.clone());
        put(fields, "text", self.text.as_deref().map(Value::from));
        put(fields, "base64", self.base64.as_deref().map(Value::from));
    }

    pub(super) fn from_json(fields: &Map<String, Value>) -> Self {
        Self {
            json: fields.get("json").cloned(),
            text: text(fields, "text"),
            base64: text(fields, "base64"),
        }
    }

    /// What it was made of; `None` where somebody broke it.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        match (&self.text, &self.base64, &self.json) {
            (Some(text), ..) => Some(text.clone().into_bytes()),
            (None, Some(code), _) => STANDARD.decode(code).ok(),
            (None, None, Some(json)) => Some(json.to_string().into_bytes()),
            (None, None, None) => Some(Vec::new()),
        }
    }
}

/// Without user, password, fragment, and parameters that are keys or signatures.
fn without_secrets(url: &Url) -> Url {
    let mut clean = url.clone();
    let _ = clean.set_username("");
    let _ = clean.set_password(None);
    clean.set_fragment(None);
    if url.query().is_some() {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let kept = pairs.iter().filter(|(name, _)| {
            // Those of a signed URL: AWS's, and Google's form of them.
            let lower = name.to_ascii_lowercase();
            let is_signed = lower.starts_with("x-amz-") || lower.starts_with("x-goog-");
            !is_secret_parameter(name) && !is_signed
        });
        let kept: Vec<_> = kept.collect();
        match kept.is_empty() {
            true => clean.set_query(None),
            false => {
                clean.query_pairs_mut().clear().extend_pairs(kept);
            }
        }
    }
    clean
}

/// Whether a value is nested in at most so many levels.
fn is_readable(value: &Value, levels: usize) -> bool {
    match (value, levels.checked_sub(1)) {
        (Value::Array(_) | Value::Object(_), None) => false,
        (Value::Array(values), Some(left)) => values.iter().all(|value| is_readable(value, left)),
        (Value::Object(fields), Some(left)) => {
            fields.values().all(|value| is_readable(value, left))
        }
        _ => true,
    }
}

/// Objects with their names in order, so that the order in which they were written counts nothing.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut in_order = Vec::with_capacity(fields.len());
            for (name, value) in fields {
                insert_sorted(&mut in_order, name, sorted(value));
            }
            Value::Object(in_order.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    fn taped(url: &str, headers: &[(&'static str, &str)], body: &str) -> TapedRequest {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect();
        let request = HttpRequest {
            method: Method::POST,
            url: url.parse().unwrap(),
            headers,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let clean: Clean = Arc::new(|text| {
            let has = text.contains("hidden");
            has.then(|| text.replace("hidden", "[REDACTED]"))
        });
        TapedRequest::new("gemini", &request, &clean)
    }

    #[test]
    fn what_names_the_sender_is_left_out() {
        let taped = taped(
            "https://me:hidden@host/v1/m?alt=sse&key=hidden&X-Amz-Date=2026&sig=hidden#f",
            &[
                ("authorization", "Bearer hidden"),
                ("cookie", "hidden"),
                ("idempotency-key", "1"),
                ("x-goog-api-key", "hidden"),
                ("x-amz-date", "20260101"),
                ("accept", "text/event-stream"),
            ],
            r#"{"b":{"y":1,"x":["hidden"]},"a":2}"#,
        );
        let document = taped.to_json();
        let line = document.to_string();
        let expected = concat!(
            r#"{"provider":"gemini","method":"POST","url":"https://host/v1/m?alt=sse","#,
            r#""headers":{"accept":"text/event-stream"},"#,
            r#""json":{"a":2,"b":{"x":["[REDACTED]"],"y":1}}}"#,
        );
        assert_eq!(line, expected);
        let read = TapedRequest::from_json(document.as_object().unwrap());
        assert_eq!(read, Some(taped));
    }

    #[test]
    fn the_order_of_names_the_host_and_the_key_do_not_matter() {
        let one = taped("https://a/v1?key=1", &[], r#"{"a":1,"b":2}"#);
        let same = taped("https://b/v1?key=2", &[], r#"{"b":2,"a":1}"#);
        assert_eq!(one.key(), same.key());
        let other = taped("https://a/v1", &[], r#"{"a":1,"b":3}"#);
        assert_ne!(one.key(), other.key());
        assert_eq!(one.key().place, "gemini POST /v1");
        assert_eq!(one.key().place, other.key().place);
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        for bytes in [&b""[..], b"text\n", b"\xff\x00"] {
            assert_eq!(TapedBody::of_bytes(bytes).to_bytes().unwrap(), bytes);
        }
    }
}
