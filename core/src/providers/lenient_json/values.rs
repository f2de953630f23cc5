//! Single values: numbers that count, and texts however they are written.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{absent, Lenient, Mode};
use crate::json;

/// A number that counts from 0, however it is written; -1 and the like are absent.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Index(pub(crate) Option<u64>);

impl<'t> Lenient<'t> for Index {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        _: Mode,
    ) -> Result<(), D::Error> {
        *self = deserializer.deserialize_any(IndexVisitor)?;
        Ok(())
    }
}

struct IndexVisitor;

impl<'de> Visitor<'de> for IndexVisitor {
    type Value = Index;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    #[inline]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Index(Some(number)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Index(u64::try_from(number).ok()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        let is_whole = number >= 0.0 && number.fract() == 0.0;
        Ok(Index(is_whole.then_some(number as u64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Index(text.trim().parse().ok()))
    }

    absent!(unit bool seq map);
}

/// What is due as text: a text, or a number or a word of JSON as it is written. Lists and objects
/// stay raw, for code that needs their fields.
#[derive(Debug, Default)]
pub(crate) enum Written<'t> {
    #[default]
    Absent,
    Text(Cow<'t, str>),
    Other(&'t str),
}

impl<'t> Written<'t> {
    /// The text, unless it is absent or empty.
    #[inline]
    pub(crate) fn get(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            Self::Absent | Self::Text(_) | Self::Other(_) => None,
        }
    }

    /// The same, or the JSON of a list or an object.
    pub(crate) fn as_written(&self) -> Option<&str> {
        match self {
            Self::Other(raw) => Some(raw),
            Self::Absent | Self::Text(_) => self.get(),
        }
    }

    /// The JSON of a list or an object.
    pub(crate) fn other(&self) -> Option<&'t str> {
        match self {
            Self::Other(raw) => Some(raw),
            Self::Absent | Self::Text(_) => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'t> Lenient<'t> for Written<'t> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        *self = match mode {
            Mode::Usual => deserializer.deserialize_any(TextVisitor)?,
            Mode::AsWritten => {
                let raw = <&RawValue>::deserialize(deserializer)?.get();
                match raw.as_bytes().first() {
                    Some(b'"') => Self::Text(unquoted(raw)),
                    Some(b'n') | None => Self::Absent,
                    Some(b'[' | b'{') => Self::Other(raw),
                    Some(_) => Self::Text(Cow::Borrowed(raw)),
                }
            }
        };
        Ok(())
    }
}

/// Takes texts. Anything else but null fails: how it was written is known in the other mode.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Written<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Written::Text(Cow::Owned(text.to_owned())))
    }

    absent!(unit);
}

/// The text of a JSON string, borrowed where it has no escapes.
fn unquoted(raw: &str) -> Cow<'_, str> {
    let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
    match memchr(b'\\', inner.as_bytes()) {
        None => Cow::Borrowed(inner),
        Some(_) => Cow::Owned(json::parse(raw, &mut String::new()).unwrap_or_default()),
    }
}
