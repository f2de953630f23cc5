//! Objects of responses, whose values stay JSON text until it is known what they are. Owns how odd
//! values are read: what is null or of another type is absent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Answered;
use crate::error::LlmError;
use crate::json;
use crate::providers::error_body;
use crate::providers::errors::protocol_error;

/// An object; of equal names the last value counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'t>(BTreeMap<String, &'t RawValue>);

impl<'t> Fields<'t> {
    pub(super) fn parse(text: &'t str, repaired: &'t mut String) -> Option<Self> {
        json::parse(text, repaired).ok().map(Self)
    }

    /// The JSON text of a value that is not null.
    pub(super) fn raw(&self, name: &str) -> Option<&'t str> {
        let raw = self.0.get(name)?.get();
        (raw != "null").then_some(raw)
    }

    /// The value of an object that has one field.
    pub(super) fn only(&self) -> Option<&'t str> {
        let mut values = self.0.values().map(|raw| raw.get());
        let value = values.next().filter(|value| *value != "null");
        value.filter(|_| values.next().is_none())
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.value(name).map(Self)
    }

    pub(super) fn list(&self, name: &str) -> Option<Vec<&'t RawValue>> {
        self.value(name)
    }

    /// A text, or a number as one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match self.value(name)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn value<T: Deserialize<'t>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }
}

/// The object that a whole response is.
pub(super) fn document(answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError> {
    json::parse_object(answered.text).ok_or_else(|| odd(answered, "is not a JSON object"))
}

/// The error of a response that is something else: that of a gateway, or a breach of the protocol.
pub(super) fn odd(answered: &Answered<'_>, how: &str) -> LlmError {
    let known = error_body::find_in_response(answered.provider, answered.text);
    let name = answered.provider.name();
    known.unwrap_or_else(|| protocol_error(name, "the response", how, answered.text))
}

/// Takes a list out of a response; Go's servers write an empty one as null.
pub(super) fn take_list(
    answered: &Answered<'_>,
    raw: &mut Map<String, Value>,
    name: &str,
) -> Result<Vec<Map<String, Value>>, LlmError> {
    let list = match raw.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => list,
        Some(Value::Null) => Vec::new(),
        _ => return Err(odd(answered, "has no list")),
    };
    let objects = list.into_iter().filter_map(|entry| match entry {
        Value::Object(entry) => Some(entry),
        _ => None,
    });
    Ok(objects.collect())
}

/// The text of a field that has one.
pub(super) fn text<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    let text = fields.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}
