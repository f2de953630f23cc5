//! The scheduler of a client with a clock, a lock, wakers and one timer. Owns that a request which
//! waits is woken when its turn comes, and that one which is dropped, waiting or granted, holds
//! nothing: the next one is woken at once.

use std::collections::hash_map::RandomState;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use futures_util::future::select;
use http::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{sleep_until, Instant};

use super::cost::Cost;
use super::headers::{self, Limits};
use super::scheduler::{Finished, Grant, LaneName, Scheduler};
use super::PacingLimits;
use crate::error::{ErrorKind, LlmError};
use crate::mutex::lock;

/// What paces the requests of a client.
pub(crate) struct Pacer {
    began: Instant,
    /// Of accounts: keys are not kept here.
    pub(crate) accounts: RandomState,
    learns: bool,
    state: Mutex<State>,
    timer_changed: Arc<Notify>,
}

struct State {
    scheduler: Scheduler,
    /// By seniority.
    slots: HashMap<u64, Slot>,
    /// Of the next call.
    seniority: u64,
    /// When something may pass.
    again_at: Option<Duration>,
    timer: Timer,
}

enum Slot {
    Waits(Option<Waker>),
    Decided(Decided),
}

/// What has become of one that waited.
enum Decided {
    Granted(Grant),
    /// Its lane holds it back for so long, which is longer than it waits.
    Late(Duration),
}

enum Timer {
    Stopped,
    /// It looks again at this time.
    Until(Option<Duration>),
}

/// What came of entering the queue.
pub(crate) enum Entered {
    Decided(Turn),
    Later(Waiting),
}

/// What came of waiting.
pub(crate) enum Turn {
    Now(Permit),
    /// Not within the time that it waits: it would have to wait for so much longer at least.
    TooLate(Duration),
}

impl Pacer {
    pub(crate) fn new(limits: PacingLimits) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            accounts: RandomState::new(),
            learns: limits.learns,
            state: Mutex::new(State {
                scheduler: Scheduler::new(limits),
                slots: HashMap::new(),
                seniority: 0,
                again_at: None,
                timer: Timer::Stopped,
            }),
            timer_changed: Arc::new(Notify::new()),
        })
    }

    /// How many requests wait.
    pub(crate) fn queued(&self) -> usize {
        lock(&self.state).scheduler.queued()
    }

    /// What a response shows of the provider's limits, if that counts.
    pub(crate) fn limits(&self, headers: &HeaderMap, now: SystemTime) -> Limits {
        match self.learns {
            true => headers::limits(headers, now),
            false => Limits::new(),
        }
    }

    /// Queues a request. `seniority` is that of its call, which the first request of a call gets.
    /// With `wait_max` it leaves once it is known that its lane holds it back for longer.
    pub(crate) fn enter(
        self: &Arc<Self>,
        lane: LaneName,
        cost: Cost,
        wait_max: Option<Duration>,
        seniority: &mut Option<u64>,
    ) -> Result<Entered, LlmError> {
        let mut state = lock(&self.state);
        let now = self.began.elapsed();
        let next = state.seniority;
        let seniority = *seniority.get_or_insert(next);
        state.seniority = next.max(seniority + 1);
        state.scheduler.enter(&lane, seniority, cost, now);
        if let Some(wait_max) = wait_max {
            let until = now + wait_max;
            state.scheduler.wait_until(&lane, seniority, until);
        }
        state.slots.insert(seniority, Slot::Waits(None));
        let wakers = self.decide(&mut state, now);
        let decided = state.take_decided(seniority);
        let is_refused = decided.is_none() && state.scheduler.is_too_full();
        let refused = is_refused.then(|| {
            state.slots.remove(&seniority);
            state.scheduler.leave(&lane, seniority);
            queue_is_full(state.scheduler.limits())
        });
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if let Some(error) = refused {
            return Err(error);
        }
        Ok(match decided {
            Some(decided) => Entered::Decided(self.turn(decided)),
            None => Entered::Later(Waiting {
                pacer: Arc::clone(self),
                lane,
                seniority,
                is_over: false,
            }),
        })
    }

    fn turn(self: &Arc<Self>, decided: Decided) -> Turn {
        match decided {
            Decided::Late(wait) => Turn::TooLate(wait),
            Decided::Granted(grant) => Turn::Now(Permit {
                pacer: Arc::clone(self),
                grant,
                finished: Finished::default(),
            }),
        }
    }

    /// Changes something, and lets pass what may pass then.
    fn change(self: &Arc<Self>, change: impl FnOnce(&mut State, Duration)) {
        let mut state = lock(&self.state);
        let now = self.began.elapsed();
        change(&mut state, now);
        let wakers = self.decide(&mut state, now);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Those to be woken once the lock is released.
    fn decide(self: &Arc<Self>, state: &mut State, now: Duration) -> Vec<Waker> {
        let decision = state.scheduler.decide(now);
        let granted = decision.granted.into_iter();
        let granted = granted.map(|grant| (grant.seniority, Decided::Granted(grant)));
        let late = decision.late.into_iter();
        let late = late.map(|(seniority, wait)| (seniority, Decided::Late(wait)));
        let mut wakers = Vec::new();
        for (seniority, decided) in granted.chain(late) {
            let slot = state.slots.get_mut(&seniority);
            if let Some(slot) = slot {
                if let Slot::Waits(Some(waker)) = std::mem::replace(slot, Slot::Decided(decided)) {
                    wakers.push(waker);
                }
            }
        }
        state.again_at = decision.again_at;
        self.set_timer(state);
        wakers
    }

    /// One timer for all that wait, whether or not their callers poll them.
    fn set_timer(self: &Arc<Self>, state: &mut State) {
        let Some(again_at) = state.again_at else {
            return;
        };
        match &state.timer {
            Timer::Until(Some(until)) if again_at < *until => self.timer_changed.notify_one(),
            Timer::Until(_) => {}
            // A stream that is dropped outside of a runtime leaves it to the next one that enters.
            Timer::Stopped => {
                if let Ok(runtime) = Handle::try_current() {
                    state.timer = Timer::Until(None);
                    let timer = TimerRuns::new(Arc::downgrade(self));
                    runtime.spawn(timer.run(Arc::clone(&self.timer_changed)));
                }
            }
        }
    }

    fn poll_turn(&self, seniority: u64, context: &mut Context<'_>) -> Poll<Decided> {
        let mut state = lock(&self.state);
        if let Some(decided) = state.take_decided(seniority) {
            return Poll::Ready(decided);
        }
        if let Some(Slot::Waits(waker)) = state.slots.get_mut(&seniority) {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
        }
        Poll::Pending
    }
}

