//! Rewrites what only some parsers take, so that all do: halves of surrogate pairs, NaN and
//! Infinity. Owns both repairs; a text that needs none is not copied.

use memchr::memchr;

use super::depth::after_string;

/// The text without what only some parsers take; `None` if it has nothing of that.
pub(crate) fn repair(text: &str) -> Option<String> {
    let numbers = without_no_numbers(text);
    let surrogates = without_lone_surrogates(numbers.as_deref().unwrap_or(text));
    surrogates.or(numbers)
}

/// The text with each `NaN` and `Infinity` outside of its strings replaced, as Python's parser and
/// printer know them; `None` if it has none.
fn without_no_numbers(text: &str) -> Option<String> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return None;
    }
    let (mut repaired, mut rest, mut changed) = (String::new(), text, false);
    while let Some(first) = rest.chars().next() {
        let word = WORDS.iter().find(|word| rest.starts_with(**word));
        let length = match (first, word) {
            ('"', _) => after_string(rest.as_bytes(), 1),
            (_, Some(word)) => word.len(),
            (first, None) => first.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        repaired.push_str(if word.is_some() && first != '"' {
            "null"
        } else {
            piece
        });
        changed |= word.is_some() && first != '"';
        rest = after;
    }
    changed.then_some(repaired)
}

/// The text with each escape of half a surrogate pair replaced; `None` if it has none.
pub(crate) fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(offset) = text
        .as_bytes()
        .get(at..)
        .and_then(|rest| memchr(b'\\', rest))
    {
        let escape = at + offset;
        at = match (unit(text, escape), unit(text, escape + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => escape + 12,
            (Some(0xD800..=0xDFFF), _) => {
                repaired.push_str(text.get(copied..escape)?);
                repaired.push_str("\\ufffd");
                copied = escape + 6;
                copied
            }
            (Some(_), _) => escape + 6,
            (None, _) => escape + 2,
        };
    }
    if copied == 0 {
        return None;
    }
    repaired.push_str(text.get(copied..)?);
    Some(repaired)
}

/// The UTF-16 unit of the `\uXXXX` at this offset.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::parse;

    fn text(json: &str) -> Option<String> {
        parse(json, &mut String::new()).ok()
    }

    #[test]
    fn lone_surrogates_are_replaced() {
        let cases = [
            (r#""a\ud800b""#, "a\u{fffd}b"),
            (r#""\uDFFF""#, "\u{fffd}"),
            (r#""\ud83d\ude00\ud83d""#, "😀\u{fffd}"),
            (r#""\ud800\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud800\n\u0041é\udc00""#, "\u{fffd}\nAé\u{fffd}"),
            (r#""\\ud800 \\\ud800""#, "\\ud800 \\\u{fffd}"),
        ];
        for (json, expected) in cases {
            assert_eq!(text(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn words_inside_of_strings_are_no_numbers() {
        assert_eq!(without_no_numbers("\"NaN\""), None);
    }

    #[test]
    fn an_escaped_backslash_begins_no_escape() {
        assert_eq!(without_lone_surrogates(r#""\\ud800""#), None);
        assert_eq!(without_lone_surrogates(r#""\ud83d\ude00 \u00e9""#), None);
        assert_eq!(without_lone_surrogates(r#""\ud8"#), None);
        assert_eq!(without_lone_surrogates("\"\\é\\u00é\\"), None);
    }

    proptest! {
        /// Any UTF-16 units as escapes: what Rust's own decoder makes of them.
        #[test]
        fn surrogates_are_read_as_by_utf_16(units in prop::collection::vec(utf_16(), 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let expected = String::from_utf16_lossy(&units);
            prop_assert_eq!(text(&format!("\"{escapes}\"")), Some(expected));
        }

        #[test]
        fn repair_never_fails(text in "[\"u\\\\d8cCf0é]{0,40}") {
            if let Some(repaired) = without_lone_surrogates(&text) {
                prop_assert_eq!(without_lone_surrogates(&repaired), None);
            }
        }
    }

    fn utf_16() -> impl Strategy<Value = u16> {
        prop_oneof![0xD7FE..0xE002_u16, 0x20..0x7F_u16]
    }
}
