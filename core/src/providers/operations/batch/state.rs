//! The state of a batch in one vocabulary for all providers. Owns the names of its fields; what a
//! provider calls them is its form's.

use serde_json::{Map, Value};

use crate::error::{ErrorKind, LlmError};
use crate::providers::operations::time;
use crate::providers::token_counts::parse_count;

/// A batch as it is reported.
#[derive(Debug, Default)]
pub(super) struct State(Map<String, Value>);

/// The order of counts.
const COUNTS: [&str; 6] = [
    "total",
    "pending",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
];

impl State {
    pub(super) fn new(id: &str, provider: &str, state: &str, state_raw: Value) -> Self {
        let mut fields = Map::new();
        fields.insert("id".to_owned(), id.into());
        fields.insert("provider".to_owned(), provider.into());
        fields.insert("state".to_owned(), state.into());
        fields.insert("state_raw".to_owned(), state_raw);
        Self(fields)
    }

    pub(super) fn is(&self, state: &str) -> bool {
        self.0.get("state").and_then(Value::as_str) == Some(state)
    }

    /// Counts as far as they are told, in the order of `COUNTS`.
    pub(super) fn counts(mut self, counts: [Option<u64>; 6]) -> Self {
        let told = COUNTS.iter().zip(counts);
        let told = told.filter_map(|(name, count)| Some(((*name).to_owned(), count?.into())));
        let told: Map<_, _> = told.collect();
        if !told.is_empty() {
            self.0.insert("counts".to_owned(), told.into());
        }
        self
    }

    /// A moment: the first of these fields that has one.
    pub(super) fn moment(mut self, name: &str, raw: &Map<String, Value>, names: &[&str]) -> Self {
        let mut moments = names.iter().filter_map(|name| time::of(raw.get(*name)?));
        if let Some(moment) = moments.find(|moment| *moment != 0) {
            self.0.insert(name.to_owned(), moment.into());
        }
        self
    }

    pub(super) fn put(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        let value = value.map(Into::into).filter(|value| !value.is_null());
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    pub(super) fn error(self, error: Option<&LlmError>) -> Self {
        let error = error.and_then(|error| serde_json::to_value(error).ok());
        self.put("error", error)
    }

    /// With the provider's own object.
    pub(super) fn raw(self, raw: Map<String, Value>) -> Map<String, Value> {
        self.put("raw", Some(raw)).0
    }
}

/// A count of a batch.
pub(super) fn count(fields: Option<&Map<String, Value>>, name: &str) -> Option<u64> {
    parse_count(fields?.get(name))
}

/// The error of a batch that failed before it ran: what is wrong with its file.
pub(super) fn failed(provider: &'static str, errors: Option<&Value>, fallback: &str) -> LlmError {
    let list = match errors {
        Some(Value::Array(list)) => list.as_slice(),
        Some(Value::Object(errors)) => match errors.get("data") {
            Some(Value::Array(list)) => list.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    let texts = list.iter().filter_map(|one| {
        let message = one.get("message")?.as_str()?;
        Some(match one.get("line").and_then(Value::as_u64) {
            Some(line) => format!("line {line}: {message}"),
            None => message.to_owned(),
        })
    });
    let texts: Vec<_> = texts.take(5).collect();
    let message = match texts.is_empty() {
        true => fallback.to_owned(),
        false => texts.join("; "),
    };
    let message = format!("{provider}: the batch failed: {message}");
    let mut error = LlmError::from_outside(ErrorKind::InvalidRequest, &message);
    error.provider = Some(provider);
    let code = list.first().and_then(|one| one.get("code")?.as_str());
    error.code = code.map(str::to_owned);
    error
}

/// The error of results that are not there yet.
pub(super) fn not_ended(provider: &'static str, state: &Map<String, Value>) -> LlmError {
    let state = state.get("state").and_then(Value::as_str);
    let state = state.unwrap_or("not ended");
    let message =
        format!("{provider}: the batch is {state}; its results are there once it has ended");
    let mut error = LlmError::new(ErrorKind::InvalidRequest, message);
    error.provider = Some(provider);
    error
}
