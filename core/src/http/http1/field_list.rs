//! Headers that are lists (RFC 9110, section 5.6.1).

use http::{HeaderMap, HeaderName};

/// The elements of all lines of a header, in order; empty ones are passed over, as the standard
/// requires. They are bytes, since a name that is not text must not go unnoticed.
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
