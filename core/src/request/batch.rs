//! A request about a batch of requests that a provider answers within a day. Owns its fields and
//! the rows; depends on no wire. A row has no options of a call: those of the batch hold for all.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value};

use super::call::CallOptions;
use super::refused_rows::{in_row, RefusedRows};
use super::{EmbedRequest, LlmRequest, Operation};
use crate::declare::entry::Kind;
use crate::declare::{declare_names, declare_options};
use crate::error::{invalid_request, LlmError};
use crate::parse::{one_of, type_name, Fields, FromJson, Mismatch};

declare_names! {
    /// What is to be done with a batch.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
    #[non_exhaustive]
    pub enum BatchAction {
        /// Send the rows of `requests`; the result has the handle in `batch`.
        #[default]
        Submit => "submit",
        /// How far a batch is.
        Status => "status",
        /// The rows that have been answered, one RESULT each.
        Results => "results",
        /// Stop it; what has been answered stays.
        Cancel => "cancel",
        /// The batches of the account.
        List => "list",
    }
}

declare_options! {
    /// One request about a batch. Its Debug shows no row and no secret.
    #[derive(Clone)]
    pub struct BatchRequest {
        /// What is to be done: `submit`, `status`, `results`, `cancel` or `list`.
        pub action: BatchAction as Text,
        /// The rows of `submit`: objects with an `id` of your own and a `request`, which is one for
        /// a chat, or with `operation` `embed` one for embeddings.
        pub requests: Vec<BatchRow> as ListOfObjects,
        /// The handle that `submit` returned, as text; it may name a base URL, to which the key is
        /// sent, so take it from nobody whom you would not let name one.
        pub batch: Option<String> as Text,
        /// Labels for the provider's own records, beside the mark `liter_batch`.
        pub metadata: Option<Map<String, Value>> as Object,
        /// How many seconds the provider keeps the files of the batch, where it can be told.
        pub expires_after_s: Option<u64> as Integer,
        /// How many batches `list` returns at most; by default all.
        pub limit: Option<u64> as Count,
        /// Who answers, with which key, where, and how long that may take.
        pub call: CallOptions as Group,
        /// Fields for the provider's request that makes the batch, or for the query of the others.
        pub extra: Map<String, Value>,
    }
}

/// One request of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchRow {
    /// The caller's own name of it, by which its result is found.
    pub id: String,
    /// What is asked.
    pub request: RowRequest,
}

/// What a row asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RowRequest {
    /// A conversation.
    Chat(Box<LlmRequest>),
    /// Texts that become vectors.
    Embed(Box<EmbedRequest>),
}

impl BatchRequest {
    /// Fields that every request about a batch needs.
    pub(crate) const REQUIRED: [&'static str; 1] = ["action"];

    /// A batch of these rows.
    #[must_use]
    pub fn submit(requests: Vec<BatchRow>) -> Self {
        Self {
            requests,
            ..Self::default()
        }
    }

    /// A request about a batch that was submitted.
    #[must_use]
    pub fn of(action: BatchAction, batch: impl Into<String>) -> Self {
        Self {
            action,
            batch: Some(batch.into()),
            ..Self::default()
        }
    }

    /// Checks what every provider requires, before any I/O.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        let action = self.action.name();
        let has_batch = self.batch.as_ref().is_some_and(|batch| !batch.is_empty());
        match self.action {
            BatchAction::Submit => self.check_rows(),
            BatchAction::List if self.limit == Some(0) => {
                Err(invalid_request("limit: must be at least 1, got 0"))
            }
            BatchAction::List => Ok(()),
            _ if has_batch => Ok(()),
            _ => {
                let message = format!("batch is missing; {action} needs the handle of submit");
                Err(invalid_request(message))
            }
        }
    }

    fn check_rows(&self) -> Result<(), LlmError> {
        if self.requests.is_empty() {
            let message = "requests is missing or empty; give at least one row";
            return Err(invalid_request(message));
        }
        let mut refused = RefusedRows::default();
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(self.requests.len());
        for (index, row) in self.requests.iter().enumerate() {
            if row.id.is_empty() {
                return Err(invalid_request(format!("requests[{index}].id is empty")));
            }
            if let Some(before) = seen.insert(&row.id, index) {
                let message = format!("requests[{index}].id is that of requests[{before}] too");
                return Err(invalid_request(message));
            }
            if let Err(error) = row.check() {
                refused.add(index, error);
            }
        }
        refused.into_result()?;
        self.check_operations()
    }

    /// A file has one endpoint.
    fn check_operations(&self) -> Result<(), LlmError> {
        let first = self.requests.first().map(BatchRow::operation);
        let mut rows = self.requests.iter();
        match rows.position(|row| Some(row.operation()) != first) {
            None => Ok(()),
            Some(index) => Err(invalid_request(format!(
                "requests[{index}].request is for another operation than requests[0]; \
                 a batch has one"
            ))),
        }
    }
}

