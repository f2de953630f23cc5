//! Percent encoding (RFC 3986, section 2.1), for names that become a part of a path or a query and
//! may hold what has a meaning there. Pure.

/// The text with everything encoded that is not unreserved (section 2.3), in upper case.
pub(crate) fn encoded(text: &str) -> String {
    encoded_but(text, "")
}

/// The same, but for these signs.
pub(crate) fn encoded_but(text: &str, safe: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let sign = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(sign) || safe.contains(sign) {
            encoded.push(sign);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_segment() {
        assert_eq!(encoded("a/b c:0?é~@"), "a%2Fb%20c%3A0%3F%C3%A9~%40");
        assert_eq!(encoded_but("/a b@", "/@"), "/a%20b@");
    }
}
