//! A call about a batch: its steps run one after the other, and each says what follows. Owns the
//! handle, the order of what the caller gets, and what is said of a submission whose answer is
//! lost. Which steps there are is the provider's codec's.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use serde_json::{Map, Value};

use super::parts::{poll_part, Totals};
use super::task::{BatchPiece, Task};
use super::Inner;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError, Phase, DETAIL_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::event::{Event, EventBatch, Receipt, Start};
use crate::providers::operations::batch::handle::{without_secret, Handle};
use crate::providers::operations::batch::{Step, MARK};
use crate::request::{BatchAction, BatchRequest};

/// A list of more pages, 100,000 batches, is none that ends.
const PAGES_MAX: usize = 1_000;
/// Longest code and id of a provider that is passed on.
const NAME_BYTES_MAX: usize = 1024;

/// One call about a batch.
pub(super) struct BatchCall {
    pub(super) shared: Arc<Shared>,
    pub(super) request: Arc<BatchRequest>,
    is_prepared: bool,
    /// What finds a batch whose submission was not answered.
    mark: Arc<str>,
    /// What the rows are, as far as it is known.
    pub(super) kind: Option<String>,
    pub(super) steps: VecDeque<Step>,
    /// Pages that were asked for.
    pages: Vec<Step>,
    /// What is under way.
    part: Option<(Step, Box<Inner>)>,
    /// The batch that was made.
    made: Option<String>,
    /// Rows of it have not been taken.
    lacks_rows: bool,
    batches: Vec<Value>,
    start: Option<Box<Start>>,
    has_started: bool,
    totals: Totals,
    batch: EventBatch,
    is_ended: bool,
}

