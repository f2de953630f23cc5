//! A request to rank documents by how well they answer a query. Owns its fields; depends on no
//! wire.

use std::fmt;

use serde_json::{Map, Value};

use super::call::CallOptions;
use super::embed::check_truncate;
use crate::declare::declare_options;
use crate::declare::entry::Kind;
use crate::error::{invalid_request, LlmError};
use crate::parse::{FromJson, Mismatch};

declare_options! {
    /// One request to rank documents. Only what the caller set is sent. Its Debug shows no document
    /// and no secret.
    #[derive(Clone)]
    pub struct RerankRequest {
        /// The model; `provider/model` where no provider is named otherwise.
        pub model: String as Text,
        /// What the documents should answer.
        pub query: String as Text,
        /// The documents: texts, or objects.
        pub documents: Vec<RerankDocument> as Any,
        /// How many results to return; by default all.
        pub top_n: Option<u64> as Integer,
        /// Tokens of each document that are read.
        pub max_tokens_per_doc: Option<u64> as Integer,
        /// What happens to a document that is too long: `none` (an error), `start` or `end` (which
        /// of its ends is cut off).
        pub truncate: Option<String> as Text,
        /// Who answers, with which key, where, and how long that may take.
        pub call: CallOptions as Group,
        /// Fields for the provider's body that win over everything else; null takes a field out.
        pub extra_body: Map<String, Value> as Object,
        /// Fields that this library does not know; they go to the provider's body as they are.
        pub extra: Map<String, Value>,
    }
}

/// One document.
#[derive(Debug, Clone, PartialEq)]
pub enum RerankDocument {
    /// A text.
    Text(String),
    /// Fields; `text` alone is the same as a text.
    Fields(Map<String, Value>),
}

impl RerankRequest {
    /// Fields that every request to rank documents needs.
    pub(crate) const REQUIRED: [&'static str; 3] = ["model", "query", "documents"];

    /// Checks what every provider requires, before any I/O. No document at all has no results.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        if self.model.is_empty() {
            let message = "model is missing; name one, such as \"rerank-v3.5\"";
            return Err(invalid_request(message));
        }
        if self.query.is_empty() {
            return Err(invalid_request("query is missing or empty"));
        }
        if self.top_n == Some(0) {
            return Err(invalid_request("top_n: must be at least 1, got 0"));
        }
        check_truncate(self.truncate.as_deref())?;
        Ok(())
    }
}

impl fmt::Debug for RerankRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RerankRequest")
            .field("call", &self.call)
            .field("model", &self.model)
            .field("documents", &self.documents.len())
            .finish_non_exhaustive()
    }
}

impl FromJson for Vec<RerankDocument> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        let Value::Array(list) = value else {
            return Err(Mismatch::expected("a list of texts or objects", &value));
        };
        let documents = list.into_iter().enumerate();
        let documents = documents.map(|(index, document)| match document {
            Value::String(text) => Ok(RerankDocument::Text(text)),
            Value::Object(fields) => Ok(RerankDocument::Fields(fields)),
            other => Err(Mismatch::expected("text or an object", &other).below_index(index)),
        });
        documents.collect()
    }
}
