//! The life of one request: attempts until an answer begins, events while it lasts, and one END.
//! Owns the order of things and every decision about retries and endings; the work is done by the
//! codec, `attempt`, `answer`, `retry` and `timers`. Driven by whoever polls; dropping it closes
//! the connection.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::future::select;
use tokio::task::yield_now;
use tokio::time::{sleep, Instant, Sleep};

use crate::answer::{Answer, Step};
use crate::attempt::{self, Attempt};
use crate::batch::EventBatch;
use crate::client::Shared;
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::event::{Event, Outcome, Receipt, Timings};
use crate::options::LogLevel;
use crate::plan::{self, Plan};
use crate::providers::Finish;
use crate::request::LlmRequest;
use crate::retry::{History, Policy, RETRIES_MAX};
use crate::timers::{Limits, Stage, Watchdog};

/// How long the rest of a complete answer is read so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(20);
/// Reads in a row that bring nothing for the caller, each of 16 KiB at most.
const TURNS_MAX: u32 = 4;

/// The events of one request: a `Stream` of [`Event`], or batch by batch without an allocation per
/// piece of text. Nothing is sent before the first poll.
pub struct LlmStream {
    life: Box<Life>,
    events: VecDeque<Event>,
}

impl LlmStream {
    pub(crate) fn new(shared: Arc<Shared>, request: LlmRequest) -> Self {
        Self {
            life: Box::new(Life::new(shared, request)),
            events: VecDeque::new(),
        }
    }

    /// Waits for the next events; `None` once the batch that held the END was handed out. Dropping
    /// the future loses nothing, in whatever phase the request is, so it can stand in a `select!`.
    pub async fn next_batch(&mut self) -> Option<&EventBatch> {
        let attended = Attended::begin(&mut self.life);
        let more = attended.life.step().await;
        drop(attended);
        more.then_some(&self.life.batch)
    }

    /// Takes the events of the last batch out of it.
    pub fn drain(&mut self) -> Vec<Event> {
        self.life.batch.drain()
    }

    /// Closes the connection at once and gives the receipt of a stream that was ended from outside,
    /// with the usage known so far. The stream yields nothing afterwards.
    pub fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.events.clear();
        self.life.abort(kind)
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
            if this.life.is_ended() {
                return Poll::Ready(None);
            }
            this.life.watchdog.host_ends();
            // What is under way stands in the life, so a step can be begun anew with each poll.
            let _ = ready!(pin!(this.life.step()).poll(context));
            this.life.watchdog.host_begins();
            this.events.extend(this.life.batch.drain());
        }
    }
}

impl fmt::Debug for LlmStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LlmStream")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// The caller waits for events; its own time begins anew when this is dropped, be it before they
/// came.
struct Attended<'l> {
    life: &'l mut Life,
}

impl<'l> Attended<'l> {
    fn begin(life: &'l mut Life) -> Self {
        life.watchdog.host_ends();
        Self { life }
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.life.watchdog.host_begins();
    }
}

/// Where a stream stands. Whatever is under way stands in here and nowhere else, so that a step
/// which is dropped loses nothing.
#[derive(Debug)]
enum State {
    /// The next thing to do is an attempt.
    Ready,
    /// A request is on its way, or its answer has not begun.
    Attempting(Attempt),
    /// The next attempt comes once this has passed.
    Waiting(Pin<Box<Sleep>>),
    /// An answer is being read.
    Reading(Box<Answer>),
    /// The answer is complete; its connection is read to the end, briefly, and END follows.
    Closing(Box<Answer>, Pin<Box<Sleep>>),
    Ended,
}

struct Life {
    shared: Arc<Shared>,
    request: LlmRequest,
    /// Absent before the request was read, and once content came: there will be no other attempt,
    /// and a long prompt is not kept for a long answer.
    plan: Option<Arc<Plan>>,
    provider: Option<&'static str>,
    batch: EventBatch,
    state: State,
    watchdog: Watchdog,
    history: History,
    /// The last attempt cannot have been run.
    stale: bool,
    status: Option<u16>,
    attempts: u32,
    /// When the stream was first polled.
    began: Option<Instant>,
    first_content: Option<Instant>,
    request_id: Option<String>,
}

