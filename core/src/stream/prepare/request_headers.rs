//! The headers of a request: ours, the codec's and the caller's. Owns which a caller may set.

use http::{header, HeaderMap, HeaderName, HeaderValue};

use crate::error::{ErrorKind, LlmError};
use crate::http::USER_AGENT;
use crate::providers::EncodedRequest;

/// Headers that HTTP itself sets, or that would change what a connection means.
const HEADERS_REFUSED: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// What tells a retry from another request, where a server knows it.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that can stand in for a key: those of providers, then those of gateways, which may hold
/// the provider's key themselves.
pub(super) const KEY_HEADERS: [&str; 9] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "cf-aig-authorization",
    "helicone-auth",
    "x-litellm-api-key",
    "x-portkey-api-key",
];

/// Whether one of the headers stands in for a key.
pub(super) fn has_key(headers: &HeaderMap) -> bool {
    KEY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

/// The caller's own headers: the client's, then the call's over them.
pub(crate) fn of_caller(
    client: &[(String, String)],
    call: &[(String, String)],
) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    for (name, value) in client.iter().chain(call) {
        let lower = name.to_ascii_lowercase();
        let parsed = HeaderName::from_bytes(lower.as_bytes()).map_err(|_| invalid_name(name))?;
        if HEADERS_REFUSED.contains(&lower.as_str()) {
            return Err(invalid_argument(format!(
                "headers.{name} is set by HTTP itself; leave it out"
            )));
        }
        if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(invalid_argument(format!(
                "headers.{name} has a character that no header may have"
            )));
        }
        headers.insert(parsed, sensitive(name, value)?);
    }
    Ok(headers)
}

/// All headers of a request but those that prove who sends it: ours, the codec's, and the caller's
/// over both.
pub(super) fn of_request(
    encoded: &EncodedRequest,
    own: &HeaderMap,
    stream: bool,
) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    // RFC 9110, section 8.3: it is that of content, and a GET has none.
    if !encoded.body.is_empty() {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    let accept = if stream {
        "text/event-stream, application/json"
    } else {
        "application/json"
    };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // A compressed stream is held back by some proxies until a block is full.
    let accept_encoding = if stream { "identity" } else { "gzip" };
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static(accept_encoding),
    );
    for (name, value) in &encoded.headers {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid_name(name))?;
        headers.insert(parsed, sensitive(name, value)?);
    }
    headers.insert(IDEMPOTENCY_KEY, idempotency_key()?);
    if !own.is_empty() {
        let joined = joined(&headers, own)?;
        headers.extend(own.clone());
        headers.extend(joined);
    }
    Ok(headers)
}

/// 128 random bits in hexadecimal digits.
fn idempotency_key() -> Result<HeaderValue, LlmError> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bits = fastrand::u128(..);
    let digits = [0_u8; 32].map(|_| {
        let [digit, ..] = bits.to_le_bytes();
        bits >>= 4;
        DIGITS.get(usize::from(digit % 16)).copied().unwrap_or(b'0')
    });
    let digits = str::from_utf8(&digits).unwrap_or_default();
    sensitive(IDEMPOTENCY_KEY.as_str(), digits)
}

/// Sets one header, unless the caller's own has its name; to one that is a list it is added.
pub(super) fn add(
    headers: &mut HeaderMap,
    own: &HeaderMap,
    name: &'static str,
    value: &str,
) -> Result<(), LlmError> {
    if !LISTS.contains(&name) {
        if !own.contains_key(name) {
            headers.insert(HeaderName::from_static(name), sensitive(name, value)?);
        }
        return Ok(());
    }
    let name = HeaderName::from_static(name);
    let ours = HeaderMap::from_iter([(name.clone(), sensitive(name.as_str(), value)?)]);
    let joined = joined(&ours, headers)?;
    headers.extend(if joined.is_empty() { ours } else { joined });
    Ok(())
}

/// Headers that are lists, of which the caller's own entries take no other away.
const LISTS: [&str; 1] = ["anthropic-beta"];

/// The lists of which both the codec and the caller set entries.
fn joined(codec: &HeaderMap, own: &HeaderMap) -> Result<HeaderMap, LlmError> {
    let mut lists = HeaderMap::new();
    if own.is_empty() {
        return Ok(lists);
    }
    for name in LISTS {
        let of = |headers: &HeaderMap| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (Some(ours), Some(theirs)) = (of(codec), of(own)) else {
            continue;
        };
        let mut entries: Vec<&str> = Vec::new();
        for entry in ours.split(',').chain(theirs.split(',')).map(str::trim) {
            if !entry.is_empty() && !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        lists.insert(name, sensitive(name, &entries.join(","))?);
    }
    Ok(lists)
}

/// A value that no Debug shows.
fn sensitive(name: &str, value: &str) -> Result<HeaderValue, LlmError> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| invalid_argument(format!("headers.{name} cannot be sent")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Only its beginning is repeated: a header that was written as one text has its value in the name.
fn invalid_name(name: &str) -> LlmError {
    let is_letter = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let begin: String = name.chars().take_while(is_letter).take(40).collect();
    invalid_argument(format!(
        "headers: a name that begins with \"{begin}\" is not a header name"
    ))
}

fn invalid_argument(message: String) -> LlmError {
    LlmError::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::framing::Framing;
    use http::Method;

    #[test]
    fn a_request_without_a_body_declares_no_type_of_it() {
        let found = |method, body: &[u8]| {
            let encoded = EncodedRequest {
                method,
                path: String::new(),
                headers: Vec::new(),
                body: body.to_vec(),
                warnings: Vec::new(),
                framing: Framing::Sse,
            };
            let headers = of_request(&encoded, &HeaderMap::new(), false).unwrap();
            assert!(headers.contains_key("accept"));
            headers.contains_key("content-type")
        };
        assert!(found(Method::POST, b"{}"));
        assert!(!found(Method::GET, b""));
    }
}
