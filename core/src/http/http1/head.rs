//! The head of a response (httparse parses the grammar). Owns which statuses there are and whether
//! the connection can serve again.

use std::mem::MaybeUninit;

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::field_list::elements;
use super::length::{announces_body, length, Length};
use super::limits::{FIELDS_MAX, HEAD_BYTES_MAX};
use super::malformed::Malformed;

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) length: Length,
    /// The connection can serve again once the body was read, if nothing follows it.
    pub(crate) keep_alive: bool,
}

impl Head {
    /// Another head follows: 100 Continue, 103 Early Hints (RFC 9110, section 15.2).
    pub(crate) fn is_interim(&self) -> bool {
        self.status < 200
    }
}

/// Parses one head, and counts the bytes that it takes; `None` when more are needed.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Malformed> {
    let mut lines = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut parsed = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let status = parser.parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines);
    let used = match status.map_err(Malformed::Head)? {
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
        keep_alive: is_keep_alive(version_10, status, &headers) && length != Length::Close,
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

fn is_keep_alive(version_10: bool, status: u16, headers: &HeaderMap) -> bool {
    let has_token = |word: &str| {
        elements(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case(word.as_bytes()))
    };
    let readable = elements(headers, &CONNECTION).all(<[u8]>::is_ascii);
    let coded = headers.contains_key(TRANSFER_ENCODING);
    // Two lengths at once are how responses get smuggled, HTTP/1.0 has no chunks (RFC 9112, section
    // 6.1), and 204 has no body: a server that announces one may send bytes that belong to no
    // response.
    let faulty = (coded && (version_10 || headers.contains_key(CONTENT_LENGTH)))
        || (status == 204 && announces_body(headers));
    readable && !faulty && !has_token("close") && (!version_10 || has_token("keep-alive"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(Head, usize)>, Malformed> {
        parse(text.replace('\n', "\r\n").as_bytes())
    }

    fn head(text: &str) -> Head {
        read(text).unwrap().unwrap().0
    }

    fn with(headers: &str) -> Result<(Length, bool), Malformed> {
        let head = read(&format!("HTTP/1.1 200 OK\n{headers}\n"))?.unwrap().0;
        Ok((head.length, head.keep_alive))
    }

    fn status(line: &str) -> Result<Head, Malformed> {
        read(&format!("{line}\n\n")).map(|parsed| parsed.unwrap().0)
    }

    #[test]
    fn one_head_at_a_time() {
        let text = "HTTP/1.1 103 Early Hints\nlink: x\n\nHTTP/1.1 429 Slow Down\n\n";
        let (head, used) = read(text).unwrap().unwrap();
        assert_eq!((head.status, head.is_interim(), used), (103, true, 37));
        let text = text.replace('\n', "\r\n");
        let (head, rest) = parse(&text.as_bytes()[used..]).unwrap().unwrap();
        assert_eq!((head.status, head.is_interim()), (429, false));
        assert_eq!(used + rest, text.len());
        for end in 0..used {
            assert_eq!(parse(&text.as_bytes()[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn two_lengths_are_read_chunked_and_never_kept() {
        for (first, second) in [("5", "5"), ("0", "7"), ("x", "5, 6")] {
            let both = format!(
                "content-length: {first}\ntransfer-encoding: chunked\ncontent-length: {second}\n"
            );
            assert_eq!(with(&both), Ok((Length::Chunked, false)));
        }
    }

    #[test]
    fn who_keeps_a_connection() {
        let keeps = |version: &str, headers: &str| {
            head(&format!(
                "HTTP/{version} 200 OK\ncontent-length: 1\n{headers}\n"
            ))
            .keep_alive
        };
        for close in [
            "close",
            "Close",
            "x, CLOSE ,y",
            "keep-alive\nconnection: close",
            "close\u{e9}",
            "keep-alive, close",
            "close, \u{e9}",
            "\u{e9}",
        ] {
            assert!(!keeps("1.1", &format!("connection: {close}\n")), "{close}");
            assert!(!keeps("1.0", &format!("connection: {close}\n")), "{close}");
        }
        for keep in ["keep-alive", "x, Keep-Alive", "x\nconnection: KEEP-ALIVE"] {
            assert!(keeps("1.1", &format!("connection: {keep}\n")), "{keep}");
            assert!(keeps("1.0", &format!("connection: {keep}\n")), "{keep}");
        }
        assert!(keeps("1.1", "") && !keeps("1.0", "") && !keeps("1.0", "connection: x\n"));
        assert!(keeps("1.1", "connection: closed\n"));
    }

    #[test]
    fn chunks_of_http_1_0_are_read_and_never_kept() {
        let old = "HTTP/1.0 200 OK\nconnection: keep-alive\ntransfer-encoding: chunked\n\n";
        let old = head(old);
        assert_eq!((old.length, old.keep_alive), (Length::Chunked, false));
    }

    #[test]
    fn some_statuses_have_no_body_whatever_they_say() {
        for status in [204, 304] {
            let parsed = |headers: &str| head(&format!("HTTP/1.1 {status} x\n{headers}\n"));
            assert!(parsed("").keep_alive && parsed("content-length: 0\n").keep_alive);
            for headers in [
                "content-length: 7\n",
                "content-length: x\n",
                "transfer-encoding: gzip\n",
            ] {
                let head = parsed(headers);
                assert_eq!(head.length, Length::Known(0));
                // A 304 may have the length that a 200 would have.
                assert_eq!(head.keep_alive, status == 304, "{status} {headers}");
            }
        }
    }

    #[test]
    fn statuses_are_those_of_http() {
        for (code, expected) in [
            ("000", Malformed::Status(0)),
            ("099", Malformed::Status(99)),
            ("101", Malformed::Upgrade),
            ("600", Malformed::Status(600)),
            ("999", Malformed::Status(999)),
        ] {
            assert_eq!(status(&format!("HTTP/1.1 {code} x")), Err(expected));
        }
        for code in [100, 102, 199, 200, 299, 599] {
            assert_eq!(status(&format!("HTTP/1.1 {code} x")).unwrap().status, code);
        }
    }

    #[test]
    fn an_interim_status_with_a_body_is_none() {
        for headers in [
            "content-length: 2\n",
            "content-length: x\n",
            "transfer-encoding: chunked\n",
        ] {
            let refused = read(&format!("HTTP/1.1 150 x\n{headers}\n"));
            assert_eq!(refused, Err(Malformed::InterimBody(150)), "{headers}");
        }
        let interim = head("HTTP/1.1 100 Continue\ncontent-length: 0\n\n");
        assert!(interim.is_interim());
        assert_eq!(head("HTTP/1.1 100 Continue\n\n").length, Length::Known(0));
    }

    #[test]
    fn lines_and_bytes_have_limits() {
        let with_lines =
            |count: usize| read(&format!("HTTP/1.1 200 OK\n{}\n", "a: b\n".repeat(count)));
        assert_eq!(
            with_lines(FIELDS_MAX).unwrap().unwrap().0.headers.len(),
            FIELDS_MAX
        );
        let refused = Malformed::Head(httparse::Error::TooManyHeaders);
        assert_eq!(with_lines(FIELDS_MAX + 1), Err(refused));
        let of_bytes = |length: usize| {
            let empty = "HTTP/1.1 200 OK\r\na: \r\n\r\n".len();
            format!(
                "HTTP/1.1 200 OK\r\na: {}\r\n\r\n",
                "b".repeat(length - empty)
            )
        };
        let longest = of_bytes(HEAD_BYTES_MAX);
        assert_eq!(
            parse(longest.as_bytes()).unwrap().unwrap().1,
            HEAD_BYTES_MAX
        );
        assert_eq!(parse(&longest.as_bytes()[..HEAD_BYTES_MAX - 1]), Ok(None));
        // What follows it is not part of it.
        assert!(parse(format!("{longest}body").as_bytes())
            .unwrap()
            .is_some());
        let longer = of_bytes(HEAD_BYTES_MAX + 1);
        assert_eq!(parse(longer.as_bytes()), Err(Malformed::HeadTooLong));
        assert_eq!(
            parse(&longer.as_bytes()[..HEAD_BYTES_MAX]),
            Err(Malformed::HeadTooLong)
        );
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for noise in [
            "SSH-2.0-OpenSSH_9.9\n",
            "HTTP/2 200\n\n",
            "HTTP/1.2 200 OK\n\n",
            "http/1.1 200 OK\n\n",
            "HTTP/1.1 20 OK\n\n",
            "HTTP/1.1 2000 OK\n\n",
            "HTTP/1.1  200 OK\n\n",
            "ICY 200 OK\n\n",
            "HTTP/1.1 200 OK\nno colon\n\n",
            "HTTP/1.1 200 OK\na: b\n folded\n\n",
            "HTTP/1.1 200 OK\n a: b\n\n",
            "HTTP/1.1 200 OK\na : b\n\n",
            "HTTP/1.1 200 OK\n: b\n\n",
            "HTTP/1.1 200 OK\na: b\0c\n\n",
            "HTTP/1.1 200 OK\na: b\rc\n\n",
            "HTTP/1.1 200 OK\na: \x7f\n\n",
            "HTTP/1.1 200 OK\na\u{e9}: b\n\n",
            "HTTP/1.1 200 O\0K\n\n",
            "HTTP/1.1 200 OK\r\ra: b\n\n",
        ] {
            assert!(matches!(read(noise), Err(Malformed::Head(_))), "{noise:?}");
        }
        let odd = head("HTTP/1.1 200\na: b\u{e9}\t c \nA:\n\n");
        let values: Vec<&[u8]> = odd
            .headers
            .get_all("a")
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        assert_eq!(values, ["b\u{e9}\t c".as_bytes(), b""]);
    }
}
