//! The details of an error's document, beside its message and its code: which parameter, which
//! filter, what the model had written. Owns what counts as one.

use serde_json::{Map, Value};

use super::error_fields;

/// How deep the document is looked into; what is deeper is kept as it is.
const NESTING_MAX: usize = 6;

/// Fields that every document has, or that the error holds elsewhere.
const KNOWN: &[&str] = &["id", "object", "ok", "request_id", "success"];

/// Fields of a response that an error may stand beside.
const RESPONSE_FIELDS: &[&str] = &[
    "choices",
    "created",
    "id",
    "model",
    "provider",
    "service_tier",
    "system_fingerprint",
    "usage",
];

/// The document without what the message has already and what is empty; `None` if nothing is left.
pub(super) fn remaining(document: &Value, message: &str) -> Option<Value> {
    match document {
        Value::Object(_) | Value::Array(_) => part(document, message, NESTING_MAX),
        // A bare text is the message.
        _ => None,
    }
}

fn part(value: &Value, message: &str, nesting: usize) -> Option<Value> {
    match value {
        Value::Null => None,
        _ if nesting == 0 => Some(value.clone()),
        Value::Array(list) => {
            let list: Vec<Value> = list
                .iter()
                .filter_map(|value| part(value, message, nesting - 1))
                .collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        Value::Object(fields) => {
            let has_error = error_fields::NESTS
                .iter()
                .any(|name| fields.contains_key(*name));
            let mut rest = Map::new();
            for (name, value) in fields {
                if is_held_elsewhere(name, value, message)
                    || (has_error && RESPONSE_FIELDS.contains(&name.as_str()))
                {
                    continue;
                }
                let value = part(value, message, nesting - 1);
                rest.extend(value.map(|value| (name.clone(), value)));
            }
            (!rest.is_empty()).then_some(Value::Object(rest))
        }
        Value::String(text) if text.is_empty() => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
    }
}

/// Whether the error has it as its message, code, status or request id.
fn is_held_elsewhere(name: &str, value: &Value, message: &str) -> bool {
    match value {
        Value::String(text) => {
            let text = text.trim().trim_end_matches('.');
            let is_words = error_fields::WORDS.contains(&name)
                || error_fields::NESTS.contains(&name)
                || matches!(name, "msg" | "raw");
            // A code is one word; a text of several words is a description.
            (error_fields::CODES.contains(&name) && !text.contains(' '))
                || KNOWN.contains(&name)
                || (is_words && message.contains(text))
        }
        Value::Number(_) => error_fields::CODES.contains(&name),
        Value::Bool(_) => KNOWN.contains(&name),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
