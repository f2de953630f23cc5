//! A provider is a pure codec: a request becomes an HTTP request, frames become events. No I/O, no
//! clock, no queue. This file owns the traits and the list of wire formats. Each wire is a folder
//! whose files and functions have the same names and meanings in every wire:
//!
//! - `encode` (`encode_request`), `messages` (`encode_messages`), `tools` (`encode_tools`,
//!   `encode_tool_choice`), `params` (all other fields): what is sent;
//! - `decode` (a `WireDecoder`), `wire` (the shapes of JSON), `tool_calls`, `parts`, `usage`
//!   (`parse_usage`, `parse_finish_reason`): what is received.
//!
//! What several wires need stands beside the folders, once.
#![cfg_attr(
    not(all(
        feature = "openai",
        feature = "openai_responses",
        feature = "anthropic",
        feature = "bedrock",
        feature = "cohere",
        feature = "gemini",
        feature = "ollama",
        feature = "script"
    )),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        unused_macro_rules,
        reason = "a build of one wire format does not use all that they share"
    )
)]

// The wire formats: each is a folder and a feature of the same name, and a line in `registry::all`.
#[cfg(feature = "anthropic")]
mod anthropic;
#[cfg(feature = "bedrock")]
mod bedrock;
#[cfg(feature = "cohere")]
mod cohere;
#[cfg(feature = "gemini")]
mod gemini;
#[cfg(feature = "ollama")]
mod ollama;
#[cfg(feature = "openai")]
mod openai;
#[cfg(feature = "openai_responses")]
mod openai_responses;
#[cfg(feature = "script")]
mod script;
#[cfg(test)]
mod test_support;

pub(crate) mod completion;
mod data_url;
pub(crate) mod decoder;
pub(crate) mod error_body;
mod errors;
mod event_writer;
mod failed_results;
mod foreign_fields;
pub(crate) mod known_fields;
mod lenient_json;
mod operation_lookup;
pub(crate) mod operations;
mod override_fields;
mod parts;
mod percent_encoding;
mod registry;
pub(crate) mod response_headers;
mod stream_pings;
#[cfg(test)]
mod tests;
mod text_shape;
mod token_counts;
mod tool_calls;
mod tool_schema;
mod turns;
mod unsupported;
mod wire_decoder;

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method};
use url::Url;

use crate::error::{config, LlmError};
use crate::event::{FinishReason, Start, Usage};
use crate::framing::Framing;
use crate::request::{Auth, CloudOptions, LlmRequest};
use crate::secret::Secret;
pub(crate) use decoder::{Decoder, FrameDecoder};
pub(crate) use event_writer::Content;
pub(crate) use foreign_fields::FIELDS as MESSAGE_FIELDS;
pub(crate) use operation_lookup::{by_operation, lacks_operation};
use operations::batch::{Batches, Step};
use operations::{CountTokens, Embeddings, Models, Rerank};
pub(crate) use registry::{
    all, apis, by_name, by_name_and_api, check_api, first_apis, nearest_name,
};

/// Where a request goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// What the call, the client and the environment say of clouds.
    pub(crate) cloud: &'a CloudOptions,
    /// The base URL is the provider's own, not one that the caller named.
    pub(crate) own_endpoint: bool,
    /// The host of the base URL.
    pub(crate) host: &'a str,
    /// The path of the base URL: a codec may choose a version of its API by it.
    pub(crate) base_path: &'a str,
    /// The query of the base URL, which may name a version of the API.
    pub(crate) query: &'a str,
    /// The response comes in pieces.
    pub(crate) stream: bool,
    /// Leave out what the provider cannot do, and warn.
    pub(crate) lenient: bool,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Credentials<'a> {
    /// The key, if there is one.
    pub(crate) key: Option<&'a Secret>,
    /// The caller's own header of this name, in place of a key; it is one that no Debug shows.
    pub(crate) authorization: Option<&'a HeaderValue>,
    /// How the key is sent.
    pub(crate) auth: Auth,
    pub(crate) cloud: &'a CloudOptions,
}

/// A request whose sender is not proved yet: what a signature covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unauthenticated<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// The time of the attempt.
    pub(crate) now: SystemTime,
}

/// What a codec makes of a request.
pub(crate) struct EncodedRequest {
    pub(crate) method: Method,
    /// Appended to the base URL.
    pub(crate) path: String,
    /// Headers beside content-type and those of `Provider::authenticate`; names in lower case.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub(crate) body: Vec<u8>,
    /// What was left out or renamed.
    pub(crate) warnings: Vec<String>,
    /// How a streamed response is framed.
    pub(crate) framing: Framing,
}

impl fmt::Debug for EncodedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the headers, which may hold secrets, and the body, which holds the prompt.
        formatter
            .debug_struct("EncodedRequest")
            .field("path", &self.path)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// How far a response has come, by the end marks of its own protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing of a response yet.
    Empty,
    /// Begun.
    Open,
    /// The model gave its reason for stopping; usage may still follow.
    Finished,
    /// The protocol's last mark: nothing that matters follows.
    Done,
}

/// How a response ended: what the receipt reports of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseSummary {
    /// In our vocabulary.
    pub(crate) reason: Option<FinishReason>,
    /// In the provider's.
    pub(crate) reason_raw: Option<String>,
    /// As far as it is known.
    pub(crate) usage: Option<Usage>,
    /// Events of the stream that the codec does not know and passed over.
    pub(crate) unknown_events: u64,
    /// What the caller should know about a complete response.
    pub(crate) warnings: Vec<String>,
}

