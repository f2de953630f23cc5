//! What a call does: one HTTP request, or several, or none. Owns only which; each is in a file of
//! its own.

use std::sync::Arc;

use super::batch_call::BatchCall;
use super::embed_call::EmbedCall;
use super::local_call::{LocalCall, Question};
use super::models_call::ModelsCall;
use super::task::Task;
use super::Inner;
use crate::client::shared::Shared;
use crate::event::EventBatch;
use crate::request::AnyRequest;

/// What a call does.
pub(super) enum Work {
    One(Box<Inner>),
    Embed(Box<EmbedCall>),
    Models(Box<ModelsCall>),
    Batch(Box<BatchCall>),
    Local(Box<LocalCall>),
}

impl Work {
    pub(super) fn new(shared: Arc<Shared>, request: AnyRequest) -> Self {
        let one = |shared, task| Self::One(Box::new(Inner::new(shared, task)));
        let local = |shared, asked| Self::Local(Box::new(LocalCall::new(shared, asked)));
        match request {
            AnyRequest::Chat(request) => one(shared, Task::Chat(Box::new(request))),
            AnyRequest::Rerank(request) => one(shared, Task::Rerank(Box::new(request))),
            AnyRequest::CountTokens(request) => one(shared, Task::CountTokens(Box::new(request))),
            AnyRequest::Embed(request) => Self::Embed(Box::new(EmbedCall::new(shared, request))),
            AnyRequest::Models(request) => Self::Models(Box::new(ModelsCall::new(shared, request))),
            AnyRequest::Batch(request) => Self::Batch(Box::new(BatchCall::new(shared, request))),
            AnyRequest::Script(request) => local(shared, Question::Script(Box::new(request))),
            AnyRequest::Stats(_) => local(shared, Question::Stats),
        }
    }

    pub(super) async fn step(&mut self) -> bool {
        match self {
            Self::One(one) => one.step().await,
            Self::Embed(call) => call.step().await,
            Self::Models(call) => call.step().await,
            Self::Batch(call) => call.step().await,
            Self::Local(call) => call.step(),
        }
    }

    pub(super) fn batch(&mut self) -> &mut EventBatch {
        match self {
            Self::One(one) => &mut one.batch,
            Self::Embed(call) => call.batch(),
            Self::Models(call) => call.batch(),
            Self::Batch(call) => call.batch(),
            Self::Local(call) => call.batch(),
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        match self {
            Self::One(one) => one.is_ended(),
            Self::Embed(call) => call.is_ended(),
            Self::Models(call) => call.is_ended(),
            Self::Batch(call) => call.is_ended(),
            Self::Local(call) => call.is_ended(),
        }
    }

    pub(super) fn resume(&mut self) {
        match self {
            Self::One(one) => one.deadlines.resume(),
            Self::Embed(call) => call.resume(),
            Self::Models(call) => call.resume(),
            Self::Batch(call) => call.resume(),
            Self::Local(_) => {}
        }
    }

    pub(super) fn pause_for_caller(&mut self) {
        match self {
            Self::One(one) => one.deadlines.pause_for_caller(),
            Self::Embed(call) => call.pause_for_caller(),
            Self::Models(call) => call.pause_for_caller(),
            Self::Batch(call) => call.pause_for_caller(),
            Self::Local(_) => {}
        }
    }
}
