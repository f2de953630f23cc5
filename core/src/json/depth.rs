//! How deep lists and objects of a JSON text are nested, without parsing it. Owns the bound.

use memchr::{memchr2, memchr2_iter};

/// Levels of lists and objects in one document; `serde_json` has the same bound.
pub(crate) const LEVELS_MAX: usize = 128;

/// Whether lists and objects are nested no deeper than [`LEVELS_MAX`]. What no decoder looks into
/// counts too: it may be parsed later, by us or by the caller.
pub(crate) fn is_shallow(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Most texts are shorter than so many brackets, which no parser takes unless they are closed,
    // or hold fewer of them.
    if bytes.len() <= 2 * LEVELS_MAX || memchr2_iter(b'[', b'{', bytes).nth(LEVELS_MAX).is_none() {
        return true;
    }
    let (mut level, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        at = match byte {
            b'"' => after_string(bytes, at + 1),
            _ => at + 1,
        };
        match byte {
            b'[' | b'{' => level += 1,
            b']' | b'}' => level = level.saturating_sub(1),
            _ => {}
        }
        if level > LEVELS_MAX {
            return false;
        }
    }
    true
}

/// Where the string that began before `at` is over.
pub(super) fn after_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..) {
        match memchr2(b'"', b'\\', rest) {
            Some(offset) if rest.get(offset) == Some(&b'\\') => at += offset + 2,
            Some(offset) => return at + offset + 1,
            None => return bytes.len(),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings_and_wherever_it_stands() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for levels in [0, 1, 127, 128] {
            assert!(is_shallow(&deep(levels)), "{levels}");
        }
        assert!(
            is_shallow(&"[".repeat(256)),
            "too short to be JSON and deep"
        );
        for levels in [129, 100_000] {
            assert!(!is_shallow(&deep(levels)), "{levels}");
            assert!(!is_shallow(&format!(r#"{{"a":"\"","b":{}"#, deep(levels))));
        }
        let in_text = format!(r#"{{"a":"{}\"{}"}}"#, "[".repeat(500), "{".repeat(500));
        assert!(is_shallow(&in_text));
        assert!(is_shallow(&format!("[{}[]]", "[],".repeat(500))));
        assert!(is_shallow("\"[\\"));
    }
}
