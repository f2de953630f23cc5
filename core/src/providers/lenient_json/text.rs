//! Text that may be absent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{absent, Lenient, Mode};

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

impl<'t> Lenient<'t> for Text<'t> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        _: Mode,
    ) -> Result<(), D::Error> {
        *self = Deserialize::deserialize(deserializer)?;
        Ok(())
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
    use serde::Deserialize;

    use super::*;
    use crate::json::parse;

    #[derive(Deserialize)]
    struct Pair<'t> {
        #[serde(borrow, default)]
        a: Text<'t>,
        #[serde(borrow, default)]
        b: Text<'t>,
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
}
