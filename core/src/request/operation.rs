//! What a request may be for: a chat, or one of the operations beside it. Owns the names; each
//! operation's fields are with its request.

use super::call::CallOptions;
use super::{
    BatchRequest, EmbedRequest, LlmRequest, ModelsRequest, RerankRequest, ScriptRequest,
    StatsRequest,
};
use crate::declare::declare_names;

declare_names! {
    /// What a request is for, as its field `operation` says.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
    #[non_exhaustive]
    pub enum Operation {
        /// A conversation, whose next message the model writes; a request without `operation` is
        /// one.
        #[default]
        Chat => "chat",
        /// A vector for each input.
        Embed => "embed",
        /// Documents in the order of how well they answer a query.
        Rerank => "rerank",
        /// The models that a provider has.
        Models => "models",
        /// How many tokens a conversation has, counted by the provider; the request is that of a
        /// chat.
        CountTokens => "count_tokens",
        /// What the client has done so far, and does now; asks no provider.
        Stats => "stats",
        /// Requests that the provider answers within a day at a lower price; `action` says what is
        /// to be done.
        Batch => "batch",
        /// What provider `script` of the client was asked so far, and what it is to answer next;
        /// asks no provider.
        Script => "script",
    }
}

impl Operation {
    /// Every operation.
    pub(crate) const ALL: [Self; 8] = [
        Self::Chat,
        Self::Embed,
        Self::Rerank,
        Self::Models,
        Self::CountTokens,
        Self::Stats,
        Self::Batch,
        Self::Script,
    ];
}

/// A request for any operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyRequest {
    /// A conversation.
    Chat(LlmRequest),
    /// Texts that become vectors.
    Embed(EmbedRequest),
    /// Documents to rank.
    Rerank(RerankRequest),
    /// A list of models.
    Models(ModelsRequest),
    /// A conversation whose tokens are counted.
    CountTokens(LlmRequest),
    /// The client's own counters.
    Stats(StatsRequest),
    /// A batch of requests.
    Batch(BatchRequest),
    /// The client's script.
    Script(ScriptRequest),
}

impl AnyRequest {
    /// What the request is for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Chat(_) => Operation::Chat,
            Self::Embed(_) => Operation::Embed,
            Self::Rerank(_) => Operation::Rerank,
            Self::Models(_) => Operation::Models,
            Self::CountTokens(_) => Operation::CountTokens,
            Self::Stats(_) => Operation::Stats,
            Self::Batch(_) => Operation::Batch,
            Self::Script(_) => Operation::Script,
        }
    }

    /// The options of the call.
    #[must_use]
    pub const fn call(&self) -> &CallOptions {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &request.call,
            Self::Embed(request) => &request.call,
            Self::Rerank(request) => &request.call,
            Self::Models(request) => &request.call,
            Self::Stats(request) => &request.call,
            Self::Batch(request) => &request.call,
            Self::Script(request) => &request.call,
        }
    }

    /// The options of the call, to be set.
    pub const fn call_mut(&mut self) -> &mut CallOptions {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &mut request.call,
            Self::Embed(request) => &mut request.call,
            Self::Rerank(request) => &mut request.call,
            Self::Models(request) => &mut request.call,
            Self::Stats(request) => &mut request.call,
            Self::Batch(request) => &mut request.call,
            Self::Script(request) => &mut request.call,
        }
    }
}
