//! How each type of a field is parsed. Conversions that a caller did not ask for are not made: a
//! number in quotes is no number.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::{names_of, type_name, FromJson, Mismatch};
use crate::declare::entry::{Kind, Name};
use crate::secret::Secret;

/// One of some names, such as the level of a log.
pub(crate) fn one_of<T: DeserializeOwned>(value: Value, names: &[Name]) -> Result<T, Mismatch> {
    let problem = |value: &Value| {
        let names = names_of(names, "or");
        Mismatch::found(format!("expected {names}"), value)
    };
    match value {
        Value::String(_) => T::deserialize(&value).map_err(|_: serde_json::Error| problem(&value)),
        other => Err(problem(&other)),
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        T::from_json(value, kind).map(Some)
    }
}

impl FromJson for String {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Mismatch::expected("text", &other)),
        }
    }
}

impl FromJson for Secret {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        Ok(Self::new(String::from_json(value, kind)?)?)
    }
}

impl FromJson for bool {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        value
            .as_bool()
            .ok_or_else(|| Mismatch::found("expected true or false", &value))
    }
}

impl FromJson for f64 {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        value
            .as_f64()
            .ok_or_else(|| Mismatch::found("expected a number", &value))
    }
}

macro_rules! whole_number {
    ($($type:ty)+) => {$(
        impl FromJson for $type {
            fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
                let number = whole_number(&value, kind)?;
                Self::try_from(number).map_err(|_| match number < 0 {
                    true => Mismatch::found("must be at least 0", &value),
                    false => Mismatch::found(format!("must be at most {}", Self::MAX), &value),
                })
            }
        }
    )+};
}

whole_number!(u32 u64 usize);

impl FromJson for i128 {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        whole_number(&value, kind)
    }
}

fn whole_number(value: &Value, kind: Kind) -> Result<i128, Mismatch> {
    let number = value.as_number().and_then(Number::as_i128);
    number.ok_or_else(|| {
        let expected = match kind {
            Kind::Milliseconds => "expected a whole number of milliseconds",
            Kind::Bytes => "expected a whole number of bytes",
            _ => "expected a whole number",
        };
        Mismatch::found(expected, value)
    })
}

impl FromJson for Value {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        Ok(value)
    }
}

impl FromJson for Map<String, Value> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        match value {
            Value::Object(fields) => Ok(fields),
            other => Err(Mismatch::expected("an object", &other)),
        }
    }
}

/// Headers.
impl FromJson for Vec<(String, String)> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let headers = Map::from_json(value, kind)?;
        headers
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(value) => Ok((name, value)),
                other => Err(wrong_header(&name, &other)),
            })
            .collect()
    }
}

/// A list of texts; one text is a list of one.
impl FromJson for Vec<String> {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let texts = match value {
            Value::String(text) => return Ok(vec![text]),
            Value::Array(texts) => texts,
            other => return Err(Mismatch::expected("text or a list of texts", &other)),
        };
        let texts = texts.into_iter().enumerate().map(|(index, text)| {
            String::from_json(text, kind).map_err(|mismatch| mismatch.below_index(index))
        });
        texts.collect()
    }
}

/// Whoever writes a header as one text has its value in the name.
fn wrong_header(name: &str, value: &Value) -> Mismatch {
    let is_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    match name.chars().all(is_token) {
        true => Mismatch::expected("text", value).below_field(name),
        false => Mismatch::other(format!(
            "expected text for each name, got {}",
            type_name(value)
        )),
    }
}
