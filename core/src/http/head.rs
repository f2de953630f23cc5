//! The heads of HTTP/1.1 messages: a request's is written, an answer's is read (httparse knows the
//! grammar). Owns how long the body behind it is (RFC 9112, section 6.3) and whether the connection
//! can serve again. Pure.

use std::error::Error;
use std::fmt;

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::{Position, Url};

/// Lines of an answer's head.
const LINES_MAX: usize = 256;
/// A head that is longer is given up; `header_bytes_max` is the caller's own, lower limit.
pub(super) const HEAD_BYTES_MAX: usize = 256 * 1024;
const REQUEST_HEAD_BYTES: usize = 512;

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) length: Length,
    /// The connection can serve again once the body was read.
    pub(super) keep: bool,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Known(u64),
    Chunked,
    /// With the end of the connection, so that a cut cannot be told from it.
    Close,
}

/// The peer does not speak HTTP/1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotHttp(String);

impl NotHttp {
    /// For a head that does not end.
    pub(super) fn too_long() -> Self {
        Self(format!("a head of more than {HEAD_BYTES_MAX} bytes"))
    }
}

impl fmt::Display for NotHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for NotHttp {}

/// The head of a POST. Header values hold no line ends: their type sees to it.
pub(super) fn request(url: &Url, headers: &HeaderMap, body_bytes: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(REQUEST_HEAD_BYTES);
    let target = &url[Position::BeforePath..Position::AfterQuery];
    for part in ["POST ", target, " HTTP/1.1\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let length = body_bytes.to_string();
    let own = [
        ("host", host),
        ("accept", "*/*"),
        ("accept-encoding", "gzip"),
        ("content-length", length.as_str()),
    ];
    for (name, value) in own {
        // Where the caller says it, the caller is right; but not about the message itself.
        if !headers.contains_key(name) || name == "content-length" {
            line(&mut head, name, value.as_bytes());
        }
    }
    for (name, value) in headers {
        if ![CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            line(&mut head, name.as_str(), value.as_bytes());
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn line(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// Reads the head of the final answer and says how many bytes it takes, interim answers before it
/// included; `None` when more are needed.
pub(super) fn answer(bytes: &[u8]) -> Result<Option<(Head, usize)>, NotHttp> {
    let mut start = 0;
    while let Some((head, used)) = one_head(bytes.get(start..).unwrap_or_default())? {
        start += used;
        // 100 Continue, 103 Early Hints (RFC 9110, section 15.2); 101 is final.
        let interim = (100..200).contains(&head.status) && head.status != 101;
        if !interim {
            return Ok(Some((head, start)));
        }
    }
    Ok(None)
}

fn one_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, NotHttp> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut parsed = httparse::Response::new(&mut lines);
    let used = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(NotHttp(error.to_string())),
    };
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let value = HeaderValue::from_bytes(line.value);
        match (name, value) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            _ => return Err(NotHttp(format!("invalid header {}", line.name))),
        };
    }
    let status = parsed.code.unwrap_or_default();
    let length = length(status, &headers)?;
    let keep = keeps(parsed.version == Some(1), &headers) && length != Length::Close;
    let head = Head {
        status,
        headers,
        length,
        keep,
    };
    Ok(Some((head, used)))
}

fn length(status: u16, headers: &HeaderMap) -> Result<Length, NotHttp> {
    if status < 200 || status == 204 || status == 304 {
        return Ok(Length::Known(0));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        let last = tokens(headers, &TRANSFER_ENCODING).last();
        let chunked = last.is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        return Ok(if chunked {
            Length::Chunked
        } else {
            Length::Close
        });
    }
    let mut known = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        // Repeated lengths must agree.
        for text in value.as_bytes().split(|byte| *byte == b',') {
            match (digits(text.trim_ascii()), known) {
                (Some(length), None) => known = Some(length),
                (Some(length), Some(before)) if length == before => {}
                _ => return Err(NotHttp("invalid content-length".to_owned())),
            }
        }
    }
    Ok(known.map_or(Length::Close, Length::Known))
}

