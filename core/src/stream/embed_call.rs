//! A call for embeddings: its inputs are split into HTTP requests, of which some run at once, and
//! their vectors are delivered in the order of the inputs. Owns that order and what is left of a
//! call of which a part fails.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::parts::{of_parts, poll_part, Totals};
use super::prepare;
use super::ranges::{joined, others, pairs};
use super::task::{EmbedPiece, Task};
use super::Inner;
use crate::client::options::LogLevel;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError};
use crate::event::{Event, EventBatch, EventRef, Receipt, Start, Vectors};
use crate::request::{EmbedRequest, Operation};

/// HTTP requests that run at once.
const AT_ONCE_MAX: usize = 4;
/// HTTP requests that may run ahead of the first whose vectors are still to be delivered: those
/// that have ended are held in memory.
const AHEAD_MAX: usize = 8;
/// How many bytes one event has, unless four vectors have more: a caller that is slow holds no more
/// than a window, which by default has this size too.
const EVENT_BYTES_MAX: usize = 256 * 1024;

/// One call for embeddings.
pub(super) struct EmbedCall {
    shared: Arc<Shared>,
    request: Arc<EmbedRequest>,
    /// The provider is known, and the request is checked.
    is_prepared: bool,
    /// HTTP requests whose vectors are still to be delivered, in the order of their inputs.
    parts: VecDeque<Part>,
    /// The first input that no HTTP request has.
    next_input: usize,
    start: Option<Box<Start>>,
    has_started: bool,
    /// What is left of the vectors that are being delivered.
    rest: Vectors,
    dimensions: Option<usize>,
    /// Inputs whose vectors were delivered.
    finished: Vec<Range<usize>>,
    truncated: Vec<u64>,
    /// Ends the call once what came before was delivered.
    failure: Option<LlmError>,
    event_bytes_max: usize,
    totals: Totals,
    batch: EventBatch,
    is_ended: bool,
}

/// One HTTP request.
struct Part {
    inputs: Range<usize>,
    /// Absent once it has ended.
    running: Option<Box<Inner>>,
    start: Option<Box<Start>>,
    vectors: Vectors,
}

impl EmbedCall {
    pub(super) fn new(shared: Arc<Shared>, request: EmbedRequest) -> Self {
        Self {
            shared,
            request: Arc::new(request),
            is_prepared: false,
            parts: VecDeque::new(),
            next_input: 0,
            start: None,
            has_started: false,
            rest: Vectors::default(),
            dimensions: None,
            finished: Vec::new(),
            truncated: Vec::new(),
            failure: None,
            event_bytes_max: EVENT_BYTES_MAX,
            totals: Totals::new(),
            batch: EventBatch::default(),
            is_ended: false,
        }
    }

    /// All vectors of an HTTP request become one event.
    pub(super) fn deliver_whole(&mut self) {
        self.event_bytes_max = usize::MAX;
    }

