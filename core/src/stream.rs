//! The life of one request: attempts until an answer begins, events while it lasts, and one END.
//! Owns the order of things and every decision about retries and endings; the work is done by the
//! codec, `attempt`, `answer`, `retry` and `timers`. Driven by whoever polls; dropping it closes
//! the connection.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use http::HeaderMap;
use tokio::time::{sleep_until, Instant};

use crate::answer::{Answer, Step};
use crate::attempt;
use crate::batch::EventBatch;
use crate::client::Shared;
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::event::{Event, Outcome, Receipt, Timings};
use crate::options::LogLevel;
use crate::plan::{self, Plan};
use crate::providers::Finish;
use crate::request::LlmRequest;
use crate::retry::{History, Policy, RETRIES_MAX};
use crate::secret::Redactor;
use crate::timers::{Limits, Stage, Watchdog};

/// The events of one request: a `Stream` of [`Event`], or batch by batch without an allocation per
/// piece of text. Nothing is sent before the first poll.
pub struct LlmStream {
    /// Absent only while `step` holds it.
    life: Option<Box<Life>>,
    step: Option<Pin<Box<dyn Future<Output = Box<Life>> + Send>>>,
    events: VecDeque<Event>,
}

impl LlmStream {
    pub(crate) fn new(shared: Arc<Shared>, request: LlmRequest) -> Self {
        Self {
            life: Some(Box::new(Life::new(shared, request))),
            step: None,
            events: VecDeque::new(),
        }
    }

    /// Waits for the next events; `None` once the batch that held the END was handed out. Dropping
    /// the future loses nothing. Not to be mixed with polling the `Stream`.
    pub async fn next_batch(&mut self) -> Option<&EventBatch> {
        let life = self.life.as_mut()?;
        life.step().await.then_some(&life.batch)
    }

    /// Takes the events of the last batch out of it.
    pub fn drain(&mut self) -> Vec<Event> {
        self.life
            .as_mut()
            .map(|life| life.batch.drain())
            .unwrap_or_default()
    }

    /// Closes the connection at once and gives the receipt of a stream that was ended from outside,
    /// with the usage known so far. The stream yields nothing afterwards.
    pub fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.step = None;
        match self.life.as_mut() {
            Some(life) => life.abort(kind),
            None => Receipt::failed(LlmError::new(
                kind,
                "ended while its events were being read",
            )),
        }
    }
}

impl Stream for LlmStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if let Some(mut life) = self.life.take() {
                if life.is_ended() {
                    self.life = Some(life);
                    return Poll::Ready(None);
                }
                self.step = Some(Box::pin(async move {
                    life.step().await;
                    life
                }));
            }
            let Some(step) = self.step.as_mut() else {
                return Poll::Ready(None);
            };
            let mut life = ready!(step.as_mut().poll(context));
            self.step = None;
            self.events.extend(life.batch.drain());
            self.life = Some(life);
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

#[derive(Debug)]
enum State {
    /// The next thing to do is an attempt.
    Ready,
    /// The next attempt comes at this time.
    Waiting(Instant),
    /// An answer is being read.
    Reading(Box<Answer>),
    /// The answer is complete; its connection is read to the end, briefly, and END follows.
    Closing(Box<Answer>),
    Ended,
}

