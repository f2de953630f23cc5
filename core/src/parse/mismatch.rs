//! What is wrong with a value and where it stands, as the line that a caller reads:
//! `messages[2].content: expected text or a list of parts, got a number`.

use std::borrow::Cow;

use serde_json::Value;

use crate::error::{invalid_request, LlmError};

/// Longest text of a caller that is repeated.
const SHOWN_BYTES_MAX: usize = 16;

/// Fields whose value is never repeated, though it should not hold a secret: people put a proxy's
/// URL here, and its password.
const NEVER_SHOWN: [&str; 1] = ["proxy"];

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Mismatch {
    /// Below the field, such as `[2].content`.
    path: String,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// In whole.
    Other(String),
    /// Something else was expected; the value that was found, and the name of its type.
    Found {
        problem: Cow<'static, str>,
        value: Option<String>,
        type_name: &'static str,
    },
    /// An error that is one already.
    Error(Box<LlmError>),
    /// The error of a request that stands in it; its message begins with the field.
    Within(Box<LlmError>),
    /// The same, which names its place itself.
    Placed(Box<LlmError>),
}

impl Mismatch {
    /// With its own text.
    pub(crate) fn other(reason: impl Into<String>) -> Self {
        Self::from_reason(Reason::Other(reason.into()))
    }

    /// An error that names its place itself.
    pub(crate) fn placed(error: LlmError) -> Self {
        Self::from_reason(Reason::Placed(Box::new(error)))
    }

    /// A required field that is not there.
    pub(crate) fn missing(name: &str) -> Self {
        Self::other("missing").below_field(name)
    }

    /// Another type; the value is not repeated.
    pub(crate) fn expected(expected: &str, value: &Value) -> Self {
        Self::other(format!("expected {expected}, got {}", type_name(value)))
    }

    /// Another value, in a field that holds neither a secret nor a prompt.
    pub(crate) fn found(problem: impl Into<Cow<'static, str>>, value: &Value) -> Self {
        Self::from_reason(Reason::Found {
            problem: problem.into(),
            value: shown(value),
            type_name: type_name(value),
        })
    }

    /// What is wrong with a request that stands in it.
    pub(crate) fn within(error: LlmError) -> Self {
        Self::from_reason(Reason::Within(Box::new(error)))
    }

    /// It stands in a field of this name. Headers have names of the caller's own.
    pub(crate) fn below_field(mut self, name: &str) -> Self {
        self.path.insert_str(0, name);
        self.path.insert(0, '.');
        self
    }

    /// It stands in a list.
    pub(crate) fn below_index(mut self, index: usize) -> Self {
        self.path.insert_str(0, &format!("[{index}]"));
        self
    }

    /// It stands in this field of a request.
    pub(crate) fn into_error(self, field: &str) -> LlmError {
        let path = self.path;
        match self.reason {
            // Of a secret, which does not know in which field it stands.
            Reason::Error(error) => {
                let message = error.message.replacen("api_key", field, 1);
                LlmError { message, ..*error }
            }
            Reason::Within(error) => {
                let message = format!("{field}{path}.{}", error.message);
                LlmError { message, ..*error }
            }
            Reason::Placed(error) => *error,
            Reason::Other(reason) => invalid_request(format!("{field}{path}: {reason}")),
            Reason::Found {
                problem,
                value,
                type_name,
            } => {
                let value = value.filter(|_| !NEVER_SHOWN.contains(&field));
                let found = value.as_deref().unwrap_or(type_name);
                invalid_request(format!("{field}{path}: {problem}, got {found}"))
            }
        }
    }

    fn from_reason(reason: Reason) -> Self {
        let path = String::new();
        Self { path, reason }
    }
}

impl From<LlmError> for Mismatch {
    fn from(error: LlmError) -> Self {
        Self::from_reason(Reason::Error(Box::new(error)))
    }
}

/// The type of a value.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `a, b or c`.
pub(crate) fn names_of(names: &[&str], last: &str) -> String {
    match names.split_last() {
        Some((name, [])) => (*name).to_owned(),
        Some((name, others)) => format!("{} {last} {name}", others.join(", ")),
        None => String::new(),
    }
}

/// A scalar, if it is short: a word or a number, and nothing that could be a sentence.
pub(crate) fn shown(value: &Value) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+.".contains(letter);
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => (text.len() <= SHOWN_BYTES_MAX && text.chars().all(is_plain))
            .then(|| format!("\"{text}\"")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
