//! JSON from providers into types that borrow from it. Owns three tolerances: a lone surrogate is
//! U+FFFD instead of a failure, what is written for no number (`NaN`, `-Infinity`) is null, and a
//! text field that holds something else counts as absent. The
//! depth stays at serde_json's 128 levels. Called by decoders.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memchr2, memchr2_iter};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::Value;

use crate::providers::lenient_json::absent;

/// Levels of lists and objects in one document; `serde_json` has the same bound.
pub(crate) const LEVELS_MAX: usize = 128;

/// Parses `text`. `repaired` has to outlive the result and costs nothing until it is needed: where
/// the text has escapes of lone surrogates, or words for no number, it holds the text that is
/// parsed instead.
pub(crate) fn parse<'t, T: Deserialize<'t>>(
    text: &'t str,
    repaired: &'t mut String,
) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match better(text) {
        Some(better) => {
            *repaired = better;
            serde_json::from_str(repaired)
        }
        None => Err(error),
    })
}

/// Whether a value that may be there says something: null, `false`, 0, an empty text, and lists and
/// objects of such values do not.
pub(crate) fn is_something(raw: &RawValue) -> bool {
    fn says(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => list.iter().any(says),
            Value::Object(fields) => fields.values().any(says),
        }
    }
    !parse::<Value>(raw.get(), &mut String::new()).is_ok_and(|value| !says(&value))
}

/// Says where JSON is wrong, without a word of what it said.
pub(crate) fn place(error: &serde_json::Error) -> String {
    let what = if error.is_data() {
        "has an unexpected shape"
    } else {
        "is not JSON"
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Whether the text is JSON, of any depth.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether the text is JSON that cannot go on: a number might.
pub(crate) fn is_closed(text: &str) -> bool {
    let is_number = text
        .trim_start()
        .starts_with(|first: char| first == '-' || first.is_ascii_digit());
    !is_number && is_json(text)
}

/// Whether the text is the beginning of JSON and not all of it.
pub(crate) fn is_cut(text: &str) -> bool {
    let cut = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_err_and(|e| e.is_eof());
    cut(text) || without_lone_surrogates(text).is_some_and(|text| cut(&text))
}

/// Whether lists and objects are nested no deeper than [`LEVELS_MAX`]. What no decoder looks into
/// counts too: it may be read later, by us or by the caller.
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
fn after_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..) {
        match memchr2(b'"', b'\\', rest) {
            Some(offset) if rest.get(offset) == Some(&b'\\') => at += offset + 2,
            Some(offset) => return at + offset + 1,
            None => return bytes.len(),
        }
    }
    at
}

/// The text without what only some parsers take; `None` if it has nothing of that.
pub(crate) fn better(text: &str) -> Option<String> {
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
    let (mut better, mut rest, mut changed) = (String::new(), text, false);
    while let Some(first) = rest.chars().next() {
        let word = WORDS.iter().find(|word| rest.starts_with(**word));
        let length = match (first, word) {
            ('"', _) => after_string(rest.as_bytes(), 1),
            (_, Some(word)) => word.len(),
            (first, None) => first.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        better.push_str(if word.is_some() && first != '"' {
            "null"
        } else {
            piece
        });
        changed |= word.is_some() && first != '"';
        rest = after;
    }
    changed.then_some(better)
}

/// The text with each escape of half a surrogate pair replaced; `None` if it has none.
pub(crate) fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut better = String::new();
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
                better.push_str(text.get(copied..escape)?);
                better.push_str("\\ufffd");
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
    better.push_str(text.get(copied..)?);
    Some(better)
}

/// The UTF-16 unit of the `\uXXXX` at this offset.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// Text that may be absent, borrowed where it has no escapes (serde does not borrow inside an
/// `Option<Cow<str>>`). Whatever is not text counts as absent.
#[derive(Debug, Default)]
pub(crate) struct Text<'t>(Option<Cow<'t, str>>);