impl BatchCall {
    pub(super) fn new(shared: Arc<Shared>, request: BatchRequest) -> Self {
        let own = request
            .metadata
            .as_ref()
            .and_then(|own| own.get(MARK)?.as_str());
        let mark = match own {
            Some(own) => own.to_owned(),
            None => format!("{:032x}", fastrand::u128(..)),
        };
        Self {
            shared,
            request: Arc::new(request),
            is_prepared: false,
            mark: mark.into(),
            kind: None,
            steps: VecDeque::new(),
            pages: Vec::new(),
            part: None,
            made: None,
            lacks_rows: false,
            batches: Vec::new(),
            start: None,
            has_started: false,
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
        if let Some((_, part)) = &mut self.part {
            part.deadlines.resume();
        }
    }

    pub(super) fn pause_for_caller(&mut self) {
        self.totals.pause_for_caller();
        if let Some((_, part)) = &mut self.part {
            part.deadlines.pause_for_caller();
        }
    }

    pub(super) async fn step(&mut self) -> bool {
        self.batch.clear();
        self.totals.begin();
        poll_fn(|context| self.poll_step(context)).await;
        !self.batch.is_empty()
    }

    /// Until there is something for the caller.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.is_ended && self.batch.is_empty() {
            let Some((_, part)) = &mut self.part else {
                self.begin_step();
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

    fn begin_step(&mut self) {
        if !std::mem::replace(&mut self.is_prepared, true) {
            if let Err(error) = self.prepare() {
                return self.end(Some(error));
            }
        }
        let Some(step) = self.steps.pop_front() else {
            return self.end(None);
        };
        let piece = BatchPiece {
            request: Arc::clone(&self.request),
            step: step.clone(),
            mark: Arc::clone(&self.mark),
        };
        let part = self.totals.begin_part(&self.shared, Task::Batch(piece));
        self.part = Some((step, part));
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Start(start) => {
                self.totals.content_came();
                self.start.get_or_insert(start);
            }
            Event::Result(mut result) => match self.request.action {
                BatchAction::Results => {
                    self.clean_row(&mut result);
                    self.deliver(result);
                }
                BatchAction::List => {
                    self.put_handle(&mut result);
                    self.batches.push(result.into());
                }
                _ => {
                    self.put_handle(&mut result);
                    self.deliver(result);
                }
            },
            Event::End(receipt) => self.end_step(*receipt),
            _ => {}
        }
    }

    fn deliver(&mut self, result: Map<String, Value>) {
        self.begin();
        self.batch.push(Event::Result(result));
    }

    /// START, before whatever comes first.
    fn begin(&mut self) {
        if let (Some(start), false) = (&self.start, self.has_started) {
            self.batch.push(Event::Start(start.clone()));
            self.has_started = true;
        }
    }

    /// What finds the batch again.
    fn put_handle(&self, state: &mut Map<String, Value>) {
        let name = self.request.call.provider.clone().unwrap_or_default();
        let id = state.get("id").and_then(Value::as_str);
        let endpoint = state.get("endpoint").and_then(Value::as_str);
        let kind = endpoint.and_then(|endpoint| match endpoint.rsplit('/').next()? {
            "embeddings" => Some("embed"),
            "responses" => Some("responses"),
            "completions" => Some("chat"),
            _ => None,
        });
        let kind = self.kind.clone().or_else(|| kind.map(str::to_owned));
        let handle = Handle {
            id: id.unwrap_or_default().to_owned(),
            kind,
            base_url: self.base_url(&name),
            provider: name,
        };
        state.insert("batch".to_owned(), handle.to_text().into());
    }

    /// The base URL that somebody named.
    fn base_url(&self, provider: &str) -> Option<String> {
        let own = self.request.call.base_url.as_ref();
        let own = own.or(self.shared.options.base_url.as_ref());
        let entry = self.shared.environment.entry(provider);
        let own = own.or_else(|| entry.and_then(|entry| entry.base_url.as_ref()));
        without_secret(own?)
    }

    /// Redacts what the provider says of a row that failed. What a model wrote is not touched.
    fn clean_row(&self, row: &mut Map<String, Value>) {
        let Some(Value::Object(error)) = row.get_mut("error") else {
            return;
        };
        let redactor = self.shared.redactor(Some(&self.request.call));
        let limits = [
            ("message", MESSAGE_BYTES_MAX),
            ("detail", DETAIL_BYTES_MAX),
            ("code", NAME_BYTES_MAX),
            ("request_id", NAME_BYTES_MAX),
        ];
        for (name, bytes_max) in limits {
            if let Some(Value::String(text)) = error.get_mut(name) {
                redactor.clean(text, bytes_max);
            }
        }
    }

    /// A step came to its end: goes on to what follows, or ends the call.
    fn end_step(&mut self, receipt: Receipt) {
        self.totals.add(&receipt);
        let Some((step, part)) = self.part.take() else {
            return;
        };
        self.note_rows(&step);
        if part.operation.made.is_some() {
            self.made = part.operation.made;
        }
        if receipt.error.is_some() {
            return self.end(receipt.error);
        }
        let most = self
            .request
            .limit
            .and_then(|limit| usize::try_from(limit).ok());
        if let Some(most) = most.filter(|most| self.batches.len() >= *most) {
            self.batches.truncate(most);
            return;
        }
        for step in part.operation.steps.into_iter().rev() {
            if let Some(error) = self.endless(&step) {
                return self.end(Some(error));
            }
            self.steps.push_front(step);
        }
    }

    /// Whether rows are missing if the call ends in this step.
    fn note_rows(&mut self, step: &Step) {
        let is_add = |step: &Step| matches!(step, Step::Add { .. });
        self.lacks_rows = is_add(step) || self.steps.iter().any(is_add);
    }

    /// The error of pages that do not end.
    fn endless(&mut self, step: &Step) -> Option<LlmError> {
        if !matches!(step, Step::List { .. } | Step::Page { .. }) {
            return None;
        }
        let is_list = matches!(step, Step::List { .. });
        let message = match self.pages.contains(step) {
            true => "the provider names a page twice",
            false if is_list && self.pages.len() >= PAGES_MAX => {
                "the list of batches has too many pages; set limit"
            }
            false => {
                self.pages.push(step.clone());
                return None;
            }
        };
        Some(LlmError::new(ErrorKind::Protocol, message).phase(Phase::Body))
    }

    fn end(&mut self, error: Option<LlmError>) {
        if error.is_none() {
            self.begin();
            if self.request.action == BatchAction::List {
                let batches = Value::Array(std::mem::take(&mut self.batches));
                let result = Map::from_iter([("batches".to_owned(), batches)]);
                self.deliver(result);
            }
        }
        self.is_ended = true;
        let receipt = self.receipt(error);
        self.batch.push(Event::End(Box::new(receipt)));
    }

    /// A submission that failed says whether there may be a batch all the same, and how to find it.
    fn receipt(&self, error: Option<LlmError>) -> Receipt {
        let is_submission = self.request.action == BatchAction::Submit;
        let error = error.map(|mut error| {
            match &self.made {
                Some(made) if is_submission => {
                    error.maybe_executed = true;
                    let what = match self.lacks_rows {
                        true => "was made without all of its rows: cancel it",
                        false => "was submitted: look for it in the list of batches",
                    };
                    error.message = format!("{}; the batch {made} {what}", error.message);
                }
                None if is_submission && error.maybe_executed => {
                    error.message = format!(
                        "{}; it may have been submitted: look in the list of batches for {MARK} {} \
                         before submitting it again",
                        error.message, self.mark
                    );
                }
                _ => {}
            }
            error
        });
        let maybe_executed = error.as_ref().is_some_and(|error| error.maybe_executed);
        let mut receipt = self.totals.receipt(error);
        // A file that went up runs nothing.
        if let Some(error) = &mut receipt.error {
            error.maybe_executed = maybe_executed;
            if is_submission && maybe_executed {
                error.retryable = false;
            }
        }
        receipt
    }

    pub(super) fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.batch.clear();
        self.is_ended = true;
        let part = self.part.take();
        let is_submission = part.as_ref().is_some_and(|(step, _)| step.is_submission());
        if let Some((step, _)) = &part {
            self.note_rows(step);
        }
        let aborted = part.map(|(_, mut part)| part.abort(kind));
        if let Some(receipt) = &aborted {
            self.totals.add(receipt);
        }
        let error = aborted.and_then(|receipt| receipt.error);
        let mut error = error.unwrap_or_else(|| self.totals.ended_from_outside(kind));
        error.maybe_executed &= is_submission || self.request.action != BatchAction::Submit;
        self.receipt(Some(error))
    }
}
