//! Content codings of a response (RFC 9110, section 8.4.1).

use http::header::CONTENT_ENCODING;
use http::HeaderMap;

use super::field_list::elements;

/// Whether the body is gzip and nothing else. Names of codings have no case; `x-gzip` is the same
/// coding, and `identity` means no coding.
pub(crate) fn is_gzip(headers: &HeaderMap) -> bool {
    let named = elements(headers, &CONTENT_ENCODING);
    let mut codings = named.filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    let gzip = |coding: &[u8]| {
        coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
    };
    codings.next().is_some_and(gzip) && codings.next().is_none()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn names_gzip(values: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
        }
        is_gzip(&headers)
    }

    #[test]
    fn gzip_has_two_names_and_no_case() {
        for value in [
            "gzip",
            "GZIP",
            "x-gzip",
            "X-GZip",
            "identity, gzip",
            ", gzip ,",
        ] {
            assert!(names_gzip(&[value]), "{value}");
        }
        for value in [
            "",
            "identity",
            "br",
            "gzip, br",
            "br, gzip",
            "gzip, gzip",
            "gzipped",
        ] {
            assert!(!names_gzip(&[value]), "{value}");
        }
        assert!(names_gzip(&["identity", "gzip"]));
        assert!(
            !names_gzip(&["gzip", "x-gzip"]),
            "it would be compressed twice"
        );
        assert!(!names_gzip(&[]));
    }
}
