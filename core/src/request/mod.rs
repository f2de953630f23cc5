//! A request: the shape of OpenAI's chat completions, for every provider. Owns the fields of a
//! request; depends on no wire and sends nothing. Unknown fields are kept in `extra` and reach the
//! provider as they are.

mod api_key;
mod batch;
mod call;
pub(crate) mod cloud;
mod embed;
mod fallback;
mod limits;
mod message;
mod models;
mod operation;
mod refused_rows;
mod rerank;
mod script;
mod shapes;
mod stats;

use std::fmt;

use serde_json::{Map, Value};

use crate::declare::declare_options;
use crate::error::{invalid_request, LlmError};
pub use api_key::{ApiKey, CallKeys, KeyFuture, KeyMaterial, KeyReason, KeyRequest, KeySource};
pub use batch::{BatchAction, BatchRequest, BatchRow, RowRequest};
pub use call::{Auth, CallOptions};
pub use cloud::CloudOptions;
pub use embed::{EmbedInput, EmbedRequest};
pub(crate) use fallback::{within, Origin};
pub use fallback::{Fallback, Fallbacks};
pub use limits::CallLimits;
pub(crate) use limits::WHOLE_RESPONSE_TIMEOUT_MS;
pub use message::{
    Content, ContentPart, Function, FunctionCall, Message, MessageToolCall, Role, Tool,
};
pub use models::ModelsRequest;
pub use operation::{AnyRequest, Operation};
pub(crate) use refused_rows::{in_row, RefusedRows};
pub use rerank::{RerankDocument, RerankRequest};
pub use script::ScriptRequest;
pub use stats::StatsRequest;

declare_options! {
    /// One request. Only what the caller set is sent. Its Debug shows no prompt and no secret.
    #[derive(Clone)]
    pub struct LlmRequest {
        /// The model; `provider/model` where no provider is named otherwise.
        pub model: String as Text,
        /// The conversation, at least one message.
        pub messages: Vec<Message> as ListOfObjects,
        /// Maximum number of tokens in the response; `max_completion_tokens` is the same, and wins.
        pub max_tokens: Option<u64> as Integer,
        /// Sampling temperature.
        pub temperature: Option<f64> as Number,
        /// Nucleus sampling.
        pub top_p: Option<f64> as Number,
        /// Texts at which the response stops; one text counts as a list of one.
        pub stop: Vec<String> as ListOfText,
        /// Seed of sampling, a signed or unsigned 64-bit integer.
        pub seed: Option<i128> as Integer,
        /// Tools that the model may call.
        pub tools: Vec<Tool> as ListOfObjects,
        /// Which tool the model calls: `auto`, `none`, `required`, or an object that names one.
        pub tool_choice: Option<Value> as Any,
        /// The shape of the response, such as a JSON schema.
        pub response_format: Option<Value> as Any,
        /// How hard to think: `low`, `medium`, `high`, or the provider's own value.
        pub reasoning_effort: Option<String> as Text,
        /// Whether the response is streamed; by default true, except where a function returns it
        /// whole.
        pub stream: Option<bool> as Boolean,
        /// The end user on whose behalf the request is sent.
        pub user: Option<String> as Text,
        /// Labels for the provider's own records.
        pub metadata: Option<Map<String, Value>> as Object,

        /// Who answers, with which key, where, and how long that may take.
        pub call: CallOptions as Group,
        /// Fields for the provider's body that win over everything else; null takes a field out.
        pub extra_body: Map<String, Value> as Object,
        /// Fields that this library does not know; they go to the provider's body as they are.
        pub extra: Map<String, Value>,
    }
}

/// Fields that every request needs.
pub(crate) const REQUIRED: [&str; 2] = ["model", "messages"];

impl LlmRequest {
    /// A request of one model and its messages.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            messages,
            ..Self::default()
        }
    }

    /// Checks what every provider requires, before any I/O.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        if self.model.is_empty() {
            let message = "model is missing; name one, such as \"gpt-4o-mini\"";
            return Err(invalid_request(message));
        }
        if self.messages.is_empty() {
            let message = "messages is missing or empty; give at least one message";
            return Err(invalid_request(message));
        }
        Ok(())
    }
}

impl fmt::Debug for LlmRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LlmRequest")
            .field("call", &self.call)
            .field("model", &self.model)
            .field("messages", &self.messages.len())
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
