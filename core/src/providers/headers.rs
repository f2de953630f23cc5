//! What a provider says in headers beside the answer: the request's id, the state of its rate
//! limits, and whether and when to try again. Pure functions over a header map. Called by `http`
//! and `stream`.

use std::time::SystemTime;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

/// Longest wait that is told apart from "never": 2^53 - 1 ms, exact in every language's numbers.
const WAIT_MS_MAX: u64 = (1 << 53) - 1;

/// Where providers put the id of a request, best first.
const REQUEST_ID_NAMES: &[&str] = &[
    "x-request-id",
    "request-id",
    "apim-request-id",
    "x-amzn-requestid",
    "x-debug-trace-id",
    "mistral-correlation-id",
    "x-ds-trace-id",
    "x-generation-id",
];

/// The provider's name for the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let mut ids = REQUEST_ID_NAMES
        .iter()
        .filter_map(|name| text(headers, name));
    ids.find(|id| !id.is_empty()).map(str::to_owned)
}

/// The rate-limit headers of all families under common names: `requests_limit`,
/// `input_tokens_remaining`, `tokens_reset`. Counts are numbers, resets stay text.
pub(crate) fn rate_limit(headers: &HeaderMap) -> Map<String, Value> {
    let mut limits = Map::new();
    for (name, value) in headers {
        let (Some(name), Ok(value)) = (rate_limit_name(name.as_str()), value.to_str()) else {
            continue;
        };
        let count = value
            .trim()
            .parse::<u64>()
            .ok()
            .filter(|_| !name.ends_with("reset"));
        limits.insert(
            name,
            count.map_or_else(|| Value::from(value.trim()), Value::from),
        );
    }
    limits
}

/// `x-ratelimit-limit-requests` and `anthropic-ratelimit-requests-limit` become `requests_limit`.
fn rate_limit_name(header: &str) -> Option<String> {
    let words = [
        "x-ratelimit-",
        "ratelimit-",
        "anthropic-ratelimit-",
        // Cohere: x-trial-endpoint-call-limit, x-endpoint-monthly-call-limit.
        "x-trial-",
        "x-endpoint-",
    ];
    let rest = words
        .iter()
        .find_map(|prefix| header.strip_prefix(prefix))?;
    let is_figure = |word: &str| matches!(word, "limit" | "remaining" | "reset");
    let figure = rest.split('-').find(|word| is_figure(word))?;
    let subject = rest.split('-').filter(|word| !is_figure(word));
    // Mistral abbreviates what it counts.
    let subject = subject.map(|word| if word == "req" { "requests" } else { word });
    Some(subject.chain([figure]).collect::<Vec<_>>().join("_"))
}

/// How long the provider asks to wait: `retry-after-ms`, else `retry-after` in seconds or as an
/// HTTP date, which is measured on the provider's own clock where it says what that shows. What is
/// no wait (garbage, negative, in the past) is `None`.
pub(crate) fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let milliseconds = text(headers, "retry-after-ms")
        .and_then(number)
        .map(whole_ms);
    milliseconds.or_else(|| {
        let value = text(headers, "retry-after")?;
        seconds_to_ms(value).or_else(|| until(headers, value, now))
    })
}

/// Seconds as a text such as "34.4", in milliseconds; `None` for what is no wait.
pub(crate) fn seconds_to_ms(seconds: &str) -> Option<u64> {
    number(seconds).map(|seconds| whole_ms(seconds * 1000.0))
}

/// Never shorter than what was asked. A cast from a float saturates, also from infinity.
fn whole_ms(milliseconds: f64) -> u64 {
    (milliseconds.ceil() as u64).min(WAIT_MS_MAX)
}

/// A number that is not negative. Rust would also read "inf", "nan" and signs.
fn number(value: &str) -> Option<f64> {
    let first = value.bytes().next()?;
    (first.is_ascii_digit() || first == b'.')
        .then(|| value.parse().ok())
        .flatten()
}

fn until(headers: &HeaderMap, date: &str, now: SystemTime) -> Option<u64> {
    let clock = text(headers, "date").and_then(|date| httpdate::parse_http_date(date).ok());
    let date = httpdate::parse_http_date(date).ok()?;
    let wait = date.duration_since(clock.unwrap_or(now)).ok()?;
    Some(whole_ms(wait.as_secs_f64() * 1000.0))
}

/// `x-should-retry`: the provider's own word on whether another attempt makes sense.
pub(crate) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    let value = text(headers, "x-should-retry")?;
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}
