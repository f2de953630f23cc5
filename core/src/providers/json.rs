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
