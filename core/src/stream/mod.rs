//! One request as its caller sees it: a stream of events, or batch by batch, driven by the code
//! that polls; dropping it closes the connection. Owns the states of a request and the reading of
//! its response; attempts are in `lifecycle`, the end is in `receipt`.

pub(crate) mod attempt;
mod batch_call;
mod batch_prepare;
mod batch_response;
mod call_log;
mod caller_waits;
pub(crate) mod clock;
pub(crate) mod counters;
mod counting;
mod embed_call;
mod error_response;
mod fallback;
mod fallback_request;
mod key;
mod lifecycle;
mod local_call;
mod models_call;
pub(crate) mod pacing;
mod parts;
pub(crate) mod prepare;
mod ranges;
mod receipt;
pub(crate) mod response_reader;
pub(crate) mod retry;
mod split;
pub(crate) mod task;
pub(crate) mod timeouts;
mod transport;
mod tried;
mod whole_response;
mod work;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use futures_core::Stream;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep};

use crate::client::shared::Shared;
use crate::error::{ErrorKind, Timer};
use crate::event::EventBatch;
use crate::event::{Event, Receipt};
use crate::http::Read;
use crate::prefetch::{self, Prefetch};
use crate::providers::OperationSummary;
use crate::request::{AnyRequest, CallOptions};
use attempt::Attempt;
use call_log::CallLog;
use caller_waits::CallerWaits;
use counting::{Counted, LiveCall};
use fallback::Candidates;
use key::{Asking, AttemptKeys};
use pacing::call::CallPacing;
use pacing::pacer::Waiting;
use prepare::PreparedRequest;
use response_reader::ResponseReader;
use retry::History;
use task::Task;
use timeouts::{Deadlines, Timeouts};
use tried::Attempts;
use work::Work;

/// Reads in a row that bring nothing for the caller, each of 16 KiB at most.
const TURNS_MAX: u32 = 4;

/// The events of one request: a `Stream` of [`Event`], or batch by batch without an allocation per
/// piece of text. Nothing is sent before the first poll.
pub struct LlmStream {
    work: Work,
    events: VecDeque<Event>,
    /// Absent once it has ended, and for a call that counts as none.
    live: Option<LiveCall>,
    /// Absent where the ends of calls are not logged.
    log: Option<Box<CallLog>>,
}

/// Where a stream stands. Whatever is under way is in here and nowhere else, so that a step which
/// is dropped loses nothing.
#[derive(Debug)]
enum State {
    /// The next thing to do is an attempt.
    Ready,
    /// The next attempt waits for its turn.
    Queued(Waiting),
    /// The key of the next attempt is being asked for.
    Key(Asking),
    /// A request is on its way, or its response has not begun.
    Attempting(Attempt),
    /// The next attempt comes once this has passed.
    Backoff(Pin<Box<Sleep>>),
    /// A response is being read.
    Reading(Box<ResponseReader>),
    /// The response is complete; its connection is read to the end, briefly, and END follows. With
    /// how long that may wait, once it does.
    Draining(Box<ResponseReader>, Option<Pin<Box<Sleep>>>),
    Ended,
}

/// One HTTP request with its retries: the whole of most calls.
struct Inner {
    shared: Arc<Shared>,
    task: Task,
    /// Absent before the request was prepared, and once content came: there will be no other
    /// attempt, and a long prompt is not kept for a long response.
    prepared: Option<Arc<PreparedRequest>>,
    provider: Option<&'static str>,
    batch: EventBatch,
    state: State,
    deadlines: Deadlines,
    history: History,
    /// What is tried when this request fails; absent once content came.
    candidates: Option<Box<Candidates>>,
    tried: Attempts,
    keys: AttemptKeys,
    /// Absent where nothing paces the requests of the client.
    pacing: Option<Box<CallPacing>>,
    counted: Counted,
    /// The last attempt cannot have been run.
    stale: bool,
    status: Option<u16>,
    attempts: u32,
    /// When the stream was first polled.
    began: Option<Instant>,
    first_content: Option<Instant>,
    request_id: Option<String>,
    /// What a complete response of an operation beside chat says.
    operation: OperationSummary,
}