struct Life {
    shared: Arc<Shared>,
    request: LlmRequest,
    plan: Option<Plan>,
    batch: EventBatch,
    state: State,
    watchdog: Watchdog,
    history: History,
    /// The attempt under way began on a kept connection and nothing came back yet.
    stale: bool,
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
            batch: EventBatch::default(),
            state: State::Ready,
            watchdog,
            history: History::default(),
            stale: false,
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
        self.watchdog.host_ends();
        while self.batch.is_empty() && !self.is_ended() {
            match std::mem::replace(&mut self.state, State::Ready) {
                State::Ready => self.attempt().await,
                State::Waiting(until) => self.sleep(until).await,
                State::Reading(answer) => {
                    self.state = State::Reading(answer);
                    self.read().await;
                }
                State::Closing(answer) => {
                    self.state = State::Closing(answer);
                    self.close().await;
                }
                State::Ended => self.state = State::Ended,
            }
        }
        self.watchdog.host_begins();
        !self.batch.is_empty()
    }

    async fn attempt(&mut self) {
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => match plan::plan(&self.shared, &mut self.request) {
                Ok(plan) => plan,
                Err(error) => return self.fail(error),
            },
        };
        self.attempts += 1;
        self.watchdog.enter(Stage::Headers);
        let plan = self.plan.insert(plan);
        // In a box: what it takes to connect and send is given back before the answer is read.
        let attempt = attempt::run(&self.shared, &self.request, plan, &mut self.watchdog);
        let attempt = Box::pin(attempt).await;
        self.stale = attempt.stale;
        self.request_id = attempt.request_id;
        match attempt.result {
            Ok(answer) => {
                self.watchdog.enter(Stage::FirstToken);
                self.state = State::Reading(Box::new(answer));
            }
            Err(error) => self.fail(error),
        }
    }

    async fn sleep(&mut self, until: Instant) {
        self.state = State::Waiting(until);
        self.watchdog.enter(Stage::Retry);
        let slept = self.watchdog.wait(sleep_until(until)).await;
        self.state = State::Ready;
        if slept.is_err() {
            self.end(attempt::timed_out(Timer::Total, Phase::Retry));
        }
    }

    async fn read(&mut self) {
        let State::Reading(answer) = &mut self.state else {
            return;
        };
        let step = answer.read(&mut self.watchdog, &mut self.batch).await;
        if !self.batch.is_empty() && self.first_content.is_none() {
            self.first_content = Some(Instant::now());
            self.clean_start();
            self.watchdog.enter(Stage::Idle);
            // There will be no other attempt: a long prompt is not kept for a long answer.
            if let Some(plan) = &mut self.plan {
                plan.outgoing.body.clear();
                plan.outgoing.headers = HeaderMap::new();
            }
        }
        match step {
            Ok(Step::More) => {}
            Ok(Step::Complete) => {
                if let State::Reading(mut answer) = std::mem::replace(&mut self.state, State::Ended)
                {
                    answer.close(&mut self.batch);
                    self.clean_start();
                    self.state = State::Closing(answer);
                }
            }
            Err(error) => self.fail(error),
        }
    }

    /// Reads the connection to its end so that it can be used again, then says END.
    async fn close(&mut self) {
        let State::Closing(answer) = &mut self.state else {
            return;
        };
        answer.drain().await;
        let finish = answer.finish();
        self.state = State::Ended;
        self.shared.budget.deposit();
        let receipt = self.receipt(Outcome::Complete, None, finish);
        self.log(LogLevel::Info, || {
            format!("answered after {} attempts", receipt.attempts)
        });
        self.batch.push(Event::End(Box::new(receipt)));
    }

    /// An attempt failed: tries again where that is right, else ends.
    fn fail(&mut self, mut error: LlmError) {
        self.redactor().clean_error(&mut error);
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
                self.state = State::Waiting(Instant::now() + wait);
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
        let phase = match &self.state {
            State::Ready if self.plan.is_none() => Phase::Request,
            State::Ready | State::Ended => Phase::Headers,
            State::Waiting(_) => Phase::Retry,
            State::Reading(_) | State::Closing(_) => Phase::Body,
        };
        let mut error = LlmError::new(kind, message).phase(phase);
        error.maybe_executed = matches!(phase, Phase::Headers | Phase::Body);
        self.ended(error)
    }

    /// Lets go of the connection and completes the error into a receipt.
    fn ended(&mut self, mut error: LlmError) -> Receipt {
        let finish = match std::mem::replace(&mut self.state, State::Ended) {
            State::Reading(answer) | State::Closing(answer) => answer.finish(),
            State::Ready | State::Waiting(_) | State::Ended => Finish::default(),
        };
        error.attempts = self.attempts;
        error.provider = self.provider().or(error.provider);
        error.request_id = error.request_id.take().or_else(|| self.request_id.clone());
        if let Some(provider) = error.provider {
            if !error.message.starts_with(provider) {
                error.message = format!("{provider}: {}", error.message);
            }
        }
        let failed = Receipt::failed(error);
        self.receipt(failed.outcome, failed.error, finish)
    }

    /// Cleans START, which comes with the first content.
    fn clean_start(&mut self) {
        for start in self.batch.starts() {
            plan::redactor(&self.shared, Some(&self.request)).clean_start(start);
        }
    }

    fn receipt(&self, outcome: Outcome, error: Option<LlmError>, finish: Finish) -> Receipt {
        let began = self.began.unwrap_or_else(Instant::now);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let mut receipt = Receipt {
            outcome,
            finish_reason: finish.reason,
            finish_reason_raw: finish.reason_raw,
            usage: finish.usage,
            unknown_events: finish.unknown_events,
            attempts: self.attempts,
            timings: Timings {
                first_token_ms: self.first_content.map(|at| milliseconds(at - began)),
                total_ms: milliseconds(began.elapsed()),
            },
            request_id: self.request_id.clone(),
            error,
        };
        self.redactor().clean_receipt(&mut receipt);
        receipt
    }

    fn provider(&self) -> Option<&'static str> {
        self.plan.as_ref().map(|plan| plan.provider.name())
    }

    fn redactor(&self) -> Redactor<'_> {
        plan::redactor(&self.shared, Some(&self.request))
    }

    fn log(&self, level: LogLevel, message: impl FnOnce() -> String) {
        let (provider, request) = (self.provider(), Some(&self.request));
        self.shared.log(level, provider, request, message);
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            // Without the state: a decoder holds what the redactor has not seen yet.
            .debug_struct("Life")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
