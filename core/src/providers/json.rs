//! JSON from providers into types that borrow from it. Owns two tolerances: a lone surrogate is
//! U+FFFD instead of a failure, and a text field that holds something else counts as absent. The
//! depth stays at serde_json's 128 levels. Called by decoders.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Parses `text`. `repaired` has to outlive the result and costs nothing until it is needed: where
/// the text has escapes of lone surrogates, it holds the text that is parsed instead.
pub(crate) fn parse<'t, T: Deserialize<'t>>(
    text: &'t str,
    repaired: &'t mut String,
) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match without_lone_surrogates(text) {
        Some(better) => {
            *repaired = better;
            serde_json::from_str(repaired)
        }
        None => Err(error),
    })
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

/// The text with each escape of half a surrogate pair replaced; `None` if it has none.
fn without_lone_surrogates(text: &str) -> Option<String> {
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

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::Value;

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