impl LlmStream {
    pub(crate) fn new(shared: Arc<Shared>, request: AnyRequest) -> Self {
        let live = match &request {
            AnyRequest::Stats(_) | AnyRequest::Script(_) => None,
            _ => Some(LiveCall::begin(&shared)),
        };
        Self {
            log: CallLog::begin(&shared, &request),
            work: Work::new(shared, request),
            events: VecDeque::new(),
            live,
        }
    }

    /// Waits for the next events; `None` once the batch that held the END was handed out. Dropping
    /// the future loses nothing, in whatever phase the request is, so it can stand in a `select!`.
    pub async fn next_batch(&mut self) -> Option<&EventBatch> {
        let waiting = CallerWaits::begin(&mut self.work);
        let more = waiting.work.step().await;
        drop(waiting);
        self.note_end();
        more.then_some(self.work.batch())
    }

    /// The same for who polls: whether there are events, which are those of `batch`. From a poll
    /// that is pending to the next one, the time is the provider's.
    pub fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        self.work.resume();
        // What is under way is in the state, so a step can be begun anew with each poll.
        let more = ready!(pin!(self.work.step()).poll(context));
        self.work.pause_for_caller();
        self.note_end();
        Poll::Ready(more)
    }

    /// The events of the last poll.
    pub fn batch(&mut self) -> &EventBatch {
        self.work.batch()
    }

    /// Has all that the next poll reads loaded, which is worth it where there are thousands of
    /// streams.
    pub fn prefetch(&self, load: Prefetch) {
        if let Work::One(one) = &self.work {
            one.prefetch(load);
        }
    }

    fn note_end(&mut self) {
        let is_ended = self.work.is_ended();
        if let Some(mut log) = self.log.take() {
            log.note(self.work.batch(), is_ended);
            self.log = (!is_ended).then_some(log);
        }
        if is_ended {
            self.live = None;
        }
    }

    /// Takes the events of the last batch out of it.
    pub fn drain(&mut self) -> Vec<Event> {
        self.work.batch().drain()
    }

    /// Closes the connection at once and gives the receipt of a stream that was ended from outside,
    /// with the usage known so far. The stream yields nothing afterwards.
    pub fn abort(&mut self, kind: ErrorKind) -> Receipt {
        let vectors = |event: &Event| match event {
            Event::Vectors(vectors) => vectors.count(),
            _ => 0,
        };
        let lost = self.events.iter().map(vectors).sum();
        self.events.clear();
        self.live = None;
        let receipt = match &mut self.work {
            Work::One(one) => one.abort(kind),
            Work::Embed(call) => call.abort(kind, lost),
            Work::Models(call) => call.abort(kind),
            Work::Batch(call) => call.abort(kind),
            Work::Local(call) => call.abort(kind),
        };
        if let Some(mut log) = self.log.take() {
            log.end(&receipt);
        }
        receipt
    }

    /// Delivers vectors in events of any size, for a caller that keeps them all.
    pub(crate) fn without_cuts(mut self) -> Self {
        if let Work::Embed(call) = &mut self.work {
            call.deliver_whole();
        }
        self
    }
}

impl Stream for LlmStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if this.work.is_ended() {
                return Poll::Ready(None);
            }
            ready!(this.poll_batch(context));
            this.events.extend(this.work.batch().drain());
        }
    }
}

