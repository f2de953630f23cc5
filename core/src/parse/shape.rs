//! The shape of values that hold others, such as messages: looked at before they are parsed, so
//! that an error has its path and the caller's terms. Costs no memory where nothing is wrong.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::mismatch::shown;
use super::{names_of, Mismatch};

/// What a value must look like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// An object with these fields; its other fields are free.
    Object(&'static [Member]),
    /// A list.
    List(&'static Shape),
    /// Text, or a list; with the names of both.
    TextOrList(&'static Shape, &'static str),
    /// One of some names; with the name of their kind.
    Name(&'static [&'static str], &'static str),
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Member {
    name: &'static str,
    is_required: bool,
    shape: Shape,
}

/// A field that must be there and not be null.
pub(crate) const fn required(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        is_required: true,
        shape,
    }
}

/// A field that may be absent or null.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        is_required: false,
        shape,
    }
}

impl Shape {
    /// Parses what has this shape.
    pub(crate) fn parse<T: DeserializeOwned>(&self, value: Value) -> Result<T, Mismatch> {
        self.check(&value)?;
        // The shape and serde check the same, with different messages; tests compare the two.
        serde_json::from_value(value).map_err(|_| Mismatch::other("has an unexpected shape"))
    }

    fn check(&self, value: &Value) -> Result<(), Mismatch> {
        match (self, value) {
            (Self::Any, _)
            | (Self::Text | Self::TextOrList(..), Value::String(_))
            | (Self::Boolean, Value::Bool(_)) => Ok(()),
            (Self::Object(members), Value::Object(fields)) => check_members(members, fields),
            (Self::List(shape) | Self::TextOrList(shape, _), Value::Array(list)) => {
                let mut items = list.iter().enumerate();
                items.try_for_each(|(index, item)| {
                    shape.check(item).map_err(|wrong| wrong.below_index(index))
                })
            }
            (Self::Name(names, what), Value::String(name)) => check_name(names, what, name),
            (Self::Text | Self::Name(..), _) => Err(Mismatch::expected("text", value)),
            (Self::Boolean, _) => Err(Mismatch::expected("true or false", value)),
            (Self::Object(_), _) => Err(Mismatch::expected("an object", value)),
            (Self::List(_), _) => Err(Mismatch::expected("a list", value)),
            (Self::TextOrList(_, both), _) => Err(Mismatch::expected(both, value)),
        }
    }
}

fn check_members(members: &[Member], fields: &Map<String, Value>) -> Result<(), Mismatch> {
    members.iter().try_for_each(|member| {
        match fields.get(member.name).filter(|value| !value.is_null()) {
            Some(value) => {
                let checked = member.shape.check(value);
                checked.map_err(|mismatch| mismatch.below_field(member.name))
            }
            None if member.is_required => Err(Mismatch::missing(member.name)),
            None => Ok(()),
        }
    })
}

fn check_name(names: &[&str], what: &str, name: &str) -> Result<(), Mismatch> {
    if names.contains(&name) {
        return Ok(());
    }
    let name = shown(&Value::from(name)).unwrap_or_default();
    let known = names_of(names, "and");
    let separator = if name.is_empty() { "" } else { " " };
    Err(Mismatch::other(format!(
        "unknown {what}{separator}{name}; known are {known}"
    )))
}
