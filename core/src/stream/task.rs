//! What one HTTP request of a call is for: a chat, or an operation, or a part of one. Owns what the
//! request is encoded from, and what its response is decoded with.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{json, Map, Value};
use url::Url;

use super::split;
use crate::error::{ErrorKind, LlmError};
use crate::providers::operations::batch::{Asked, Step};
use crate::providers::{self, EncodedRequest, Provider, Target};
use crate::request::{
    BatchRequest, CallOptions, EmbedRequest, LlmRequest, ModelsRequest, Operation, RerankRequest,
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
    Batch(BatchPiece),
    /// A chat, or a count of its tokens, that is encoded. The call may last for minutes, and needs
    /// nothing else of its request again.
    Sent(Box<Sent>),
}

/// What is kept of a request that is encoded.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    call: CallOptions,
    operation: Operation,
    is_streamed: bool,
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

/// One step of a call about a batch.
#[derive(Debug, Clone)]
pub(crate) struct BatchPiece {
    pub(crate) request: Arc<BatchRequest>,
    pub(crate) step: Step,
    pub(crate) mark: Arc<str>,
}

/// How a response is decoded.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    Chat,
    Embed(EmbedPiece),
    Rerank(Arc<RerankRequest>),
    Models,
    CountTokens,
    Batch(BatchPiece),
}

impl Task {
    pub(crate) const fn operation(&self) -> Operation {
        match self {
            Self::Chat(_) => Operation::Chat,
            Self::Embed(_) => Operation::Embed,
            Self::Rerank(_) => Operation::Rerank,
            Self::Models(_) => Operation::Models,
            Self::CountTokens(_) => Operation::CountTokens,
            Self::Batch(_) => Operation::Batch,
            Self::Sent(sent) => sent.operation,
        }
    }

    pub(crate) fn call(&self) -> &CallOptions {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &request.call,
            Self::Embed(piece) => &piece.request.call,
            Self::Rerank(request) => &request.call,
            Self::Models(piece) => &piece.request.call,
            Self::Batch(piece) => &piece.request.call,
            Self::Sent(sent) => &sent.call,
        }
    }

    /// Whether it is the whole of a call, or the first of its parts.
    pub(crate) fn is_first(&self) -> bool {
        match self {
            Self::Embed(piece) => piece.inputs.start == 0,
            Self::Models(piece) => piece.page.is_none(),
            Self::Chat(_)
            | Self::Rerank(_)
            | Self::CountTokens(_)
            | Self::Batch(_)
            | Self::Sent(_) => true,
        }
    }

    pub(crate) fn check(&self) -> Result<(), LlmError> {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => request.check(),
            Self::Embed(piece) => piece.request.check(),
            Self::Rerank(request) => request.check(),
            // The rows were checked once, when the call began.
            Self::Models(_) | Self::Batch(_) | Self::Sent(_) => Ok(()),
        }
    }

    /// The model; empty where there is none.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => &request.model,
            Self::Embed(piece) => &piece.request.model,
            Self::Rerank(request) => &request.model,
            Self::Models(_) | Self::Batch(_) | Self::Sent(_) => "",
        }
    }

    /// The prefix of the model named its provider.
    pub(crate) fn set_model(&mut self, model: String) {
        match self {
            Self::Chat(request) | Self::CountTokens(request) => request.model = model,
            Self::Rerank(request) => request.model = model,
            Self::Embed(_) | Self::Models(_) | Self::Batch(_) | Self::Sent(_) => {}
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
            Self::Batch(piece) => piece.step.is_lines(),
            Self::Sent(sent) => sent.is_streamed,
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
            Self::Batch(piece) => {
                let codec = operations_of(provider.batches(), Operation::Batch, provider)?;
                let asked = Asked {
                    provider,
                    request: &piece.request,
                    mark: &piece.mark,
                    target,
                };
                codec.encode(&piece.step, &asked)
            }
            Self::Sent(_) => {
                let message = "a request was to be encoded twice";
                Err(LlmError::new(ErrorKind::Internal, message))
            }
        }
    }

    /// What would make a second batch, or rows that are paid twice, is not sent again once it may
    /// have been taken: also after a status behind which a server may have gone on.
    pub(crate) fn forbid_repeat(&self, error: &mut LlmError) {
        const TAKEN: [u16; 5] = [408, 500, 502, 504, 524];
        let is_submission = matches!(self, Self::Batch(piece) if piece.step.is_submission());
        let is_taken = error.status.is_some_and(|status| TAKEN.contains(&status));
        if is_submission && (error.maybe_executed || is_taken) {
            error.maybe_executed = true;
            error.retryable = false;
        }
    }

    /// Whether the text of its results is a model's or the caller's own.
    pub(crate) fn has_foreign_text(&self) -> bool {
        match self {
            Self::Rerank(_) => true,
            Self::Batch(piece) => matches!(
                piece.step,
                Step::Look { .. } | Step::Lines { .. } | Step::Page { .. }
            ),
            _ => false,
        }
    }

    /// It is encoded: what may be large is kept for the response or let go.
    pub(crate) fn take_reading(&mut self) -> Reading {
        let (operation, is_streamed) = (self.operation(), self.is_streamed());
        match self {
            Self::Chat(request) | Self::CountTokens(request) => {
                *self = Self::Sent(Box::new(Sent {
                    call: std::mem::take(&mut request.call),
                    operation,
                    is_streamed,
                }));
                Reading::of_sent(operation)
            }
            Self::Sent(_) => Reading::of_sent(operation),
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
            Self::Batch(piece) => Reading::Batch(piece.clone()),
        }
    }
}

impl Reading {
    fn of_sent(operation: Operation) -> Self {
        match operation {
            Operation::CountTokens => Self::CountTokens,
            _ => Self::Chat,
        }
    }
}

/// The codec of an operation, or the error that the provider has none.
fn operations_of<T>(
    codec: Option<T>,
    operation: Operation,
    provider: &'static dyn Provider,
) -> Result<T, LlmError> {
    codec.ok_or_else(|| providers::lacks_operation(provider.name(), operation))
}