impl State {
    fn take_decided(&mut self, seniority: u64) -> Option<Decided> {
        match self.slots.get(&seniority) {
            Some(Slot::Decided(_)) => match self.slots.remove(&seniority) {
                Some(Slot::Decided(decided)) => Some(decided),
                Some(Slot::Waits(_)) | None => None,
            },
            Some(Slot::Waits(_)) | None => None,
        }
    }
}

/// As many wait as may: like a provider that is out of capacity, it can go better later.
fn queue_is_full(limits: &PacingLimits) -> LlmError {
    let message = format!(
        "{0} requests wait already, as many as queued_max ({0}) allows",
        limits.queued_max
    );
    LlmError::new(ErrorKind::Overloaded, message).retryable(true)
}

/// A request that waits for its turn. Dropping it leaves the queue.
pub(crate) struct Waiting {
    pacer: Arc<Pacer>,
    lane: LaneName,
    seniority: u64,
    is_over: bool,
}

impl Future for Waiting {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Turn> {
        match self.pacer.poll_turn(self.seniority, context) {
            Poll::Ready(decided) => {
                self.is_over = true;
                Poll::Ready(self.pacer.turn(decided))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (lane, seniority) = (&self.lane, self.seniority);
        self.pacer
            .change(|state, now| match state.slots.remove(&seniority) {
                Some(Slot::Decided(Decided::Granted(grant))) => {
                    state.scheduler.finish(&grant, Finished::default(), now);
                }
                Some(Slot::Decided(Decided::Late(_))) => {}
                Some(Slot::Waits(_)) | None => state.scheduler.leave(lane, seniority),
            });
    }
}

/// A request may be sent, and counts until this is dropped.
pub(crate) struct Permit {
    pacer: Arc<Pacer>,
    grant: Grant,
    finished: Finished,
}

impl Permit {
    pub(super) fn sent(&mut self) {
        self.finished.was_sent = true;
    }

    /// The head of the response came.
    pub(super) fn answered(&mut self, limits: &Limits, is_taken: bool) {
        self.finished.was_answered = true;
        let grant = &self.grant;
        self.pacer.change(|state, now| {
            state.scheduler.answered(grant, limits, now);
            if is_taken {
                state.scheduler.taken(grant, now);
            }
        });
    }

    /// The provider takes no more for now.
    pub(super) fn refused(&mut self, wait: Option<Duration>) {
        let grant = &self.grant;
        self.pacer
            .change(|state, now| state.scheduler.refused(grant, wait, now));
    }

    /// How many tokens it used.
    pub(super) fn used(&mut self, tokens: u64) {
        self.finished.tokens = Some(tokens);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let (grant, finished) = (&self.grant, self.finished);
        self.pacer
            .change(|state, now| state.scheduler.finish(grant, finished, now));
    }
}

/// The timer of a pacer, which does not keep it alive.
struct TimerRuns {
    pacer: Weak<Pacer>,
    is_over: bool,
}

impl TimerRuns {
    const fn new(pacer: Weak<Pacer>) -> Self {
        Self {
            pacer,
            is_over: false,
        }
    }

    async fn run(mut self, changed: Arc<Notify>) {
        while let Some(at) = self.next() {
            let notified = pin!(changed.notified());
            let _ = select(pin!(sleep_until(at)), notified).await;
            if let Some(pacer) = self.pacer.upgrade() {
                pacer.change(|state, _| state.timer = Timer::Until(None));
            }
        }
    }

    /// When to look again; `None`: nothing waits for a time.
    fn next(&mut self) -> Option<Instant> {
        let pacer = self.pacer.upgrade()?;
        let mut state = lock(&pacer.state);
        let Some(at) = state.again_at else {
            state.timer = Timer::Stopped;
            self.is_over = true;
            return None;
        };
        state.timer = Timer::Until(Some(at));
        Some(pacer.began + at)
    }
}

impl Drop for TimerRuns {
    fn drop(&mut self) {
        // The runtime ended with it; another one may go on.
        if let (false, Some(pacer)) = (self.is_over, self.pacer.upgrade()) {
            lock(&pacer.state).timer = Timer::Stopped;
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Waiting")
            .field("lane", &self.lane)
            .field("seniority", &self.seniority)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Permit")
            .field("grant", &self.grant)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}