impl Life {
    fn new(shared: Arc<Shared>, request: LlmRequest) -> Self {
        let stream = request.stream.unwrap_or(true);
        let limits = Limits::new(&request.limits, &shared.options.limits, stream);
        let mut watchdog = Watchdog::new(limits);
        watchdog.host_begins();
        Self {
            shared,
            request,
            plan: None,
            provider: None,
            batch: EventBatch::default(),
            state: State::Ready,
            watchdog,
            history: History::default(),
            stale: false,
            status: None,
            attempts: 0,
            began: None,
            first_content: None,
            request_id: None,
        }
    }

    fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Goes on until there are events. False when there will be no more.
    async fn step(&mut self) -> bool {
        self.batch.clear();
        self.began.get_or_insert_with(Instant::now);
        let mut turns = 0_u32;
        while self.batch.is_empty() && !self.is_ended() {
            match &self.state {
                State::Ready => self.begin_attempt(),
                State::Attempting(_) => self.attempt().await,
                State::Waiting(_) => self.sleep().await,
                State::Reading(_) => self.read().await,
                State::Closing(..) => self.close().await,
                State::Ended => {}
            }
            turns += 1;
            if self.batch.is_empty() && turns.is_multiple_of(TURNS_MAX) {
                // A host that never stops sending what means nothing: cancellation has its turn.
                yield_now().await;
            }
        }
        !self.batch.is_empty()
    }

    fn begin_attempt(&mut self) {
        if self.plan.is_none() {
            match plan::plan(&self.shared, &mut self.request) {
                Ok(plan) => {
                    self.provider = Some(plan.provider.name());
                    self.plan = Some(Arc::new(plan));
                }
                Err(error) => return self.fail(error),
            }
        }
        let Some(plan) = &self.plan else { return };
        self.attempts += 1;
        self.stale = false;
        self.status = None;
        self.watchdog.enter(Stage::Connect);
        self.state = State::Attempting(Attempt::begin(&self.shared, plan));
    }

    async fn attempt(&mut self) {
        let State::Attempting(attempt) = &mut self.state else {
            return;
        };
        let exchange = Arc::clone(&attempt.exchange);
        let sending = attempt.sending.as_mut();
        let attempted = self
            .watchdog
            .wait_in(sending, || Some(exchange.stage()))
            .await;
        let attempted = match attempted {
            Ok(attempted) => attempted,
            Err(timer) => {
                let host = self
                    .plan
                    .as_ref()
                    .and_then(|plan| plan.outgoing.url.host_str());
                let error = attempt.unanswered(timer, host.unwrap_or_default());
                return self.fail(error);
            }
        };
        self.stale = attempted.stale;
        self.status = attempted.status;
        self.request_id = attempted.request_id;
        match attempted.result {
            Ok(answer) => {
                self.watchdog.enter(Stage::FirstToken);
                self.state = State::Reading(Box::new(answer));
            }
            Err(error) => self.fail(error),
        }
    }

    async fn sleep(&mut self) {
        let State::Waiting(sleep) = &mut self.state else {
            return;
        };
        let slept = self.watchdog.wait(sleep.as_mut()).await;
        self.state = State::Ready;
        if slept.is_err() {
            self.end(attempt::timed_out(Timer::Total, Phase::Retry));
        }
    }

    async fn read(&mut self) {
        let State::Reading(answer) = &mut self.state else {
            return;
        };
        let mut step = answer.read(&mut self.watchdog, &mut self.batch).await;
        if !self.batch.is_empty() && self.first_content.is_none() {
            self.first_content = Some(Instant::now());
            self.watchdog.enter(Stage::Idle);
            self.plan = None;
        }
        // Where there is always something to read, nothing waits, and no timer is asked there.
        let may_expire = self.batch.is_empty() || self.watchdog.has_total();
        if let (Ok(Step::More), true) = (&step, may_expire) {
            if let Some(timer) = self.watchdog.expired() {
                step = Err(attempt::timed_out_in_body(timer));
            }
        }
        match step {
            Ok(Step::More) => {}
            Ok(Step::Complete) => {
                if let State::Reading(mut answer) = std::mem::replace(&mut self.state, State::Ended)
                {
                    answer.close(&mut self.batch);
                    self.state = State::Closing(answer, Box::pin(sleep(DRAIN)));
                }
            }
            Err(error) => {
                if error.kind == ErrorKind::Timeout {
                    answer.retire_connection();
                }
                self.fail(error);
            }
        }
    }

