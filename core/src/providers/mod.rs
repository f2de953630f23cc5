//! A provider is a pure codec: a request becomes an HTTP request, frames become events. No I/O, no
//! clock, no queue. This file owns the trait and the table of names; each wire format is one file
//! with the same functions in the same order. Called by `stream`.

#[cfg(feature = "anthropic")]
mod anthropic;
#[cfg(feature = "cohere")]
mod cohere;
#[cfg(feature = "openai")]
mod openai;

pub(crate) mod completion;
#[cfg(all(test, feature = "openai", feature = "anthropic", feature = "cohere"))]
mod cost;
pub(crate) mod error_body;
pub(crate) mod event_writer;
pub(crate) mod keep_alive;
pub(crate) mod response_headers;

// What encoders share.
#[cfg(any(feature = "anthropic", feature = "cohere"))]
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
mod foreign_fields;
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
mod tool_schema;
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) mod unsupported;

// What decoders share.
#[allow(
    dead_code,
    unused_imports,
    unused_macros,
    unused_macro_rules,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) mod lenient_json;
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) mod token_counts;
#[allow(
    dead_code,
    unused_imports,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) mod tool_calls;

// Earlier names of modules.
pub(crate) use crate::json;
pub(crate) use completion as ending;
#[cfg(feature = "openai")]
#[allow(unused_imports, reason = "tests use it")]
pub(crate) use openai::vendors as compatible;
pub(crate) use response_headers as headers;

use std::fmt::{self, Debug};

use http::HeaderValue;

use crate::batch::EventBatch;
use crate::error::{ErrorKind, LlmError};
use crate::event::{FinishReason, Start, Usage};
use crate::framing::{Frame, Framing};
use crate::request::LlmRequest;
use crate::secret::Secret;
use completion::Seen;

/// Where a request goes.
#[derive(Debug)]
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) struct Target<'a> {
    /// The key, if there is one.
    pub(crate) key: Option<&'a Secret>,
    /// The caller's own header of this name, in place of a key; it is one that no Debug shows.
    pub(crate) authorization: Option<&'a HeaderValue>,
    /// The base URL is the provider's own, not one that the caller named.
    pub(crate) own_endpoint: bool,
    /// The host of the base URL.
    pub(crate) host: &'a str,
    /// The path of the base URL: a codec may choose a version of its API by it.
    pub(crate) base_path: &'a str,
    /// The query of the base URL, which may name a version of the API.
    pub(crate) query: &'a str,
    /// The answer comes in pieces.
    pub(crate) stream: bool,
    /// Leave out what the provider cannot do, and warn.
    pub(crate) lenient: bool,
}

/// What a codec makes of a request.
pub(crate) struct EncodedRequest {
    /// Appended to the base URL.
    pub(crate) path: String,
    /// Headers beside content-type; names in lower case.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub(crate) body: Vec<u8>,
    /// What was left out or renamed.
    pub(crate) warnings: Vec<String>,
    /// How a streamed answer to it is framed.
    pub(crate) framing: Framing,
}

impl fmt::Debug for EncodedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the headers, which hold the key, and the body, which holds the prompt.
        formatter
            .debug_struct("EncodedRequest")
            .field("path", &self.path)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// How far an answer has come, by the marks of its own protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    dead_code,
    reason = "a build of one wire format does not use all of it"
)]
pub(crate) enum Progress {
    /// Nothing of an answer yet.
    Empty,
    /// Begun.
    Open,
    /// The model said why it stopped; bookkeeping may still follow.
    Answered,
    /// The protocol's last mark: nothing that matters follows.
    Done,
}

/// How an answer ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finish {
    /// In our vocabulary.
    pub(crate) reason: Option<FinishReason>,
    /// In the provider's.
    pub(crate) reason_raw: Option<String>,
    /// As far as it is known.
    pub(crate) usage: Option<Usage>,
    /// Events of the stream that the codec does not know and passed over.
    pub(crate) unknown_events: u64,
    /// What the caller should know about a complete answer.
    pub(crate) warnings: Vec<String>,
}

/// A wire format.
pub(crate) trait Provider: Send + Sync + Debug {
    /// Its name in requests, errors and events.
    fn name(&self) -> &'static str;

    /// The base URL when nobody names another; empty: somebody must.
    fn base_url(&self) -> &'static str;

    /// Environment variables that may hold the key, best first.
    fn key_variables(&self) -> &'static [&'static str];

    /// Whether its own endpoint lets nobody in without a key.
    fn needs_key(&self) -> bool {
        true
    }

    /// The environment variable that may hold the base URL.
    fn base_url_variable(&self) -> &'static str;

    /// Encodes a request, or says which field this provider cannot do.
    fn request(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError>;

    /// A decoder for one answer to a request with this framing; `start` becomes the START event
    /// once id and model are known.
    fn decoder(&self, start: Start, framing: Framing) -> Box<dyn Decoder>;

    /// What an answer with an error status means. Kind, code, message and retryable; the caller
    /// adds what it knows itself (request id, Retry-After, attempts, phase).
    fn error(&self, status: u16, body: &[u8]) -> LlmError;
}

/// The state of one answer being read.
pub(crate) trait Decoder: Send + Debug {
    /// Reads one frame of a stream.
    fn frame(&mut self, frame: Frame<'_>, out: &mut EventBatch) -> Result<(), LlmError>;

    /// Reads an answer that came whole.
    fn whole(&mut self, body: &[u8], out: &mut EventBatch) -> Result<(), LlmError>;

    /// `ending` called the answer complete: hands over what was held back, such as tool calls.
    fn close(&mut self, out: &mut EventBatch);

    /// How far the answer has come.
    fn progress(&self) -> Progress;

    /// What `ending` judges by.
    fn seen(&self) -> Seen<'_>;

    /// How it ended, as far as was said.
    fn finish(&self) -> Finish;
}

/// Every codec of this build.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Provider> {
    let providers = PROVIDERS.iter().copied();
    #[cfg(feature = "openai")]
    let providers = {
        let compatible = openai::vendors::CODECS.iter();
        compatible
            .map(|codec| codec as &dyn Provider)
            .chain(providers)
    };
    providers
}

/// The codec of a provider's name.
pub(crate) fn by_name(name: &str) -> Result<&'static dyn Provider, LlmError> {
    let provider = all().find(|provider| provider.name() == name);
    provider.ok_or_else(|| {
        let names: Vec<_> = all().map(|provider| provider.name()).collect();
        let message = format!(
            "provider \"{name}\" is unknown; known are: {}",
            names.join(", ")
        );
        LlmError::new(ErrorKind::Config, message)
    })
}

/// The wire formats of one provider each; the many of OpenAI's format are in `compatible`.
static PROVIDERS: &[&dyn Provider] = &[
    #[cfg(feature = "anthropic")]
    &anthropic::Anthropic,
    #[cfg(feature = "cohere")]
    &cohere::Cohere,
];
