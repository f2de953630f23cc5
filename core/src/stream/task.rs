//! What one HTTP request of a call is for: a chat, or an operation, or a part of one. Owns what the
//! request is encoded from, and what its response is decoded with.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{json, Map, Value};
use url::Url;

use super::split;
use crate::error::LlmError;
use crate::providers::{self, EncodedRequest, Provider, Target};
use crate::request::{
    CallOptions, EmbedRequest, LlmRequest, ModelsRequest, Operation, RerankRequest,
};

/// What is to be sent.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    Chat(Box<LlmRequest>),
    /// The provider is named in the request, whose model has no prefix.
    Embed(EmbedPiece),
    Rerank(Box<RerankRequest>),
    Models(ModelsPiece),
    CountTokens(Box<LlmRequest>),
}

/// Some inputs of a request for embeddings.
#[derive(Debug, Clone)]
pub(crate) struct EmbedPiece {
    pub(crate) request: Arc<EmbedRequest>,
    /// All that are left; once encoded, those of one HTTP request.
    pub(crate) inputs: Range<usize>,
}

/// One page of a list of models.
#[derive(Debug, Clone)]
pub(crate) struct ModelsPiece {
    pub(crate) request: Arc<ModelsRequest>,
    /// `None` is the first.
    pub(crate) page: Option<String>,
}

/// How a response is decoded.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    Chat,
    Embed(EmbedPiece),
    Rerank(Arc<RerankRequest>),
    Models,
    CountTokens,
}

impl Task {
    pub(crate) const fn operation(&self) -> Operation {
        match self {
            Self::Chat(_) => Operation::Chat,
            Self::Embed(_) => Operation::Embed,
            Self::Rerank(_) => Operation::Rerank,
            Self::Models(_) => Operation::Models,
            Self::CountTokens(_) => Operation::CountTokens,
        }
    }

    pub(crate) fn call(&self) -> &CallOptions {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &request.call,
            Self::Embed(piece) => &piece.request.call,
            Self::Rerank(request) => &request.call,
            Self::Models(piece) => &piece.request.call,
        }
    }

    pub(crate) fn check(&self) -> Result<(), LlmError> {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => request.check(),
            Self::Embed(piece) => piece.request.check(),
            Self::Rerank(request) => request.check(),
            Self::Models(_) => Ok(()),
        }
    }

    /// The model; empty where there is none.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &request.model,
            Self::Embed(piece) => &piece.request.model,
            Self::Rerank(request) => &request.model,
            Self::Models(_) => "",
        }
    }

    /// The prefix of the model named its provider.
    pub(crate) fn set_model(&mut self, model: String) {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => request.model = model,
            Self::Rerank(request) => request.model = model,
            Self::Embed(_) | Self::Models(_) => {}
        }
    }

    /// The host of the operation, where the provider has another one for it than for chat.
    pub(crate) fn host_of(&self, provider: &dyn Provider, base_url: &Url) -> Option<String> {
        match self {
            Self::Models(_) => provider.models()?.host_of(base_url.host_str()?),
            _ => None,
        }
    }

    /// Whether the response comes in pieces.
    pub(crate) fn is_streamed(&self) -> bool {
        match self {
            Self::Chat(request) => request.stream.unwrap_or(true),
            _ => false,
        }
    }

    /// What comes out without a provider.
    pub(crate) fn known_result(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Rerank(request) if request.documents.is_empty() && request.check().is_ok() => {
                Some(Map::from_iter([("results".to_owned(), json!([]))]))
            }
            _ => None,
        }
    }

    pub(crate) fn encode(
        &mut self,
        provider: &'static dyn Provider,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        match self {
            Self::Chat(request) => provider.request(request, target),
            Self::Embed(piece) => {
                let codec = operations_of(provider.embeddings(), Operation::Embed, provider)?;
                let limits = codec.limits(&piece.request);
                piece.inputs.end =
                    split::end_of_piece(&piece.request, piece.inputs.clone(), limits);
                codec.encode(&piece.request, piece.inputs.clone(), target)
            }
            Self::Rerank(request) => {
                let codec = operations_of(provider.rerank(), Operation::Rerank, provider)?;
                codec.encode(request, target)
            }
            Self::Models(piece) => {
                let codec = operations_of(provider.models(), Operation::Models, provider)?;
                codec.encode(&piece.request, piece.page.as_deref(), target)
            }
            Self::CountTokens(request) => {
                let codec = provider.count_tokens();
                let codec = operations_of(codec, Operation::CountTokens, provider)?;
                codec.encode(request, target)
            }
        }
    }

    /// It is encoded: what may be large is kept for the response or let go.
    pub(crate) fn take_reading(&mut self) -> Reading {
        match self {
            Self::Chat(request) => {
                release(request);
                Reading::Chat
            }
            Self::CountTokens(request) => {
                release(request);
                Reading::CountTokens
            }
            Self::Embed(piece) => Reading::Embed(piece.clone()),
            Self::Rerank(request) => {
                let call = request.call.clone();
                let empty = RerankRequest {
                    call,
                    ..RerankRequest::default()
                };
                Reading::Rerank(Arc::new(std::mem::replace(&mut **request, empty)))
            }
            Self::Models(_) => Reading::Models,
        }
    }
}

/// Encoded now; the call may last for minutes and needs none of it again.
fn release(request: &mut LlmRequest) {
    request.model = String::new();
    request.messages = Vec::new();
    request.tools = Vec::new();
    request.extra.clear();
    request.extra_body.clear();
}

/// The codec of an operation, or the error that the provider has none.
fn operations_of<T>(
    codec: Option<T>,
    operation: Operation,
    provider: &'static dyn Provider,
) -> Result<T, LlmError> {
    codec.ok_or_else(|| providers::lacks_operation(provider.name(), operation))
}
