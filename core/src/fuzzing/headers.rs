//! Response headers: any header lines at all, and every wait is bounded.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::providers::response_headers;

/// 2^53 - 1, exact in every language's numbers.
const WAIT_MS_MAX: u64 = (1 << 53) - 1;

/// Lines of `name: value`; a line without a colon is a value of `retry-after`.
pub fn retry_after(bytes: &[u8]) {
    let map: HeaderMap = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(line)
        .collect();
    // Tue, 15 Nov 1994 08:12:31 GMT.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_887_151);
    let wait = response_headers::retry_after_ms(&map, now);
    assert!(wait.is_none_or(|wait| wait <= WAIT_MS_MAX), "{wait:?}");
    let id = response_headers::request_id(&map);
    assert!(id.is_none_or(|id| !id.is_empty()), "an empty id");
    for (name, value) in response_headers::rate_limit(&map) {
        let ends = ["limit", "remaining", "reset"];
        assert!(ends.iter().any(|end| name.ends_with(end)), "{name}");
        assert!(value.is_u64() || value.is_string(), "{name}: {value}");
    }
    let _ = response_headers::should_retry(&map);
}

fn line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let mut halves = line.splitn(2, |byte| *byte == b':');
    let (name, value) = match (halves.next()?, halves.next()) {
        (name, Some(value)) => (name, value),
        (value, None) => (&b"retry-after"[..], value),
    };
    let name = HeaderName::from_bytes(name.trim_ascii()).ok()?;
    Some((name, HeaderValue::from_bytes(value.trim_ascii()).ok()?))
}
