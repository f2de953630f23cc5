//! The head of a request.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method};
use url::{Position, Url};

const REQUEST_HEAD_BYTES: usize = 512;

/// The head of a request; a GET without a body has no length of one. Header values hold no line
/// ends: their type sees to it. To a proxy that passes it on the target is the whole URL (RFC 9112,
/// section 3.2.2); `proxy` holds its credentials, if it has any.
pub(crate) fn write(
    method: &Method,
    url: &Url,
    headers: &HeaderMap,
    body_bytes: usize,
    proxy: Option<Option<&HeaderValue>>,
) -> Vec<u8> {
    let mut head = Vec::with_capacity(REQUEST_HEAD_BYTES);
    let target = match proxy {
        None => &url[Position::BeforePath..Position::AfterQuery],
        Some(_) => &url[..Position::AfterQuery],
    };
    for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let length = body_bytes.to_string();
    let own = [("host", host), ("content-length", length.as_str())];
    let has_length = body_bytes > 0 || method != Method::GET;
    let own = own
        .into_iter()
        .filter(|(name, _)| *name == "host" || has_length);
    for (name, value) in own {
        // The caller's header wins, but not about the length of the message.
        if !headers.contains_key(name) || name == "content-length" {
            line(&mut head, name, value.as_bytes());
        }
    }
    for (name, value) in headers {
        if ![CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            line(&mut head, name.as_str(), value.as_bytes());
        }
    }
    if let Some(authorization) = proxy.flatten() {
        line(&mut head, "proxy-authorization", authorization.as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn line(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_request_head_has_the_address_and_the_length() {
        let url = Url::parse("http://[::1]:81/v1/chat?x=%20y#part").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/event-stream"));
        headers.insert("content-length", HeaderValue::from_static("9"));
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        let head =
            |method, bytes| String::from_utf8(write(&method, &url, &headers, bytes, None)).unwrap();
        let expected = "POST /v1/chat?x=%20y HTTP/1.1\nhost: [::1]:81\n\
                        content-length: 12\naccept: text/event-stream\n\n";
        assert_eq!(head(Method::POST, 12), expected.replace('\n', "\r\n"));
        let without = |length| expected.replace(length, "").replace('\n', "\r\n");
        let got = head(Method::GET, 0).replacen("GET", "POST", 1);
        assert_eq!(got, without("content-length: 12\n"));
        assert!(head(Method::POST, 0).contains("content-length: 0\r\n"));
    }
}
