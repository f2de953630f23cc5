//! A list of models: its pages are asked for one after the other and become one RESULT. Owns the
//! bounds on how far they are followed.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use serde_json::{Map, Value};

use super::parts::{of_parts, poll_part, Totals};
use super::task::{ModelsPiece, Task};
use super::Inner;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError};
use crate::event::{Event, EventBatch, Receipt, Start};
use crate::providers::OperationSummary;
use crate::request::ModelsRequest;

/// A list of more pages, 100,000 models of Anthropic's largest ones, is none that ends.
const PAGES_MAX: usize = 100;

/// One call for a list of models.
pub(super) struct ModelsCall {
    shared: Arc<Shared>,
    request: Arc<ModelsRequest>,
    /// What is being asked for.
    part: Option<Box<Inner>>,
    /// The pages after the first that were asked for.
    pages: Vec<String>,
    models: Vec<Value>,
    /// What the bodies of the pages had, which together are bounded as one is.
    body_bytes: usize,
    start: Option<Box<Start>>,
    totals: Totals,
    batch: EventBatch,
    is_ended: bool,
}

impl ModelsCall {
    pub(super) fn new(shared: Arc<Shared>, request: ModelsRequest) -> Self {
        Self {
            shared,
            request: Arc::new(request),
            part: None,
            pages: Vec::new(),
            models: Vec::new(),
            body_bytes: 0,
            start: None,
            totals: Totals::new(),
            batch: EventBatch::default(),
            is_ended: false,
        }
    }

    pub(super) fn batch(&mut self) -> &mut EventBatch {
        &mut self.batch
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub(super) fn resume(&mut self) {
        self.totals.resume();
        if let Some(part) = &mut self.part {
            part.deadlines.resume();
        }
    }

    pub(super) fn pause_for_caller(&mut self) {
        self.totals.pause_for_caller();
        if let Some(part) = &mut self.part {
            part.deadlines.pause_for_caller();
        }
    }

    pub(super) async fn step(&mut self) -> bool {
        self.batch.clear();
        self.totals.begin();
        poll_fn(|context| self.poll_end(context)).await;
        !self.batch.is_empty()
    }

    /// Follows the pages to the last one.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.is_ended {
            let Some(part) = &mut self.part else {
                self.begin_page();
                continue;
            };
            let mut events = part.batch.drain();
            if events.is_empty() {
                ready!(poll_part(part, context, &mut |event| events.push(event)));
            }
            events.into_iter().for_each(|event| self.take(event));
        }
        Poll::Ready(())
    }

    fn begin_page(&mut self) {
        let piece = ModelsPiece {
            request: Arc::clone(&self.request),
            page: self.pages.last().cloned(),
        };
        let part = self.totals.begin_part(&self.shared, Task::Models(piece));
        self.part = Some(part);
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Start(start) => {
                self.totals.content_came();
                self.start.get_or_insert(start);
            }
            Event::Result(mut result) => {
                if let Some(Value::Array(models)) = result.get_mut("models") {
                    self.models.append(models);
                }
            }
            Event::End(receipt) => self.end_page(*receipt),
            _ => {}
        }
    }

    /// A page came whole, or failed: goes on to the next one, or ends the call.
    fn end_page(&mut self, receipt: Receipt) {
        self.totals.add(&receipt);
        let operation = self.part.take().map(|part| part.operation);
        let OperationSummary {
            next_page: next,
            body_bytes,
            ..
        } = operation.unwrap_or_default();
        self.body_bytes = self.body_bytes.saturating_add(body_bytes);
        let bytes_max = self.shared.options.body_bytes_max;
        match (receipt.error, next) {
            (Some(error), _) => self.end(Some(error)),
            (None, Some(next)) if self.pages.contains(&next) => {
                let message = "the list of models names a page twice";
                self.end_with(ErrorKind::Protocol, message);
            }
            (None, Some(_)) if self.pages.len() + 1 >= PAGES_MAX => {
                let message = format!("the list of models has more than {PAGES_MAX} pages");
                self.end_with(ErrorKind::Protocol, &message);
            }
            (None, Some(_)) if self.body_bytes > bytes_max => {
                let message = format!(
                    "the pages of the list of models have more than {bytes_max} bytes; \
                     raise body_bytes_max"
                );
                self.end_with(ErrorKind::TooLarge, &message);
            }
            (None, Some(next)) => self.pages.push(next),
            (None, None) => self.end(None),
        }
    }

    fn end_with(&mut self, kind: ErrorKind, message: &str) {
        let provider = self.start.as_ref().map(|start| start.provider);
        self.end(Some(of_parts(kind, provider, message)));
    }

    fn end(&mut self, error: Option<LlmError>) {
        if error.is_none() {
            if let Some(start) = self.start.take() {
                self.batch.push(Event::Start(start));
            }
            let models = Value::Array(std::mem::take(&mut self.models));
            // The pages were redacted as they came.
            let result = Map::from_iter([("models".to_owned(), models)]);
            self.batch.push(Event::Result(result));
        }
        self.is_ended = true;
        let receipt = self.totals.receipt(error);
        self.batch.push(Event::End(Box::new(receipt)));
    }

    pub(super) fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.batch.clear();
        self.is_ended = true;
        let aborted = self.part.take().map(|mut part| part.abort(kind));
        if let Some(receipt) = &aborted {
            self.totals.add(receipt);
        }
        let error = aborted.and_then(|receipt| receipt.error);
        let error = error.unwrap_or_else(|| self.totals.ended_from_outside(kind));
        self.totals.receipt(Some(error))
    }
}
