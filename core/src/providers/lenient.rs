//! The shapes of JSON from providers. Owns one tolerance for every wire: a field counts where it
//! can be used and as absent where it cannot, and of a key that comes twice the last value holds,
//! as with every parser that makes maps. So only broken syntax loses a document. Called by `wire`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json;

/// An object of a wire, with the fields that are read. [`object!`] declares one.
pub(crate) trait Object<'t>: Default {
    /// Reads the value of this field, or passes over it.
    fn field<A: MapAccess<'t>>(&mut self, name: &str, fields: &mut A) -> Result<(), A::Error>;
}

/// Declares objects of a wire: every field has a type that reads whatever comes, and a default.
macro_rules! object {
    ($($(#[$about:meta])* $visible:vis struct $name:ident<$life:lifetime> {
        $($(#[$note:meta])* $field:ident: $kind:ty $(= $key:literal)?,)*
    })+) => {$(
        $(#[$about])*
        #[derive(Debug, Default)]
        $visible struct $name<$life> {
            $($(#[$note])* $visible $field: $kind,)*
        }

        impl<$life> $crate::providers::lenient::Object<$life> for $name<$life> {
            #[inline]
            fn field<A: serde::de::MapAccess<$life>>(
                &mut self,
                name: &str,
                fields: &mut A,
            ) -> Result<(), A::Error> {
                match name {
                    $($crate::providers::lenient::object!(@key $field $($key)?) => {
                        self.$field = fields.next_value()?;
                    })*
                    _ => {
                        fields.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
                Ok(())
            }
        }
    )+};
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
}
pub(crate) use object;

/// Parses a document that is one object.
pub(crate) fn parse<'t, T: Object<'t>>(
    text: &'t str,
    repaired: &'t mut String,
) -> serde_json::Result<T> {
    let object: Maybe<T> = json::parse(text, repaired)?;
    let no_object = || serde_json::Error::custom("no object");
    object.0.ok_or_else(no_object)
}

/// What of a visitor counts as absent.
macro_rules! absent {
    ($($visit:ident)*) => {$(absent!(@ $visit);)*};
    (@ unit) => { absent!(@ visit_unit(self)); };
    (@ bool) => { absent!(@ visit_bool(self, _: bool)); };
    (@ str) => { absent!(@ visit_str(self, _: &str)); };
    (@ numbers) => {
        absent!(@ visit_u64(self, _: u64));
        absent!(@ visit_i64(self, _: i64));
        absent!(@ visit_f64(self, _: f64));
    };
    (@ seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ $name:ident($this:ident $(, $value:tt: $kind:ty)?)) => {
        fn $name<E>($this $(, $value: $kind)?) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}
pub(super) use absent;

/// The name of a field.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    #[inline]
    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

/// Reads the fields of an object that has begun.
#[inline]
pub(crate) fn read_fields<'de, T: Object<'de>, A: MapAccess<'de>>(
    mut fields: A,
) -> Result<T, A::Error> {
    let mut object = T::default();
    while let Some(name) = fields.next_key::<Name<'de>>()? {
        object.field(&name.0, &mut fields)?;
    }
    Ok(object)
}

/// One object, or nothing. A list counts as its first object: some servers wrap one.
#[derive(Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Object<'de>> Deserialize<'de> for Maybe<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

struct MaybeVisitor<T>(PhantomData<T>);

impl<'de, T: Object<'de>> Visitor<'de> for MaybeVisitor<T> {
    type Value = Maybe<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        read_fields(fields).map(|object| Maybe(Some(object)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let List(objects) = ListVisitor(PhantomData).visit_seq(list)?;
        Ok(Maybe(objects.into_iter().next()))
    }

    absent!(unit bool str numbers);
}

/// A list of objects; what is no object is not in it. One object alone is a list of one.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Object<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Object<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        read_fields(fields).map(|object| List(vec![object]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some(Maybe(object)) = list.next_element::<Maybe<T>>()? {
            objects.extend(object);
        }
        Ok(List(objects))
    }

    absent!(unit bool str numbers);
}

/// A number that counts from 0, however it is written; -1 and the like are absent.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Index(pub(crate) Option<u64>);

impl<'de> Deserialize<'de> for Index {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IndexVisitor)
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
/// stay raw for whoever knows what to make of them.
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

impl<'de> Deserialize<'de> for Written<'de> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        Ok(match raw.as_bytes().first() {
            Some(b'"') => Self::Text(unquoted(raw)),
            Some(b'n') | None => Self::Absent,
            Some(b'[' | b'{') => Self::Other(raw),
            Some(_) => Self::Text(Cow::Borrowed(raw)),
        })
    }
}

/// The text of a JSON string, borrowed where it has no escapes.
#[inline]
fn unquoted(raw: &str) -> Cow<'_, str> {
    let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
    match memchr(b'\\', inner.as_bytes()) {
        None => Cow::Borrowed(inner),
        Some(first) => Cow::Owned(unescaped(inner, first).unwrap_or_else(|| {
            // What has escapes of code units is for the parser, which knows surrogates.
            json::parse(raw, &mut String::new()).unwrap_or_default()
        })),
    }
}

/// Resolves the escapes of one letter, the first of which stands at `first`; `None` where there is
/// another one.
fn unescaped(inner: &str, first: usize) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let (mut rest, mut next) = (inner, Some(first));
    while let Some(at) = next {
        text.push_str(rest.get(..at)?);
        text.push(match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return None,
        });
        rest = rest.get(at + 2..)?;
        next = memchr(b'\\', rest.as_bytes());
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests;