impl Text<'_> {
    /// The text, unless it is absent or empty.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de: 't, 't> Deserialize<'de> for Text<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    absent!(unit bool numbers seq map);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Pair<'t> {
        #[serde(borrow, default)]
        a: Text<'t>,
        #[serde(borrow, default)]
        b: Text<'t>,
    }

    fn text(json: &str) -> Result<String, String> {
        parse(json, &mut String::new()).map_err(|error| place(&error))
    }

    #[test]
    fn text_is_borrowed_unless_it_has_escapes() {
        let mut repaired = String::new();
        let pair: Pair<'_> = parse(r#"{"a":"plain","b":"es\ncaped"}"#, &mut repaired).unwrap();
        assert!(matches!(pair.a.0, Some(Cow::Borrowed("plain"))));
        assert_eq!(pair.b.get(), Some("es\ncaped"));
        assert_eq!(repaired.capacity(), 0);
    }

    #[test]
    fn what_is_not_text_is_absent() {
        for other in [
            "null",
            "7",
            "-7",
            "7.5",
            "true",
            "[1,[2]]",
            r#"{"x":{"y":1}}"#,
            "\"\"",
        ] {
            let json = format!(r#"{{"a":{other},"b":"b"}}"#);
            let mut repaired = String::new();
            let pair: Pair<'_> = parse(&json, &mut repaired).unwrap();
            assert_eq!((pair.a.get(), pair.b.get()), (None, Some("b")), "{other}");
        }
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
            assert_eq!(text(json).as_deref(), Ok(expected), "{json}");
        }
    }

    #[test]
    fn what_is_no_number_is_null() {
        let value = |text: &str| parse::<Value>(text, &mut String::new()).map_err(|e| place(&e));
        let read = value(r#"{"a":NaN,"b":[-Infinity,Infinity,1],"c":"NaN \" Infinity\ud800"}"#);
        let c = "NaN \" Infinity\u{fffd}";
        let expected = serde_json::json!({"a": null, "b": [null, null, 1], "c": c});
        assert_eq!(read, Ok(expected));
        assert!(value("NaN1").is_err() && value("{\"a\":NaN").is_err() && value("nan").is_err());
        assert_eq!(without_no_numbers("\"NaN\""), None);
    }

    #[test]
    fn an_escaped_backslash_begins_no_escape() {
        assert_eq!(without_lone_surrogates(r#""\\ud800""#), None);
        assert_eq!(without_lone_surrogates(r#""\ud83d\ude00 \u00e9""#), None);
        assert_eq!(without_lone_surrogates(r#""\ud8"#), None);
        assert_eq!(without_lone_surrogates("\"\\é\\u00é\\"), None);
    }

    #[test]
    fn errors_say_where_and_not_what() {
        assert_eq!(
            text(r#""secret"#).unwrap_err(),
            "is not JSON (line 1, column 7)"
        );
        assert_eq!(
            text(r#"{"secret":1}"#).unwrap_err(),
            "has an unexpected shape (line 1, column 0)"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse::<Value>(&deep(127), &mut String::new()).is_ok());
        assert!(parse::<Value>(&deep(128), &mut String::new()).is_err());
        assert!(parse::<Value>(&deep(100_000), &mut String::new()).is_err());
    }

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

    #[test]
    fn json_that_is_closed_cannot_go_on() {
        for closed in ["{}", " [1]", "\"a\"", "null", r#"{"a":1}"#] {
            assert!(
                is_closed(closed) && is_json(closed) && !is_cut(closed),
                "{closed}"
            );
        }
        for cut in [
            "",
            "{",
            r#"{"a":"#,
            r#"{"a":1"#,
            "[tru",
            r#""a\"#,
            r#"{"a":"\ud800"#,
        ] {
            assert!(!is_closed(cut) && !is_json(cut) && is_cut(cut), "{cut}");
        }
        assert!(is_json("12") && !is_closed("12") && !is_closed(" -1"));
        assert!(!is_closed("nonsense") && !is_cut("nonsense"));
    }

    proptest! {
        /// Any UTF-16 units as escapes: what Rust's own decoder makes of them.
        #[test]
        fn surrogates_are_read_as_by_utf_16(units in prop::collection::vec(utf_16(), 0..20)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(text(&format!("\"{escapes}\"")), Ok(String::from_utf16_lossy(&units)));
        }

        #[test]
        fn repair_never_fails(text in "[\"u\\\\d8cCf0é]{0,40}") {
            if let Some(better) = without_lone_surrogates(&text) {
                prop_assert_eq!(without_lone_surrogates(&better), None);
            }
        }
    }

    fn utf_16() -> impl Strategy<Value = u16> {
        prop_oneof![0xD7FE..0xE002_u16, 0x20..0x7F_u16]
    }
}
