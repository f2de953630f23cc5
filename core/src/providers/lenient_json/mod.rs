//! The shapes of JSON from providers. Owns one tolerance for every wire: a field counts where it
//! can be used and as absent where it cannot, and of a key that comes twice the last value holds,
//! as with every parser that makes maps. So only broken syntax loses a document. The shapes
//! themselves are in the `wire` of each wire format.

mod macros;
mod text;
mod values;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::Value;

use crate::json;
pub(crate) use macros::{absent, object};
pub(crate) use text::Text;
pub(crate) use values::{Index, Written};

/// How a document is parsed. Texts that are numbers, lists or objects are met by few documents,
/// which are parsed a second time for it, so that the others need not remember how a value was
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Usual,
    AsWritten,
}

/// A value that takes whatever comes, in place: large objects are not moved about.
pub(crate) trait Lenient<'t>: Sized {
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error>;

    /// The place as the next value of a map or a list.
    fn place(&mut self, mode: Mode) -> Place<'_, Self> {
        Place(self, mode)
    }
}

/// Where a value goes that is being parsed.
pub(crate) struct Place<'p, T>(&'p mut T, Mode);

impl<'t, T: Lenient<'t>> DeserializeSeed<'t> for Place<'_, T> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.parse_into(deserializer, self.1)
    }
}

/// An object of a wire, with the fields that are used. [`object!`] declares one.
pub(crate) trait Object<'t>: Default {
    /// Which field it is.
    type Name;

    fn name(name: &str) -> Self::Name;

    /// Takes the value of this field, or passes over it.
    fn field<A: MapAccess<'t>>(
        &mut self,
        name: Self::Name,
        fields: &mut A,
        mode: Mode,
    ) -> Result<(), A::Error>;

    /// Takes the fields of an object that has begun.
    #[inline]
    fn fields<A: MapAccess<'t>>(&mut self, mut fields: A, mode: Mode) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key_seed(NameOf::<Self>(PhantomData))? {
            self.field(name, &mut fields, mode)?;
        }
        Ok(())
    }
}

/// Parses a document that is one object into `place`.
pub(crate) fn parse<'p, 't, T: Object<'t>>(
    text: &'t str,
    repaired: &'t mut String,
    place: &'p mut Maybe<T>,
) -> serde_json::Result<&'p T> {
    parse_as(text, place, Mode::Usual)
        .or_else(|_| parse_as(text, place, Mode::AsWritten))
        .or_else(|error| match json::repair(text) {
            Some(text) => {
                *repaired = text;
                parse_as(repaired, place, Mode::AsWritten)
            }
            None => Err(error),
        })?;
    let no_object = || serde_json::Error::custom("no object");
    place.0.as_ref().ok_or_else(no_object)
}

/// Parses a list, or a single value as a list of one; what is not JSON is an empty list.
pub(crate) fn parse_list(text: &str) -> Vec<Value> {
    match json::parse(text, &mut String::new()) {
        Ok(Value::Array(list)) => list,
        Ok(value) => vec![value],
        Err(_) => Vec::new(),
    }
}

/// Whether a value that may be there is one to act on: null, `false`, 0, an empty text, and lists
/// and objects of such values are not.
pub(crate) fn is_truthy(raw: &RawValue) -> bool {
    fn is_set(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => list.iter().any(is_set),
            Value::Object(fields) => fields.values().any(is_set),
        }
    }
    !json::parse::<Value>(raw.get(), &mut String::new()).is_ok_and(|value| !is_set(&value))
}

fn parse_as<'t, T: Object<'t>>(
    text: &'t str,
    place: &mut Maybe<T>,
    mode: Mode,
) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    place.parse_into(&mut deserializer, mode)?;
    deserializer.end()
}

/// The name of a field.
struct NameOf<T>(PhantomData<T>);

impl<'de, T: Object<'de>> DeserializeSeed<'de> for NameOf<T> {
    type Value = T::Name;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, T: Object<'de>> Visitor<'de> for NameOf<T> {
    type Value = T::Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<T::Name, E> {
        Ok(T::name(name))
    }
}

/// What is rarely there stays raw.
impl<'t> Lenient<'t> for Option<&'t RawValue> {
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

/// One object, or nothing. A list counts as its first object: some servers wrap one.
#[derive(Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'t, T: Object<'t>> Lenient<'t> for Maybe<T> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        self.0 = None;
        deserializer.deserialize_any(MaybeVisitor(self.place(mode)))
    }
}

struct MaybeVisitor<'p, T>(Place<'p, Maybe<T>>);

impl<'de, T: Object<'de>> Visitor<'de> for MaybeVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let Place(Maybe(place), mode) = self.0;
        place.insert(T::default()).fields(fields, mode)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        let Place(Maybe(place), mode) = self.0;
        let mut objects = List(Vec::new());
        ListVisitor(Place(&mut objects, mode)).visit_seq(list)?;
        *place = objects.0.into_iter().next();
        Ok(())
    }

    absent!(unit bool str numbers);
}

/// A list of objects; other values are left out. One object alone is a list of one.
#[derive(Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'t, T: Object<'t>> Lenient<'t> for List<T> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        self.0.clear();
        deserializer.deserialize_any(ListVisitor(self.place(mode)))
    }
}

struct ListVisitor<'p, T>(Place<'p, List<T>>);

impl<'de, T: Object<'de>> Visitor<'de> for ListVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let Place(List(objects), mode) = self.0;
        let mut object = T::default();
        object.fields(fields, mode)?;
        objects.push(object);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Place(List(objects), mode) = self.0;
        let mut one = Maybe(None);
        while list.next_element_seed(one.place(mode))?.is_some() {
            objects.extend(one.0.take());
        }
        Ok(())
    }

    absent!(unit bool str numbers);
}

#[cfg(test)]
mod tests;
