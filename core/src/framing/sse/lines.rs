//! What one line of server-sent events is, by itself.

use crate::error::{ErrorKind, LlmError, Phase};

/// How many lists and objects are open behind a line of JSON; no text goes on over a line's end.
pub(super) fn level_after(mut level: usize, line: &[u8]) -> usize {
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in line {
        let after_backslash = std::mem::take(&mut is_escaped);
        match (in_text, byte) {
            (true, b'"') => in_text = after_backslash,
            (true, b'\\') => is_escaped = !after_backslash,
            (false, b'"') => in_text = true,
            (false, b'{' | b'[') => level += 1,
            (false, b'}' | b']') => level = level.saturating_sub(1),
            _ => {}
        }
    }
    level
}

/// The value of a line of this field: one blank after the colon is not part of it, and a line
/// without a colon is a field without a value.
pub(super) fn field<'b>(line: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    match line.strip_prefix(name)? {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [] => Some(&[]),
        _ => None,
    }
}

/// The end of a line of data and the blank line that ends its event.
pub(super) fn blank_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', b'\n', ..] => Some(2),
        [b'\r', b'\n', b'\r', b'\n', ..] => Some(4),
        _ => None,
    }
}

/// JSON in a line of a field that the standard does not name, and the field's name with its colon:
/// handed on at once, since some servers report a failure with such a line and stop.
pub(super) fn unknown_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|byte| !byte.is_ascii_lowercase())?;
    let (name, value) = line.split_at_checked(end + 1)?;
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let is_unknown = name.ends_with(b":") && !matches!(name, b"id:" | b"retry:");
    (is_unknown && value.starts_with(b"{")).then_some((name, value))
}

pub(super) fn text(bytes: &[u8]) -> Result<&str, LlmError> {
    std::str::from_utf8(bytes).map_err(|_| {
        let message = "an event of the stream is not UTF-8";
        LlmError::new(ErrorKind::Protocol, message)
            .phase(Phase::Body)
            .detail(bytes)
    })
}
