//! What a provider sends in the headers of a response: the request's id, the state of its rate
//! limits, and whether and when to try again. Pure functions over a header map.

use std::time::SystemTime;

use http::header::HeaderMap;
use serde_json::{Map, Value};

/// Longest wait that differs from "never": 2^53 - 1 ms, exact in every language's numbers.
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

/// How long to wait, in milliseconds; the second is AWS's name for it (botocore,
/// `retries/standard.py`).
const WAIT_MS_NAMES: &[&str] = &["retry-after-ms", "x-amz-retry-after"];

/// How the names of limits begin.
const LIMIT_PREFIXES: &[&str] = &[
    "x-ratelimit-",
    "ratelimit-",
    "anthropic-ratelimit-",
    // Cohere: x-trial-endpoint-call-limit, x-endpoint-monthly-call-limit.
    "x-trial-",
    "x-endpoint-",
];

/// Headers that count the input: Cohere's, Azure's, Bedrock's, Text Embeddings Inference's.
pub(crate) const COUNT_NAMES: &[&str] = &[
    "num_tokens",
    "num-tokens",
    "x-amzn-bedrock-input-token-count",
    "x-compute-tokens",
];

/// Headers of one use: where a redirect leads, what the body is, which error, whether to try again.
const OTHER_NAMES: &[&str] = &[
    "content-encoding",
    "content-type",
    "location",
    ERROR_TYPE,
    "retry-after",
    SHOULD_RETRY,
];

/// AWS's name of an error.
pub(crate) const ERROR_TYPE: &str = "x-amzn-errortype";
const SHOULD_RETRY: &str = "x-should-retry";

/// Whether something here reads a header of this name, but for the date beside a wait.
pub(crate) fn is_read(name: &str) -> bool {
    let lists = [REQUEST_ID_NAMES, WAIT_MS_NAMES, OTHER_NAMES, COUNT_NAMES];
    lists.iter().any(|names| names.contains(&name))
        || LIMIT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The provider's request id.
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
    let rest = LIMIT_PREFIXES
        .iter()
        .find_map(|prefix| header.strip_prefix(prefix))?;
    let is_figure = |word: &str| matches!(word, "limit" | "remaining" | "reset");
    let figure = rest.split('-').find(|word| is_figure(word))?;
    let subject = rest.split('-').filter(|word| !is_figure(word));
    // Mistral abbreviates what it counts.
    let subject = subject.map(|word| if word == "req" { "requests" } else { word });
    Some(subject.chain([figure]).collect::<Vec<_>>().join("_"))
}

/// The headers of these names, in lower case. A name that came several times is one list (RFC 9110,
/// section 5.3); bytes that are not text are replaced.
pub(crate) fn reported(headers: &HeaderMap, names: &[String]) -> Map<String, Value> {
    let mut reported = Map::new();
    for name in names {
        let values: Vec<_> = headers
            .get_all(name.as_str())
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        if !values.is_empty() {
            reported.insert(name.to_ascii_lowercase(), values.join(", ").into());
        }
    }
    reported
}

/// How long the provider requests to wait: `retry-after-ms`, else `retry-after` in seconds or as an
/// HTTP date, which is measured on the provider's own clock where it shows its time. What is no
/// wait (garbage, negative, in the past) is `None`.
pub(crate) fn retry_after_ms(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let mut milliseconds = WAIT_MS_NAMES.iter().map(|name| {
        let value = text(headers, name).and_then(number);
        value.map(whole_ms)
    });
    let milliseconds = milliseconds.find_map(|value| value);
    milliseconds.or_else(|| {
        let value = text(headers, "retry-after")?;
        seconds_to_ms(value).or_else(|| until(headers, value, now))
    })
}

/// Seconds as a text such as "34.4", in milliseconds; `None` where it is not a wait.
pub(crate) fn seconds_to_ms(seconds: &str) -> Option<u64> {
    number(seconds).map(|seconds| whole_ms(seconds * 1000.0))
}

/// Never shorter than what was requested. A cast from a float saturates, also from infinity.
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

