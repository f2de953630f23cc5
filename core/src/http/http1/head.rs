//! The head of an answer (httparse knows the grammar). Owns how long the body behind it is (RFC
//! 9112, section 6.3) and whether the connection can serve again. Pure.

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Malformed;

/// Lines of an answer's head.
const LINES_MAX: usize = 256;
/// A head that is longer is given up; `header_bytes_max` is the caller's own, lower limit.
pub(crate) const HEAD_BYTES_MAX: usize = 256 * 1024;
/// Nobody sends more, and sums of it with other lengths fit into 64 bits.
pub(crate) const LENGTH_MAX: u64 = i64::MAX as u64;

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) length: Length,
    /// The connection can serve again once the body was read, if nothing follows it.
    pub(crate) keep: bool,
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Known(u64),
    Chunked,
    /// With the end of the connection, so that a cut cannot be told from it.
    Close,
}

impl Head {
    /// Another head follows: 100 Continue, 103 Early Hints (RFC 9110, section 15.2).
    pub(crate) fn is_interim(&self) -> bool {
        is_interim(self.status)
    }
}

fn is_interim(status: u16) -> bool {
    status < 200
}

/// Parses one head and says how many bytes it takes; `None` when more are needed.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Malformed> {
    let mut lines = [httparse::EMPTY_HEADER; LINES_MAX];
    let mut parsed = httparse::Response::new(&mut lines);
    let used = match parsed.parse(bytes).map_err(Malformed::Head)? {
        httparse::Status::Complete(used) if used <= HEAD_BYTES_MAX => used,
        httparse::Status::Partial if bytes.len() < HEAD_BYTES_MAX => return Ok(None),
        _ => return Err(Malformed::HeadTooLong),
    };
    let headers = headers(parsed.headers)?;
    let status = parsed.code.unwrap_or_default();
    check_status(status, &headers)?;
    let version_10 = parsed.version == Some(0);
    let length = length(status, &headers)?;
    let head = Head {
        keep: keeps(version_10, status, &headers) && length != Length::Close,
        status,
        headers,
        length,
    };
    Ok(Some((head, used)))
}

fn headers(lines: &[httparse::Header<'_>]) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::with_capacity(lines.len());
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes());
        let value = HeaderValue::from_bytes(line.value);
        match (name, value) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            _ => return Err(Malformed::Header(line.name.to_owned())),
        };
    }
    Ok(headers)
}

fn check_status(status: u16, headers: &HeaderMap) -> Result<(), Malformed> {
    match status {
        101 => Err(Malformed::Upgrade),
        100..=199 if announces_body(headers) => Err(Malformed::InterimBody(status)),
        100..=599 => Ok(()),
        _ => Err(Malformed::Status(status)),
    }
}

fn length(status: u16, headers: &HeaderMap) -> Result<Length, Malformed> {
    if is_interim(status) || status == 204 || status == 304 {
        return Ok(Length::Known(0));
    }
    // It overrides a content-length (RFC 9112, section 6.3).
    if headers.contains_key(TRANSFER_ENCODING) {
        return chunked(headers).map(|()| Length::Chunked);
    }
    let mut known = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        // Repeated lengths must agree.
        for text in value.as_bytes().split(|byte| *byte == b',') {
            match (digits(text.trim_ascii()), known) {
                (Some(length), None) => known = Some(length),
                (Some(length), Some(before)) if length == before => {}
                _ => return Err(Malformed::ContentLength(text_of(value.as_bytes()))),
            }
        }
    }
    Ok(known.map_or(Length::Close, Length::Known))
}

/// Digits and nothing else: `parse` alone would take a sign.
fn digits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length: Option<u64> = all.then(|| text.parse().ok()).flatten();
    length.filter(|length| *length <= LENGTH_MAX)
}

/// A coding that is passed over would leave its bytes in the body, or the body without an end.
fn chunked(headers: &HeaderMap) -> Result<(), Malformed> {
    let codings: Vec<&[u8]> = elements(headers, &TRANSFER_ENCODING).collect();
    match codings.as_slice() {
        [only] if only.eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(Malformed::TransferCoding(text_of(
            &codings.join(&b", "[..]),
        ))),
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn keeps(version_10: bool, status: u16, headers: &HeaderMap) -> bool {
    let says = |word: &str| {
        elements(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case(word.as_bytes()))
    };
    let readable = elements(headers, &CONNECTION).all(<[u8]>::is_ascii);
    let coded = headers.contains_key(TRANSFER_ENCODING);
    // Both lengths at once is how answers get smuggled, HTTP/1.0 has no chunks (RFC 9112, section
    // 6.1), and 204 has no body: whoever says otherwise may send bytes that nobody expects.
    let faulty = (coded && headers.contains_key(CONTENT_LENGTH))
        || (coded && version_10)
        || (status == 204 && announces_body(headers));
    readable && !faulty && !says("close") && (!version_10 || says("keep-alive"))
}

fn announces_body(headers: &HeaderMap) -> bool {
    let mut lengths = elements(headers, &CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || lengths.any(|length| digits(length) != Some(0))
}

/// The elements of a header that is a list; empty ones are passed over (RFC 9110, section 5.6.1).
pub(super) fn elements<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h [u8]> {
    let values = headers.get_all(name).into_iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}