/// What the receipt of an operation beside chat reports of one response.
#[derive(Debug, Clone, Default)]
pub(crate) struct OperationSummary {
    /// Positions among the inputs of the whole call that the provider cut.
    pub(crate) truncated: Vec<u64>,
    /// What to ask for the next page of a list with.
    pub(crate) next_page: Option<String>,
    /// How large its body was.
    pub(crate) body_bytes: usize,
    /// What a call about a batch is to do next.
    pub(crate) steps: Vec<Step>,
    /// The id of the batch that this response made.
    pub(crate) made: Option<String>,
}

/// A wire format.
pub(crate) trait Provider: Send + Sync + Debug {
    /// Its name in requests, errors and events.
    fn name(&self) -> &'static str;

    /// Which of the APIs of the provider with this name; a provider's first one is its default.
    fn api(&self) -> &'static str {
        "chat"
    }

    /// The one of its other APIs that a model of its own endpoint needs, where this one lacks it.
    fn api_of(&self, _model: &str) -> Option<&'static str> {
        None
    }

    /// Its wire format, by the name of the provider that defined it.
    fn wire(&self) -> &'static str {
        self.name()
    }

    /// The default base URL; empty where the caller has to name one.
    fn base_url(&self) -> &'static str;

    /// The provider's own base URL for a model; empty where the caller has to name one.
    ///
    /// # Errors
    /// `CONFIG` where it depends on an option that is missing, such as a region.
    fn base_url_of(
        &self,
        _model: &str,
        _cloud: &CloudOptions,
    ) -> Result<Cow<'static, str>, LlmError> {
        Ok(Cow::Borrowed(self.base_url()))
    }

    /// Environment variables that may hold the key, best first.
    fn key_variables(&self) -> &'static [&'static str];

    /// Whether its own endpoint requires a key.
    fn needs_key(&self) -> bool {
        true
    }

    /// The error where it requires a key and none is there.
    fn no_key(&self) -> LlmError {
        let variables = self.key_variables().join(" or ");
        config(format!("no key; set {variables} or api_key"))
    }

    /// The environment variable that may hold the base URL.
    fn base_url_variable(&self) -> &'static str;

    /// One that may hold it for all services of a cloud.
    fn general_base_url_variable(&self) -> Option<&'static str> {
        None
    }

    /// Whether keys of an AWS account may stand in place of a key, also those of its files.
    fn uses_aws_credentials(&self) -> bool {
        false
    }

    /// Whether these options name an account of a cloud, which stands in place of a key.
    fn names_account(&self, _cloud: &CloudOptions) -> bool {
        false
    }

    /// The header that carries a key.
    fn key_header(&self, key: &str) -> (&'static str, String) {
        bearer(key)
    }

    /// Whether the key goes out beside an Authorization of the caller's, which is for the server
    /// behind a gateway; elsewhere that stands in for the key.
    fn keeps_key_beside_authorization(&self) -> bool {
        false
    }

    /// The headers that prove who sends a request; names in lower case. Called before an attempt
    /// whenever `is_signed`, or the key, is new; else once.
    ///
    /// # Errors
    /// `CONFIG` where something is missing for that.
    fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        _request: &Unauthenticated<'_>,
    ) -> Result<Vec<(&'static str, String)>, LlmError> {
        let key = credentials.key.map(Secret::expose);
        let header = key.and_then(|key| match credentials.auth {
            Auth::Key => Some(self.key_header(key)),
            Auth::Bearer => Some(bearer(key)),
            Auth::None => None,
        });
        Ok(header.into_iter().collect())
    }

    /// Whether each attempt proves anew who sends it, such as by a signature with its time.
    fn is_signed(&self, _credentials: &Credentials<'_>) -> bool {
        false
    }

    /// Whether it has models that chat.
    fn has_chat(&self) -> bool {
        true
    }

    /// Encodes a request, or names the field that this provider cannot do.
    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError>;

    /// A decoder for one response to a request with this framing; `start` becomes the START event
    /// once id and model are known.
    fn decoder(&self, start: Start, framing: Framing) -> Box<dyn Decoder>;

    /// Its embeddings, if it has them.
    fn embeddings(&self) -> Option<&'static dyn Embeddings> {
        operations::embeddings::of(self.name(), self.api())
    }

    /// Its reranking, if it has that.
    fn rerank(&self) -> Option<&'static dyn Rerank> {
        operations::rerank::of(self.name())
    }

    /// Its list of models, if it has one.
    fn models(&self) -> Option<&'static dyn Models> {
        operations::models::of(self.name(), self.api())
    }

    /// Its batches, if it has them.
    fn batches(&self) -> Option<&'static dyn Batches> {
        operations::batch::of(self.name())
    }

    /// Its counting of tokens, if it has that.
    fn count_tokens(&self) -> Option<&'static dyn CountTokens> {
        operations::count_tokens::of(self.name())
    }

    /// What a response with an error status means. Kind, code, message and retryable; the caller
    /// adds the rest (request id, Retry-After, attempts, phase).
    fn error(&self, status: u16, body: &[u8]) -> LlmError;

    /// The same, where the provider says in a header which error it is.
    fn error_with_headers(&self, status: u16, _headers: &HeaderMap, body: &[u8]) -> LlmError {
        self.error(status, body)
    }
}

/// A key as OAuth sends its tokens (RFC 6750).
pub(crate) fn bearer(key: &str) -> (&'static str, String) {
    ("authorization", ["Bearer ", key].concat())
}