/// Digits and nothing else: `parse` alone would take a sign.
fn digits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

fn keeps(version_11: bool, headers: &HeaderMap) -> bool {
    let says =
        |word: &str| tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case(word));
    // Both lengths at once is how requests get smuggled: such a connection is not used again.
    let twice = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    !says("close") && !twice && (version_11 || says("keep-alive"))
}

/// The comma-separated words of a header.
fn tokens<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(Head, usize)>, NotHttp> {
        answer(text.replace('\n', "\r\n").as_bytes())
    }

    fn length_and_keep(headers: &str) -> Option<(Length, bool)> {
        let (head, _) = read(&format!("HTTP/1.1 200 OK\n{headers}\n")).ok()??;
        Some((head.length, head.keep))
    }

    #[test]
    fn a_request_says_where_to_and_how_long() {
        let url = Url::parse("http://[::1]:81/v1/chat?x=%20y#part").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/event-stream"));
        headers.insert("content-length", HeaderValue::from_static("9"));
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        let head = String::from_utf8(request(&url, &headers, 12)).unwrap();
        let expected = "POST /v1/chat?x=%20y HTTP/1.1\nhost: [::1]:81\naccept-encoding: gzip\n\
                        content-length: 12\naccept: text/event-stream\n\n";
        assert_eq!(head, expected.replace('\n', "\r\n"));
    }

    #[test]
    fn interim_answers_are_passed_over() {
        let text = "HTTP/1.1 103 Early Hints\nlink: x\n\nHTTP/1.1 100 Continue\n\n\
                    HTTP/1.1 429 Slow Down\ncontent-length: 2\n\nno";
        let (head, used) = read(text).unwrap().unwrap();
        assert_eq!((head.status, head.length), (429, Length::Known(2)));
        assert_eq!(used, text.replace('\n', "\r\n").len() - 2);
        for end in 0..used {
            let text = text.replace('\n', "\r\n");
            assert_eq!(answer(&text.as_bytes()[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn lengths_as_the_standard_has_them() {
        let chunked = (Length::Chunked, true);
        assert_eq!(
            length_and_keep("transfer-encoding: chunked\n"),
            Some(chunked)
        );
        assert_eq!(
            length_and_keep("Transfer-Encoding: gzip, Chunked\n"),
            Some(chunked)
        );
        let both = "transfer-encoding: chunked\ncontent-length: 5\n";
        assert_eq!(length_and_keep(both), Some((Length::Chunked, false)));
        let known = |length, keep| Some((Length::Known(length), keep));
        assert_eq!(length_and_keep("content-length: 5\n"), known(5, true));
        assert_eq!(length_and_keep("content-length: 5, 5\n"), known(5, true));
        let close = "content-length: 5\nconnection: x, Close\n";
        assert_eq!(length_and_keep(close), known(5, false));
        assert_eq!(length_and_keep(""), Some((Length::Close, false)));
        let other = "transfer-encoding: chunked, gzip\n";
        assert_eq!(length_and_keep(other), Some((Length::Close, false)));
        for wrong in ["+5", "5, 6", "-1", "", "99999999999999999999", "5 5"] {
            assert_eq!(length_and_keep(&format!("content-length: {wrong}\n")), None);
        }
        let empty = read("HTTP/1.1 204 No Content\ncontent-length: 7\n\n").unwrap();
        assert_eq!(empty.unwrap().0.length, Length::Known(0));
        let old = read("HTTP/1.0 200 OK\ncontent-length: 1\n\n").unwrap();
        assert!(!old.unwrap().0.keep);
    }

    #[test]
    fn noise_is_not_http() {
        for noise in [
            "SSH-2.0-OpenSSH_9.9\n",
            "HTTP/2 200\n\n",
            "HTTP/1.1 200 OK\nno colon\n\n",
        ] {
            assert!(read(noise).is_err(), "{noise}");
        }
    }
}
