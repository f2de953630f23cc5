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
    while let Some(mark) = next_mark(bytes.get(at..).unwrap_or_default()) {
        at += mark;
        let byte = bytes.get(at);
        at += 1;
        match byte {
            Some(b'"') => at = after_string(bytes, at),
            Some(b'[' | b'{') => level += 1,
            _ => level = level.saturating_sub(1),
        }
        if level > LEVELS_MAX {
            return false;
        }
    }
    true
}

/// Where the next string, list or object begins or ends. A vector of numbers has none for
/// kilobytes, so it looks at many bytes at once: the compiler makes vector instructions of that.
fn next_mark(bytes: &[u8]) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<64>();
    let has_mark = |block: &&[u8; 64]| {
        let marks = block.iter().map(|byte| u8::from(is_mark(*byte)));
        marks.fold(0, |all, mark| all | mark) != 0
    };
    let plain = blocks.iter().take_while(|block| !has_mark(block)).count() * 64;
    let rest = bytes.get(plain..)?;
    let mark = rest.iter().position(|byte| is_mark(*byte))?;
    Some(plain + mark)
}

fn is_mark(byte: u8) -> bool {
    // The bit in which `[` and `{`, and `]` and `}`, differ.
    let bracket = byte | 0x20;
    (bracket == b'{') | (bracket == b'}') | (byte == b'"')
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
        let numbers = format!("[{}1]", "-0.0123,".repeat(100));
        assert!(is_shallow(&format!(
            "[{}1]",
            format!("{numbers},").repeat(200)
        )));
        assert!(!is_shallow(&format!("[{numbers},{}", deep(128))));
    }
}
