//! What providers do beside chat, as pure codecs: embeddings, rerank, lists of models, counts of
//! tokens. Owns the traits and what a response becomes; which requests there are is `request`'s.
//! `of` in each operation finds the codec of a provider by its name: mostly a row of data.

mod address;
mod azure;
pub(crate) mod batch;
mod bedrock;
mod body;
mod cohere;
pub(crate) mod count_tokens;
pub(crate) mod embeddings;
mod facts;
mod google;
pub(crate) mod models;
mod ollama;
pub(crate) mod rerank;
#[cfg(test)]
mod tests;
mod time;
mod truncate;
pub(crate) mod vendors;

use std::fmt::Debug;
use std::ops::Range;

use http::HeaderMap;
use serde_json::{Map, Value};

use super::{EncodedRequest, Provider, Target};
use crate::error::LlmError;
use crate::event::Usage;
use crate::request::{EmbedRequest, LlmRequest, ModelsRequest, RerankRequest};

/// What a provider does, in the words of a request's `operation`.
pub(crate) fn names(provider: &dyn Provider) -> Vec<&'static str> {
    let operations = [
        ("chat", provider.has_chat()),
        ("embed", provider.embeddings().is_some()),
        ("rerank", provider.rerank().is_some()),
        ("models", provider.models().is_some()),
        ("count_tokens", provider.count_tokens().is_some()),
        ("batch", provider.batches().is_some()),
    ];
    let operations = operations.into_iter().filter(|(_, has_it)| *has_it);
    operations.map(|(name, _)| name).collect()
}

/// A response that came whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WholeResponse<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// What every response of an operation may say beside its results.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseFacts {
    /// The provider's id of the response.
    pub(crate) id: Option<String>,
    /// The model that responded.
    pub(crate) model: Option<String>,
    pub(crate) usage: Option<Usage>,
}

/// How much one HTTP request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmbedLimits {
    pub(crate) inputs_max: usize,
    /// Tokens over all inputs, where the provider has such a limit.
    pub(crate) tokens_max: Option<usize>,
}

impl EmbedLimits {
    /// A limit of inputs alone.
    fn inputs(inputs_max: usize) -> Self {
        Self {
            inputs_max,
            tokens_max: None,
        }
    }
}

/// Vectors of the inputs of one HTTP request, in the order of the inputs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Embedded {
    pub(crate) facts: ResponseFacts,
    /// One vector behind the other.
    pub(crate) values: Vec<f32>,
    /// Numbers in each vector.
    pub(crate) dimensions: usize,
    /// Positions among the inputs of this request that the provider cut, where it says so.
    pub(crate) truncated: Vec<usize>,
}

/// The embeddings of a provider.
pub(crate) trait Embeddings: Sync + Debug {
    fn limits(&self, request: &EmbedRequest) -> EmbedLimits;

    /// Encodes these inputs of a request, or names the field that this provider cannot do.
    fn encode(
        &self,
        request: &EmbedRequest,
        inputs: Range<usize>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError>;

    /// Decodes the response to so many inputs; exactly so many vectors of one length come out.
    fn decode(
        &self,
        request: &EmbedRequest,
        inputs: usize,
        response: WholeResponse<'_>,
    ) -> Result<Embedded, LlmError>;
}

/// A document and how well it answers the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranked {
    /// Position among the documents of the request.
    pub(crate) index: usize,
    /// The provider's own measure; not a number where it sent none.
    pub(crate) score: f64,
}

/// Documents, best first; of equal scores the lower index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reranked {
    pub(crate) facts: ResponseFacts,
    pub(crate) results: Vec<Ranked>,
}

/// The reranking of a provider.
pub(crate) trait Rerank: Sync + Debug {
    fn encode(
        &self,
        request: &RerankRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError>;

    fn decode(
        &self,
        request: &RerankRequest,
        response: WholeResponse<'_>,
    ) -> Result<Reranked, LlmError>;
}

/// One page of a list of models.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelsPage {
    /// Objects with `id` and, as far as the provider says: `name`, `created` (Unix seconds),
    /// `owner`, `input_tokens_max`, `output_tokens_max`, `capabilities`, `deprecated`,
    /// `retires_at`, and `raw`, the provider's own object.
    pub(crate) models: Vec<Map<String, Value>>,
    /// What to ask for the next page with; `None` on the last one.
    pub(crate) next: Option<String>,
}

/// The list of models of a provider.
pub(crate) trait Models: Sync + Debug {
    /// The host of the list, where it is another one than that of the other requests.
    fn host_of(&self, _host: &str) -> Option<String> {
        None
    }

    /// Encodes the request for a page; `None` is the first.
    fn encode(
        &self,
        request: &ModelsRequest,
        page: Option<&str>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError>;

    fn decode(&self, response: WholeResponse<'_>) -> Result<ModelsPage, LlmError>;
}

/// How many tokens a request has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TokenCount {
    pub(crate) input_tokens: u64,
    /// What else the provider says: `cached_input_tokens`, `token_ids`, `details` by modality,
    /// `billable_characters`.
    pub(crate) more: Map<String, Value>,
}

/// The counting of tokens of a provider.
pub(crate) trait CountTokens: Sync + Debug {
    fn encode(&self, request: &LlmRequest, target: &Target<'_>)
        -> Result<EncodedRequest, LlmError>;

    fn decode(&self, response: WholeResponse<'_>) -> Result<TokenCount, LlmError>;
}
