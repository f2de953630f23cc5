//! How long the body of a response is (RFC 9112, section 6.3).

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::HeaderMap;

use super::field_list::elements;
use super::limits::LENGTH_MAX;
use super::malformed::Malformed;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Known(u64),
    Chunked,
    /// With the end of the connection, so that it cannot be distinguished from a cut.
    Close,
}

pub(super) fn length(status: u16, headers: &HeaderMap) -> Result<Length, Malformed> {
    if status < 200 || status == 204 || status == 304 {
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

/// Whether the head announces a body, rightly or not.
pub(super) fn announces_body(headers: &HeaderMap) -> bool {
    let mut lengths = elements(headers, &CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || lengths.any(|length| digits(length) != Some(0))
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::*;

    /// The length, and whether the connection is kept.
    fn with(headers: &str) -> Result<(Length, bool), Malformed> {
        let text = format!("HTTP/1.1 200 OK\n{headers}\n").replace('\n', "\r\n");
        let (head, _) = head::parse(text.as_bytes())?.unwrap();
        Ok((head.length, head.keep_alive))
    }

    #[test]
    fn known_lengths() {
        let known = |length, keep| Ok((Length::Known(length), keep));
        assert_eq!(with("content-length: 5\n"), known(5, true));
        assert_eq!(
            with("content-length: 5, 5\ncontent-length:\t05 \n"),
            known(5, true)
        );
        assert_eq!(
            with("content-length: 9223372036854775807\n"),
            known(LENGTH_MAX, true)
        );
        assert_eq!(with(""), Ok((Length::Close, false)));
        for wrong in [
            "+5",
            "-1",
            "",
            "5,",
            ",5",
            "5 5",
            "5;",
            "0x5",
            "5.0",
            "\u{0665}",
            "5, 6",
            "9223372036854775808",
            "18446744073709551615",
            "99999999999999999999",
            "5\ncontent-length: 6",
        ] {
            let refused = with(&format!("content-length: {wrong}\n"));
            assert!(
                matches!(refused, Err(Malformed::ContentLength(_))),
                "{wrong}: {refused:?}"
            );
        }
    }

    #[test]
    fn chunked_is_the_only_coding_and_there_once() {
        for value in [
            "chunked",
            "Chunked",
            " CHUNKED\t",
            ",chunked",
            "chunked ,, ",
        ] {
            let read = with(&format!("transfer-encoding: {value}\n"));
            assert_eq!(read, Ok((Length::Chunked, true)), "{value}");
        }
        for wrong in [
            "",
            ",",
            "gzip, chunked",
            "chunked, gzip",
            "chunked, chunked",
            "identity",
            "gzip",
            "identity, chunked",
            "chunked;q=1",
            "chunked chunked",
            "\"chunked\"",
            "xchunked",
            "chunked\u{e9}",
            "\u{e9}, chunked",
            "\u{e9}",
            "chunked\ntransfer-encoding: chunked",
            "gzip\ntransfer-encoding: chunked",
            "chunked\ntransfer-encoding: identity",
        ] {
            for length in ["", "content-length: 5\n"] {
                let refused = with(&format!("transfer-encoding: {wrong}\n{length}"));
                assert!(
                    matches!(refused, Err(Malformed::TransferCoding(_))),
                    "{wrong}"
                );
            }
        }
    }
}
