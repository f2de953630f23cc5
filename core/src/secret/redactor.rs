//! Takes secrets out of everything that leaves the core: one redactor per call, over every text of
//! an error, of START, of RESULT, of the receipt and of the log. The model's text and the caller's
//! documents are data and are not touched.
//! Owns which fields those are; a new field does not compile until it is decided on. Every text is
//! cleaned first and cut afterwards, so that no cut goes through a secret.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::search::Secrets;
use super::{patterns, REDACTED};
use crate::error::{one_line, LlmError, DETAIL_BYTES_MAX, MESSAGE_BYTES_MAX, OUTSIDE_BYTES_MAX};
use crate::event::{Receipt, Start, Tried, Usage};

/// Longest code, id and finish reason of a provider that is passed on.
const NAME_BYTES_MAX: usize = 1024;
/// Longest value of a header that is passed on.
const HEADER_BYTES_MAX: usize = 1024;
/// A number with fewer digits is not searched.
const DIGITS_MIN: u64 = 10_000_000;

/// Has the secrets of a client and those of one call.
pub(crate) struct Redactor<'a> {
    client: &'a Secrets,
    call: Option<Arc<Secrets>>,
}

impl<'a> Redactor<'a> {
    pub(crate) fn new(client: &'a Secrets, call: Option<Arc<Secrets>>) -> Self {
        Self { client, call }
    }

    /// A text of any length without the secrets that are known; `None` where it has none. What only
    /// looks like one stays.
    pub(crate) fn clean_known(&self, text: &str) -> Option<String> {
        let mut cleaned: Option<String> = None;
        for secrets in std::iter::once(self.client).chain(self.call.as_deref()) {
            let text = cleaned.as_deref().unwrap_or(text);
            if let Some(clean) = secrets.clean(text) {
                cleaned = Some(clean);
            }
        }
        cleaned
    }

    /// One line for the log, without secrets.
    pub(crate) fn clean_line(&self, mut line: String) -> String {
        self.clean(&mut line, OUTSIDE_BYTES_MAX);
        one_line(&line, OUTSIDE_BYTES_MAX)
    }

    /// Cleans and cuts the texts of an error.
    pub(crate) fn clean_error(&self, error: &mut LlmError) {
        let LlmError {
            message,
            code,
            request_id,
            detail,
            kind: _,
            number: _,
            provider: _,
            status: _,
            retryable: _,
            retry_after_ms: _,
            attempts: _,
            phase: _,
            timer: _,
            maybe_executed: _,
            retry_budget_exhausted: _,
            is_lasting: _,
            tried,
            // Made of events that were cleaned.
            partial: _,
            partial_vectors: _,
        } = error;
        self.clean(message, MESSAGE_BYTES_MAX);
        self.clean_tried(tried);
        self.clean_optional(code, NAME_BYTES_MAX);
        self.clean_optional(request_id, NAME_BYTES_MAX);
        self.clean_optional(detail, DETAIL_BYTES_MAX);
    }

    /// Cleans the texts of START.
    pub(crate) fn clean_start(&self, start: &mut Start) {
        let Start {
            id,
            model,
            request_id,
            rate_limit,
            headers,
            warnings,
            provider: _,
            seed: _,
        } = start;
        self.clean_optional(id, OUTSIDE_BYTES_MAX);
        self.clean(model, OUTSIDE_BYTES_MAX);
        self.clean_optional(request_id, NAME_BYTES_MAX);
        self.clean_fields(rate_limit);
        for value in headers.values_mut() {
            if let Value::String(text) = value {
                self.clean(text, HEADER_BYTES_MAX);
            }
        }
        for warning in warnings {
            self.clean(warning, OUTSIDE_BYTES_MAX);
        }
    }

    /// Cleans what a provider says of itself or of a request: a list of models, a count of tokens.
    pub(crate) fn clean_result(&self, result: &mut Map<String, Value>) {
        self.clean_fields(result);
    }

    /// Cleans the texts of the receipt.
    pub(crate) fn clean_receipt(&self, receipt: &mut Receipt) {
        let Receipt {
            finish_reason_raw,
            usage,
            request_id,
            error,
            outcome: _,
            finish_reason: _,
            attempts: _,
            tried,
            timings: _,
            unknown_events: _,
            requests: _,
            dimensions: _,
            count: _,
            truncated: _,
            finished_ranges: _,
            failed_ranges: _,
            // Our own texts.
            warnings: _,
        } = receipt;
        self.clean_optional(finish_reason_raw, NAME_BYTES_MAX);
        self.clean_optional(request_id, NAME_BYTES_MAX);
        if let Some(Usage { raw, .. }) = usage {
            self.clean_fields(raw);
        }
        self.clean_tried(tried);
        if let Some(error) = error {
            self.clean_error(error);
        }
    }

    /// Cleans the names of models, which callers wrote.
    fn clean_tried(&self, tried: &mut [Tried]) {
        for attempt in tried {
            self.clean(&mut attempt.model, NAME_BYTES_MAX);
        }
    }

    /// Cleans a text in place, then cuts it. Where nothing is found, nothing is allocated.
    pub(crate) fn clean(&self, text: &mut String, bytes_max: usize) {
        cut(text, OUTSIDE_BYTES_MAX);
        for secrets in std::iter::once(self.client).chain(self.call.as_deref()) {
            if let Some(clean) = secrets.clean(text) {
                *text = clean;
            }
        }
        if let std::borrow::Cow::Owned(clean) = patterns::clean(text) {
            *text = clean;
        }
        cut(text, bytes_max);
    }

    fn clean_optional(&self, text: &mut Option<String>, bytes_max: usize) {
        if let Some(text) = text {
            self.clean(text, bytes_max);
        }
    }

    fn clean_fields(&self, fields: &mut Map<String, Value>) {
        fields
            .values_mut()
            .for_each(|value| self.clean_value(value));
        if fields.keys().any(|name| self.is_dirty(name)) {
            let cleaned = std::mem::take(fields).into_iter().map(|(mut name, value)| {
                self.clean(&mut name, OUTSIDE_BYTES_MAX);
                (name, value)
            });
            *fields = cleaned.collect();
        }
    }

    /// JSON of a provider. Its depth is bounded where it is parsed.
    fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.clean(text, OUTSIDE_BYTES_MAX),
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean_value(value)),
            Value::Object(fields) => self.clean_fields(fields),
            // A header of digits may have become a number.
            Value::Number(number) if number.as_u64().is_none_or(|n| n >= DIGITS_MIN) => {
                if self.is_dirty(&number.to_string()) {
                    *value = Value::from(REDACTED);
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn is_dirty(&self, text: &str) -> bool {
        let mut secrets = std::iter::once(self.client).chain(self.call.as_deref());
        secrets.any(|secrets| secrets.clean(text).is_some())
    }
}

/// Cuts at a character.
fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        let mut end = bytes_max;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
}
