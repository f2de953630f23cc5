//! The head of an HTTP/1.1 request. Takes it from the front of what was read, or waits for more.

use bytes::{Buf, BytesMut};

const HEADERS_MAX: usize = 256;

pub struct Head {
    pub method: String,
    /// With its query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub length: Length,
    pub keeps_alive: bool,
    pub version: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    Bytes(usize),
    Chunked,
}

impl Head {
    /// None while it is not complete.
    pub fn take(input: &mut BytesMut) -> Result<Option<Self>, String> {
        if !input.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            return Ok(None);
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut request = httparse::Request::new(&mut headers);
        let bytes = match request.parse(input) {
            Ok(httparse::Status::Complete(bytes)) => bytes,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
            .collect();
        let head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            path: request.path.unwrap_or_default().to_owned(),
            length: length(&headers)?,
            version: match request.version {
                Some(0) => "HTTP/1.0",
                _ => "HTTP/1.1",
            },
            keeps_alive: request.version == Some(1)
                && find(&headers, "connection") != Some("close"),
            headers,
        };
        input.advance(bytes);
        Ok(Some(head))
    }
}

fn length(headers: &[(String, String)]) -> Result<Length, String> {
    if find(headers, "transfer-encoding").is_some() {
        return Ok(Length::Chunked);
    }
    match find(headers, "content-length").map(str::parse) {
        None => Ok(Length::Bytes(0)),
        Some(Ok(bytes)) => Ok(Length::Bytes(bytes)),
        Some(Err(_)) => Err("content-length is no number".into()),
    }
}

fn find<'a>(headers: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_when_it_is_whole() {
        let mut input = BytesMut::from("POST /k/v1 HTTP/1.1\r\nContent-Length: 3\r\n\r");

        assert!(Head::take(&mut input).is_ok_and(|head| head.is_none()));
        input.extend_from_slice(b"\nabc");
        let head = Head::take(&mut input).expect("valid").expect("whole");

        assert_eq!(
            (head.method.as_str(), head.path.as_str()),
            ("POST", "/k/v1")
        );
        assert_eq!(
            head.headers,
            [("content-length".to_owned(), "3".to_owned())]
        );
        assert_eq!((head.length, head.keeps_alive), (Length::Bytes(3), true));
        assert_eq!(&input[..], b"abc");
    }

    #[test]
    fn chunked_and_close_are_seen() {
        let text = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";

        let head = Head::take(&mut BytesMut::from(text))
            .expect("valid")
            .expect("whole");

        assert_eq!((head.length, head.keeps_alive), (Length::Chunked, false));
        let wrong = "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n";
        assert!(Head::take(&mut BytesMut::from(wrong)).is_err());
    }
}
