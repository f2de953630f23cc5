//! `data:` URLs (RFC 2397), in which callers write the bytes of images and files. Owns their form,
//! and how the type of an image is found; what a provider takes is its wire's. Pure.

use std::borrow::Cow;

/// Bytes in base64, and what they are.
#[derive(Debug)]
pub(crate) struct DataUrl<'u> {
    /// Without its parameters; empty where none is named.
    pub(crate) media_type: &'u str,
    pub(crate) data: Cow<'u, str>,
}

/// The form, for errors.
pub(crate) const FORM: &str = "data:MEDIA/TYPE;base64,DATA";

/// The beginnings of images in base64, and the formats.
const BEGINNINGS: &[(&str, &str)] = &[
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
];

/// What stands behind `data:`, if a URL begins so; schemes are written in either case.
pub(crate) fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    scheme.eq_ignore_ascii_case("data").then_some(rest)
}

/// `image/png;base64,iVBO...`: what stands behind `data:`.
pub(crate) fn parse(rest: &str) -> Option<DataUrl<'_>> {
    let (head, data) = rest.split_once(',')?;
    let (head, encoding) = head.rsplit_once(';')?;
    let media_type = head.split(';').next().unwrap_or(head);
    encoding
        .trim()
        .eq_ignore_ascii_case("base64")
        .then(|| DataUrl {
            media_type: media_type.trim(),
            data: without_blanks(data),
        })
}

/// Base64 without the line breaks that mail puts in.
pub(crate) fn without_blanks(data: &str) -> Cow<'_, str> {
    match data.contains(|sign: char| sign.is_ascii_whitespace()) {
        true => Cow::Owned(data.split_ascii_whitespace().collect()),
        false => Cow::Borrowed(data),
    }
}

/// The type of an image by its first bytes, where they show it.
pub(crate) fn image_type(data: &str) -> Option<&'static str> {
    let mut beginnings = BEGINNINGS.iter();
    let known = beginnings.find(|(begin, _)| data.starts_with(begin));
    known.map(|(_, media_type)| *media_type)
}

/// Of several names that are in use for a type the registered one, in lower case.
pub(crate) fn registered_name(media_type: &str) -> Cow<'_, str> {
    let lower = media_type.trim().to_ascii_lowercase();
    match lower.as_str() {
        "image/jpg" | "image/pjpeg" | "image/jfif" => Cow::Borrowed("image/jpeg"),
        "image/x-png" => Cow::Borrowed("image/png"),
        _ if lower == media_type => Cow::Borrowed(media_type),
        _ => Cow::Owned(lower),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_data_url_has_a_type_and_bytes() {
        let rows = [
            ("data:image/png;base64,AA==", Some(("image/png", "AA=="))),
            (
                "DATA: image/png ; charset=x ;BASE64 ,A\r\nA",
                Some(("image/png", "AA")),
            ),
            ("data:;base64,AA", Some(("", "AA"))),
            ("data:text/plain,AA", None),
            ("data:text/plain;utf8,AA", None),
            ("data:base64", None),
            ("https://x/y;base64,AA", None),
        ];
        for (url, expected) in rows {
            let found = after_scheme(url).and_then(parse);
            let found = found.as_ref().map(|url| (url.media_type, &*url.data));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn an_image_is_known_by_its_bytes_or_its_name() {
        assert_eq!(image_type("iVBORw0KGgoAAAA"), Some("image/png"));
        assert_eq!(image_type("AAAA"), None);
        for (name, registered) in [
            ("image/jpg", "image/jpeg"),
            (" Image/X-PNG", "image/png"),
            ("image/webp", "image/webp"),
            ("Audio/WAV", "audio/wav"),
        ] {
            assert_eq!(registered_name(name), registered, "{name}");
        }
    }
}