/// `x-should-retry`: whether another attempt makes sense, by the provider.
pub(crate) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    let value = text(headers, SHOULD_RETRY)?;
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use http::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn map(list: &[(&str, &str)]) -> HeaderMap {
        let pairs = list.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        pairs.collect()
    }

    /// Tue, 15 Nov 1994 08:12:31 GMT.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_887_151)
    }

    #[test]
    fn retry_after_in_all_spellings() {
        let cases = [
            ("1", Some(1000)),
            ("0", Some(0)),
            (" 17 ", Some(17_000)),
            ("1.5", Some(1500)),
            (".0001", Some(1)),
            ("3600", Some(3_600_000)),
            ("1e29", Some(WAIT_MS_MAX)),
            ("1e999", Some(WAIT_MS_MAX)),
            ("99999999999999999999999999999999", Some(WAIT_MS_MAX)),
            ("-5", None),
            ("+5", None),
            ("nan", None),
            ("inf", None),
            ("", None),
            ("5 seconds", None),
            ("é", None),
            ("Tue, 15 Nov 1994 08:12:41 GMT", Some(10_000)),
            ("Tue, 15 Nov 1994 08:12:31 GMT", Some(0)),
            ("Tue, 15 Nov 1994 08:12:30 GMT", None),
            ("Tuesday, 15-Nov-94 08:12:41 GMT", Some(10_000)),
            ("Zun, 29 Foo 2026 99:00:00 GMT", None),
        ];
        for (value, expected) in cases {
            assert_eq!(
                retry_after_ms(&map(&[("retry-after", value)]), now()),
                expected,
                "{value}"
            );
        }
        assert_eq!(retry_after_ms(&HeaderMap::new(), now()), None);
    }

    #[test]
    fn milliseconds_come_first() {
        let cases = [
            ("1250", 1250),
            ("0.2", 1),
            ("0", 0),
            ("nan", 2000),
            ("-1", 2000),
            ("", 2000),
        ];
        for (value, expected) in cases {
            for name in ["retry-after-ms", "x-amz-retry-after"] {
                let headers = map(&[("retry-after", "2"), (name, value)]);
                assert_eq!(retry_after_ms(&headers, now()), Some(expected), "{value}");
            }
        }
    }

    #[test]
    fn a_date_is_measured_on_the_clock_of_the_provider() {
        let date = ("retry-after", "Wed, 19 Aug 2026 14:34:25 GMT");
        let headers = map(&[("date", "Wed, 19 Aug 2026 14:34:15 GMT"), date]);
        assert_eq!(retry_after_ms(&headers, now()), Some(10_000));
        let headers = map(&[("date", "garbage"), date]);
        let there = SystemTime::UNIX_EPOCH + Duration::from_millis(1_787_150_064_500);
        assert_eq!(retry_after_ms(&headers, there), Some(500));
    }

    #[test]
    fn should_retry_is_true_or_false() {
        for (value, expected) in [
            ("true", Some(true)),
            ("False", Some(false)),
            ("maybe", None),
        ] {
            assert_eq!(
                should_retry(&map(&[("x-should-retry", value)])),
                expected,
                "{value}"
            );
        }
        assert_eq!(should_retry(&HeaderMap::new()), None);
    }

    #[test]
    fn the_best_request_id_is_taken() {
        let both = [("apim-request-id", "a"), ("x-request-id", "x")];
        assert_eq!(request_id(&map(&both)).as_deref(), Some("x"));
        assert_eq!(
            request_id(&map(&[("x-request-id", ""), both[0]])).as_deref(),
            Some("a")
        );
        assert_eq!(
            request_id(&map(&[("x-ds-trace-id", "d")])).as_deref(),
            Some("d")
        );
        assert_eq!(request_id(&map(&[("x-request-id", "\u{e9}")])), None);
    }

    #[test]
    fn headers_are_reported_by_their_names() {
        let mut headers = map(&[("x-cost", "0.1"), ("x-odd", "caf\u{e9}"), ("x-other", "1")]);
        headers.append("x-cost", HeaderValue::from_static("0.2"));
        let names = ["X-Cost", "x-odd", "x-missing"].map(str::to_owned);
        let expected = json!({"x-cost": "0.1, 0.2", "x-odd": "caf\u{e9}"});
        assert_eq!(Value::Object(reported(&headers, &names)), expected);
        assert!(reported(&headers, &[]).is_empty());
    }

    #[test]
    fn rate_limits_of_every_family_have_common_names() {
        let headers = map(&[
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-input-images", "0"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("anthropic-ratelimit-input-tokens-remaining", "20000"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-08-19T14:34:15Z",
            ),
            ("x-ratelimit-limit-req-minute", "60"),
            ("x-ratelimit-tokens-query-cost", "9"),
            ("x-trial-endpoint-call-limit", "20"),
            ("x-endpoint-monthly-call-limit", "1000"),
            ("x-ratelimit-limit", "1.5"),
            ("x-ratelimit-reset", "1741305600000"),
            ("ratelimit-remaining", "3"),
            ("x-request-id", "x"),
        ]);
        let expected = json!({
            "requests_limit": 500,
            "input_images_remaining": 0,
            "tokens_reset": "6m0s",
            "input_tokens_remaining": 20000,
            "input_tokens_reset": "2026-08-19T14:34:15Z",
            "requests_minute_limit": 60,
            "endpoint_call_limit": 20,
            "monthly_call_limit": 1000,
            "limit": "1.5",
            "reset": "1741305600000",
            "remaining": 3,
        });
        assert_eq!(Value::Object(rate_limit(&headers)), expected);
    }
}