impl BatchRow {
    /// A conversation under an id.
    pub fn chat(id: impl Into<String>, request: LlmRequest) -> Self {
        Self {
            id: id.into(),
            request: RowRequest::Chat(Box::new(request)),
        }
    }

    /// Texts that become vectors, under an id.
    pub fn embed(id: impl Into<String>, request: EmbedRequest) -> Self {
        Self {
            id: id.into(),
            request: RowRequest::Embed(Box::new(request)),
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match self.request {
            RowRequest::Chat(_) => Operation::Chat,
            RowRequest::Embed(_) => Operation::Embed,
        }
    }

    pub(crate) fn model(&self) -> &str {
        match &self.request {
            RowRequest::Chat(request) => &request.model,
            RowRequest::Embed(request) => &request.model,
        }
    }

    pub(crate) fn set_model(&mut self, model: String) {
        match &mut self.request {
            RowRequest::Chat(request) => request.model = model,
            RowRequest::Embed(request) => request.model = model,
        }
    }

    fn check(&self) -> Result<(), LlmError> {
        match &self.request {
            RowRequest::Chat(request) => request.check(),
            RowRequest::Embed(request) if request.input.is_empty() => {
                Err(invalid_request("input is empty"))
            }
            RowRequest::Embed(request) => request.check(),
        }
    }
}

impl FromJson for BatchAction {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}

impl FromJson for Vec<BatchRow> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        let Value::Array(list) = value else {
            return Err(Mismatch::expected("a list of rows", &value));
        };
        let mut rows = Vec::with_capacity(list.len());
        let mut refused = RefusedRows::default();
        for (index, value) in list.into_iter().enumerate() {
            match row(index, value) {
                Ok(row) => rows.push(row),
                Err(mismatch) => refused.add_placed(index, mismatch.into_error("requests")),
            }
        }
        refused.into_result().map_err(Mismatch::placed)?;
        Ok(rows)
    }
}

fn row(index: usize, value: Value) -> Result<BatchRow, Mismatch> {
    let at = |mismatch: Mismatch| mismatch.below_index(index);
    let Value::Object(mut fields) = value else {
        return Err(at(Mismatch::expected("an object", &value)));
    };
    let id = match fields.shift_remove("id") {
        Some(Value::String(id)) => id,
        None => return Err(at(Mismatch::missing("id"))),
        Some(other) => return Err(at(Mismatch::expected("text", &other).below_field("id"))),
    };
    let mut request = match fields.shift_remove("request") {
        Some(Value::Object(request)) => request,
        None => return Err(at(Mismatch::missing("request"))),
        Some(other) => {
            let found = Mismatch::expected("an object", &other);
            return Err(at(found.below_field("request")));
        }
    };
    if let Some(name) = fields.keys().next() {
        let message = "a row has an id and a request, and nothing else";
        return Err(at(Mismatch::other(message).below_field(name)));
    }
    request.retain(|_, value| !value.is_null());
    let request =
        row_request(request.into()).map_err(|error| Mismatch::placed(in_row(index, error)))?;
    Ok(BatchRow { id, request })
}

fn row_request(mut fields: Fields) -> Result<RowRequest, LlmError> {
    let is_option = |(name, value): &(&str, &Value)| {
        let is_body = *name == "provider" && value.is_object();
        CallOptions::has(name) && !is_body
    };
    if let Some((name, _)) = fields.iter().find(is_option) {
        let message = format!("{name} is an option of the call; set it beside action");
        return Err(invalid_request(message));
    }
    let operation = fields.remove("operation");
    match operation.as_ref().map(Value::as_str) {
        None | Some(Some("chat")) => {
            let mut request = LlmRequest::take(&mut fields)?;
            request.extra = fields.into();
            Ok(RowRequest::Chat(Box::new(request)))
        }
        Some(Some("embed")) => {
            let mut request = EmbedRequest::take(&mut fields)?;
            request.extra = fields.into();
            Ok(RowRequest::Embed(Box::new(request)))
        }
        Some(Some(_)) => Err(invalid_request(
            "operation: expected chat or embed, which are what a batch can do",
        )),
        Some(None) => {
            let found = operation.as_ref().map_or("null", type_name);
            let message = format!("operation: expected text, got {found}");
            Err(invalid_request(message))
        }
    }
}

impl fmt::Debug for BatchRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BatchRequest")
            .field("call", &self.call)
            .field("action", &self.action)
            .field("requests", &self.requests.len())
            .finish_non_exhaustive()
    }
}