    /// Reads the connection to its end so that it can be used again, then says END.
    async fn close(&mut self) {
        let State::Closing(answer, limit) = &mut self.state else {
            return;
        };
        // Late or broken: the connection is simply not used again.
        let _ = select(pin!(answer.drain()), limit.as_mut()).await;
        let finish = answer.finish();
        self.state = State::Ended;
        self.shared.budget.deposit();
        let receipt = Receipt {
            outcome: Outcome::Complete,
            ..self.receipt(finish)
        };
        self.log(LogLevel::Info, || {
            format!("answered after {} attempts", receipt.attempts)
        });
        self.batch.push(Event::End(Box::new(receipt)));
    }

    /// An attempt failed: tries again where that is right, else ends.
    fn fail(&mut self, error: LlmError) {
        if self.first_content.is_some() || self.plan.is_none() {
            return self.end(error);
        }
        let options = &self.shared.options;
        let limits = [self.request.limits.retries_max, options.limits.retries_max];
        let policy = Policy {
            retries_max: limits.into_iter().flatten().next().unwrap_or(RETRIES_MAX),
            retry_after_max: Duration::from_millis(options.retry_after_max_ms),
        };
        let left = self.watchdog.time_left();
        let budget = &self.shared.budget;
        match self
            .history
            .next(&error, self.stale, policy, left, fastrand::f64(), budget)
        {
            None => self.end(error),
            Some(wait) => {
                self.log(LogLevel::Warn, || {
                    format!("{error}; trying again in {wait:?}")
                });
                // With its state the attempt's connection goes.
                self.watchdog.enter(Stage::Retry);
                self.state = State::Waiting(Box::pin(sleep(wait)));
            }
        }
    }

    fn end(&mut self, error: LlmError) {
        let receipt = self.ended(error);
        self.log(LogLevel::Error, || match &receipt.error {
            Some(error) => error.message.clone(),
            None => "ended".to_owned(),
        });
        self.batch.push(Event::End(Box::new(receipt)));
    }

    fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.batch.clear();
        let message = match kind {
            ErrorKind::Closed => "the client was closed",
            _ => "cancelled",
        };
        let (phase, maybe_executed) = match &self.state {
            State::Ready => (Phase::Request, false),
            State::Attempting(attempt) if !attempt.exchange.is_connected() => {
                (Phase::Connect, false)
            }
            State::Attempting(attempt) => (Phase::Headers, attempt.exchange.maybe_executed()),
            State::Waiting(_) => (Phase::Retry, false),
            State::Reading(_) | State::Closing(..) | State::Ended => (Phase::Body, true),
        };
        let mut error = LlmError::new(kind, message).phase(phase);
        error.maybe_executed = maybe_executed;
        self.ended(error)
    }

    /// Lets go of the connection and completes the error into a receipt.
    fn ended(&mut self, mut error: LlmError) -> Receipt {
        let finish = match std::mem::replace(&mut self.state, State::Ended) {
            State::Reading(answer) | State::Closing(answer, _) => answer.finish(),
            State::Ready | State::Attempting(_) | State::Waiting(_) | State::Ended => {
                Finish::default()
            }
        };
        error.attempts = self.attempts;
        error.provider = self.provider.or(error.provider);
        error.status = error.status.or(self.status);
        error.request_id = error.request_id.take().or_else(|| self.request_id.clone());
        if let Some(provider) = error.provider {
            if !error.message.starts_with(provider) {
                error.message = format!("{provider}: {}", error.message);
            }
        }
        plan::redactor(&self.shared, &self.request).clean_error(&mut error);
        let failed = Receipt::failed(error);
        Receipt {
            outcome: failed.outcome,
            error: failed.error,
            ..self.receipt(finish)
        }
    }

    fn receipt(&self, finish: Finish) -> Receipt {
        let began = self.began.unwrap_or_else(Instant::now);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        Receipt {
            outcome: Outcome::Failed,
            finish_reason: finish.reason,
            finish_reason_raw: finish.reason_raw,
            usage: finish.usage,
            unknown_events: finish.unknown_events,
            warnings: finish.warnings,
            attempts: self.attempts,
            timings: Timings {
                first_token_ms: self.first_content.map(|at| milliseconds(at - began)),
                total_ms: milliseconds(began.elapsed()),
            },
            request_id: self.request_id.clone(),
            error: None,
        }
    }

    fn log(&self, level: LogLevel, message: impl FnOnce() -> String) {
        self.shared.log(level, self.provider, message);
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Life")
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