impl fmt::Debug for LlmStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            // Without the state: a decoder holds what the redactor has not seen yet.
            .debug_struct("LlmStream")
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn new(shared: Arc<Shared>, task: Task) -> Self {
        let limits = shared.call_limits(task.call());
        let mut deadlines = Deadlines::new(Timeouts::new(limits, task.is_streamed()));
        deadlines.pause_for_caller();
        let pacing = shared.pacer.as_ref().map(|_| Box::default());
        Self {
            shared,
            task,
            prepared: None,
            provider: None,
            batch: EventBatch::default(),
            state: State::Ready,
            deadlines,
            history: History::default(),
            candidates: None,
            tried: Attempts::default(),
            keys: AttemptKeys::default(),
            pacing,
            counted: Counted::default(),
            stale: false,
            status: None,
            attempts: 0,
            began: None,
            first_content: None,
            request_id: None,
            operation: OperationSummary::default(),
        }
    }

    fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn prefetch(&self, load: Prefetch) {
        prefetch::whole(self, load);
        if let State::Reading(response) = &self.state {
            response.prefetch(load);
            self.deadlines.prefetch(load);
        }
    }

    /// Goes on until there are events. False when there will be no more.
    async fn step(&mut self) -> bool {
        self.batch.clear();
        self.began.get_or_insert_with(Instant::now);
        let mut turns = 0_u32;
        while self.batch.is_empty() && !self.is_ended() {
            match &self.state {
                State::Ready => self.begin_attempt(),
                State::Queued(_) => self.queued().await,
                State::Key(_) => self.key().await,
                State::Attempting(_) => self.attempt().await,
                State::Backoff(_) => self.backoff().await,
                State::Reading(_) => self.read().await,
                State::Draining(..) => self.drain().await,
                State::Ended => {}
            }
            turns += 1;
            if self.batch.is_empty() && turns.is_multiple_of(TURNS_MAX) {
                // A host may send keep-alive bytes for ever: this lets cancellation run.
                yield_now().await;
            }
        }
        self.drain_at_once().await;
        !self.batch.is_empty()
    }

    async fn read(&mut self) {
        let State::Reading(response) = &mut self.state else {
            return;
        };
        let mut read = response.read(&mut self.deadlines, &mut self.batch).await;
        if !self.batch.is_empty() && self.first_content.is_none() {
            self.first_content = Some(Instant::now());
            self.counted.first_content(&self.task);
            clean_start(&self.shared, self.task.call(), &mut self.batch);
            self.deadlines.start(Some(Timer::Idle));
            self.prepared = None;
            self.candidates = None;
        }
        // Where there is always something to read, nothing waits, so no timer is checked elsewhere.
        let may_expire = self.batch.is_empty() || self.deadlines.has_total();
        if let (Ok(Read::More), true) = (&read, may_expire) {
            if let Some(timer) = self.deadlines.expired() {
                read = response.timed_out(timer);
            }
        }
        match read {
            Ok(Read::More) => {}
            Ok(Read::End) => self.close(),
            Err(error) => {
                if error.kind == ErrorKind::Timeout {
                    response.retire_connection();
                }
                self.fail(error);
            }
        }
    }

    /// The response is complete: hands over what was held back until then.
    fn close(&mut self) {
        let State::Reading(mut response) = std::mem::replace(&mut self.state, State::Ended) else {
            return;
        };
        response.close(&mut self.batch);
        if let Some(operation) = response.operation() {
            self.operation = operation.clone();
        }
        if let Err(error) = self.batch.check() {
            return self.fail(error);
        }
        clean_start(&self.shared, self.task.call(), &mut self.batch);
        self.clean_results();
        self.state = State::Draining(response, None);
    }

    /// Redacts RESULT, but neither the caller's own documents, which are all the text of a ranking,
    /// nor what a model wrote.
    fn clean_results(&mut self) {
        if self.task.has_foreign_text() {
            return;
        }
        for result in self.batch.results() {
            let redactor = self.shared.redactor(Some(self.task.call()));
            redactor.clean_result(result);
        }
    }
}

/// Redacts START, which comes with the first content.
fn clean_start(shared: &Shared, call: &CallOptions, batch: &mut EventBatch) {
    for start in batch.new_starts() {
        shared.redactor(Some(call)).clean_start(start);
    }
}