    pub(super) fn batch(&mut self) -> &mut EventBatch {
        &mut self.batch
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    fn running(&mut self) -> impl Iterator<Item = &mut Box<Inner>> {
        self.parts
            .iter_mut()
            .filter_map(|part| part.running.as_mut())
    }

    pub(super) fn resume(&mut self) {
        self.totals.resume();
        self.running().for_each(|part| part.deadlines.resume());
    }

    pub(super) fn pause_for_caller(&mut self) {
        self.totals.pause_for_caller();
        self.running()
            .for_each(|part| part.deadlines.pause_for_caller());
    }

    pub(super) async fn step(&mut self) -> bool {
        self.batch.clear();
        self.totals.begin();
        poll_fn(|context| self.poll_step(context)).await;
        !self.batch.is_empty()
    }

    /// Until there is something for the caller.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_ended {
            return Poll::Ready(());
        }
        if let Err(error) = self.prepare() {
            self.refuse(error);
        }
        loop {
            if self.failure.is_none() {
                self.begin_parts();
                self.poll_parts(context);
            }
            if self.failure.is_some() {
                self.stop_running();
            }
            if self.deliver() {
                return Poll::Ready(());
            }
            let may_begin = self.next_input < self.request.input.len();
            let runs = self.running().count();
            if runs > 0 && !(may_begin && self.has_room()) {
                return Poll::Pending;
            }
        }
    }

    /// Finds the provider, so that every part has the same, and the model without its prefix.
    fn prepare(&mut self) -> Result<(), LlmError> {
        if std::mem::replace(&mut self.is_prepared, true) {
            return Ok(());
        }
        self.request.check()?;
        let Some(request) = Arc::get_mut(&mut self.request) else {
            return Ok(());
        };
        let options = &self.shared.options;
        let found = prepare::provider(options, &request.call, &request.model, Operation::Embed);
        let (provider, model) = found?;
        request.call.provider = Some(provider.name().to_owned());
        request.model = model.unwrap_or_else(|| std::mem::take(&mut request.model));
        Ok(())
    }

    /// The request is wrong, so none of its parts begins, which would redact and log the reason.
    fn refuse(&mut self, mut error: LlmError) {
        let call = Some(&self.request.call);
        self.shared.redactor(call).clean_error(&mut error);
        let message = || error.message.clone();
        self.shared.log(LogLevel::Error, None, call, message);
        self.failure = Some(error);
    }

    fn has_room(&mut self) -> bool {
        self.parts.len() < AHEAD_MAX && self.running().count() < AT_ONCE_MAX
    }

    /// One HTTP request for the next inputs.
    pub(super) fn begin_one(&self) -> Box<Inner> {
        let piece = EmbedPiece {
            request: Arc::clone(&self.request),
            inputs: self.next_input..self.request.input.len(),
        };
        self.totals.begin_part(&self.shared, Task::Embed(piece))
    }

    fn begin_parts(&mut self) {
        let inputs = self.request.input.len();
        while self.failure.is_none() && self.next_input < inputs && self.has_room() {
            let mut running = self.begin_one();
            let inputs = match &running.task {
                Task::Embed(piece) => piece.inputs.clone(),
                _ => return,
            };
            self.next_input = inputs.end;
            let failed = running.batch.drain();
            self.parts.push_back(Part {
                inputs,
                running: Some(running),
                start: None,
                vectors: Vectors::default(),
            });
            let last = self.parts.len() - 1;
            failed.into_iter().for_each(|event| self.take(last, event));
        }
    }

    /// Polls what runs until each of it waits.
    fn poll_parts(&mut self, context: &mut Context<'_>) {
        for index in 0..self.parts.len() {
            while self.failure.is_none() {
                let part = self.parts.get_mut(index);
                let Some(running) = part.and_then(|part| part.running.as_mut()) else {
                    break;
                };
                let mut events = Vec::new();
                if poll_part(running, context, &mut |event| events.push(event)).is_pending() {
                    break;
                }
                events.into_iter().for_each(|event| self.take(index, event));
            }
        }
    }

    fn take(&mut self, index: usize, event: Event) {
        let Some(part) = self.parts.get_mut(index) else {
            return;
        };
        match event {
            Event::Start(start) => part.start = Some(start),
            Event::Vectors(vectors) => part.vectors = vectors,
            Event::End(receipt) => {
                part.running = None;
                self.totals.add(&receipt);
                match receipt.error {
                    Some(error) => self.failure = Some(error),
                    None => self.finish(index, receipt.truncated),
                }
            }
            _ => {}
        }
    }

    /// A part came whole; its vectors are to be as long as all others.
    fn finish(&mut self, index: usize, truncated: Vec<u64>) {
        let Some(part) = self.parts.get_mut(index) else {
            return;
        };
        let found = part.vectors.dimensions();
        let expected = *self.dimensions.get_or_insert(found);
        if found == expected {
            self.totals.content_came();
            return self.truncated.extend(truncated);
        }
        let Range { start, end } = part.inputs;
        part.vectors = Vectors::default();
        let last = end - 1;
        let message = format!(
            "the vectors of input[{start}] to input[{last}] have {found} numbers, others {expected}"
        );
        let provider = part.start.as_ref().map(|start| start.provider);
        self.failure = Some(of_parts(ErrorKind::Protocol, provider, &message));
    }

    /// A part failed, so the call does: closes what runs, and keeps what came.
    fn stop_running(&mut self) {
        let mut stopped = Vec::new();
        for part in &mut self.parts {
            if let Some(mut running) = part.running.take() {
                stopped.push(running.abort(ErrorKind::Cancelled));
                part.vectors = Vectors::default();
            }
        }
        stopped.iter().for_each(|receipt| self.totals.add(receipt));
    }

    /// Puts the next vectors in the batch, or END. False: there is nothing yet.
    fn deliver(&mut self) -> bool {
        while self.rest.count() == 0 {
            let Some(part) = self.parts.front() else {
                break;
            };
            if part.running.is_some() {
                return false;
            }
            if let Some(part) = self.parts.pop_front() {
                self.begin_delivery(part);
            }
        }
        if self.rest.count() > 0 {
            if let Some(start) = self.start.take() {
                self.batch.push(Event::Start(start));
            }
            let vectors = self.rest.take(self.event_bytes_max);
            self.batch.push(Event::Vectors(vectors));
            return true;
        }
        if self.failure.is_none() && self.next_input < self.request.input.len() {
            return false;
        }
        self.end();
        true
    }

    fn begin_delivery(&mut self, part: Part) {
        if part.vectors.count() == 0 {
            return;
        }
        self.rest = part.vectors;
        self.finished.push(part.inputs);
        if !std::mem::replace(&mut self.has_started, true) {
            self.start = part.start;
        }
    }

    fn end(&mut self) {
        let error = self.failure.take();
        let receipt = self.receipt(error);
        self.is_ended = true;
        self.batch.push(Event::End(Box::new(receipt)));
    }

    /// So many vectors of the last batch did not reach the caller.
    pub(super) fn abort(&mut self, kind: ErrorKind, mut lost: usize) -> Receipt {
        if kind == ErrorKind::TooLarge {
            // There was no memory for that batch, and vectors are the last in each.
            lost += self.batch.iter().map(vectors_of).sum::<usize>();
        }
        self.batch.clear();
        let mut error = None;
        for receipt in self
            .running()
            .map(|part| part.abort(kind))
            .collect::<Vec<_>>()
        {
            self.totals.add(&receipt);
            error = error.or(receipt.error);
        }
        self.drop_undelivered(lost);
        let error = error.unwrap_or_else(|| self.totals.ended_from_outside(kind));
        let receipt = self.receipt(Some(error));
        self.is_ended = true;
        receipt
    }

    /// Vectors that the caller will not get do not count as finished.
    fn drop_undelivered(&mut self, lost: usize) {
        self.parts.clear();
        let count = std::mem::take(&mut self.rest).count() + lost;
        if let (true, Some(last)) = (count > 0, self.finished.last_mut()) {
            last.end = last.end.saturating_sub(count).max(last.start);
        }
        self.finished.retain(|range| !range.is_empty());
    }

    fn receipt(&mut self, error: Option<LlmError>) -> Receipt {
        let is_whole = error.is_none();
        let mut receipt = self.totals.receipt(error);
        let finished = joined(&self.finished);
        let count: usize = finished.iter().map(Range::len).sum();
        receipt.count = Some(count as u64);
        receipt.dimensions = self.dimensions.map(|dimensions| dimensions as u64);
        self.truncated.sort_unstable();
        receipt.truncated = std::mem::take(&mut self.truncated);
        if !is_whole {
            receipt.failed_ranges = pairs(&others(&finished, self.request.input.len()));
            receipt.finished_ranges = pairs(&finished);
            let ranges = &receipt.finished_ranges;
            let is_finished = |input: &u64| ranges.iter().any(|[a, b]| (a..b).contains(&input));
            receipt.truncated.retain(is_finished);
        }
        receipt
    }
}

fn vectors_of(event: EventRef<'_>) -> usize {
    match event {
        EventRef::Other(Event::Vectors(vectors)) => vectors.count(),
        _ => 0,
    }
}
