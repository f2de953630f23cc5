//! The life of one request: attempts until an answer begins, events while it lasts, and one END.
//! Owns the order of things; the work is done by the codec, `attempt`, `answer` and `timers`, and
//! how it ends or begins anew is in `ending`.

use std::fmt;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select;
use tokio::task::yield_now;
use tokio::time::{sleep, Instant, Sleep};

use crate::batch::EventBatch;
use crate::client::Shared;
use crate::error::{ErrorKind, Phase, Timer};
use crate::event::{Event, Outcome};
use crate::options::LogLevel;
use crate::request::LlmRequest;
use crate::stream::attempt::{self, Attempt};
use crate::stream::prepare::{self as plan, Plan};
use crate::stream::response_reader::{Answer, Step};
use crate::stream::retry::History;
use crate::stream::timeouts::{Limits, Stage, Watchdog};

/// How long the rest of a complete answer is read so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(20);
/// Reads in a row that bring nothing for the caller, each of 16 KiB at most.
const TURNS_MAX: u32 = 4;

/// Where a stream stands. Whatever is under way stands in here and nowhere else, so that a step
/// which is dropped loses nothing.
#[derive(Debug)]
pub(super) enum State {
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

pub(super) struct Life {
    pub(super) shared: Arc<Shared>,
    pub(super) request: LlmRequest,
    /// Absent before the request was read, and once content came: there will be no other attempt,
    /// and a long prompt is not kept for a long answer.
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) provider: Option<&'static str>,
    pub(super) batch: EventBatch,
    pub(super) state: State,
    pub(super) watchdog: Watchdog,
    pub(super) history: History,
    /// The last attempt cannot have been run.
    pub(super) stale: bool,
    pub(super) status: Option<u16>,
    pub(super) attempts: u32,
    /// When the stream was first polled.
    pub(super) began: Option<Instant>,
    pub(super) first_content: Option<Instant>,
    pub(super) request_id: Option<String>,
}

impl Life {
    pub(super) fn new(shared: Arc<Shared>, request: LlmRequest) -> Self {
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

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Goes on until there are events. False when there will be no more.
    pub(super) async fn step(&mut self) -> bool {
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
                let Some(plan) = &self.plan else { return };
                let error = attempt.unanswered(timer, &self.shared, plan);
                return self.fail(error);
            }
        };
        self.log_attempted(&attempted);
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
            clean_start(&self.shared, &self.request, &mut self.batch);
            self.watchdog.enter(Stage::Idle);
            self.plan = None;
        }
        // Where there is always something to read, nothing waits, and no timer is asked there.
        let may_expire = self.batch.is_empty() || self.watchdog.has_total();
        if let (Ok(Step::More), true) = (&step, may_expire) {
            if let Some(timer) = self.watchdog.expired() {
                step = answer.timed_out(timer);
            }
        }
        match step {
            Ok(Step::More) => {}
            Ok(Step::Complete) => {
                if let State::Reading(mut answer) = std::mem::replace(&mut self.state, State::Ended)
                {
                    answer.close(&mut self.batch);
                    if let Err(error) = self.batch.check() {
                        return self.fail(error);
                    }
                    clean_start(&self.shared, &self.request, &mut self.batch);
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
        let receipt = self.receipt(Outcome::Complete, None, finish);
        self.log(LogLevel::Info, || {
            format!("answered after {} attempts", receipt.attempts)
        });
        self.batch.push(Event::End(Box::new(receipt)));
    }
}

/// Cleans START, which comes with the first content.
fn clean_start(shared: &Shared, request: &LlmRequest, batch: &mut EventBatch) {
    for start in batch.new_starts() {
        plan::redactor(shared, Some(request)).clean_start(start);
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
