//! The deadlines of one stream: key, connect, headers, first token, idle and total. Owns when a
//! wait has lasted too long and which timer ran out; time that the caller takes is not counted.
//! Monotonic clock only.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{sleep_until, Instant, Sleep};

use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::prefetch::{self, Prefetch};
use crate::request::{CallLimits, WHOLE_RESPONSE_TIMEOUT_MS};
use crate::sleep::poll_sleep;

/// Bytes of a body that restart the idle timer even when no event is whole yet: a large event on a
/// slow connection is progress, a trickle of single bytes is not.
pub(crate) const PROGRESS_BYTES: usize = 1024;

/// The timeouts of one call; `None` is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    key: Option<Duration>,
    connect: Option<Duration>,
    headers: Option<Duration>,
    first_token: Option<Duration>,
    idle: Option<Duration>,
    total: Option<Duration>,
}

impl Timeouts {
    /// By the limits of a call, with those of its client and the defaults for what it leaves open.
    pub(crate) fn new(limits: CallLimits, stream: bool) -> Self {
        let timeout = |milliseconds: Option<u64>| {
            let set = milliseconds.filter(|milliseconds| *milliseconds > 0);
            set.map(Duration::from_millis)
        };
        let whole_ms = (!stream).then_some(WHOLE_RESPONSE_TIMEOUT_MS);
        Self {
            key: timeout(limits.key_timeout_ms),
            connect: timeout(limits.connect_timeout_ms),
            headers: timeout(limits.headers_timeout_ms),
            first_token: timeout(limits.first_token_timeout_ms),
            idle: timeout(limits.idle_timeout_ms),
            total: timeout(limits.total_timeout_ms.or(whole_ms)),
        }
    }

    fn of(&self, timer: Timer) -> Option<Duration> {
        match timer {
            Timer::Key => self.key,
            Timer::Connect => self.connect,
            Timer::Headers => self.headers,
            Timer::FirstToken => self.first_token,
            Timer::Idle => self.idle,
            Timer::Total => self.total,
        }
    }
}

/// After a timer has run out, data that has arrived meanwhile still counts: the process may have
/// been stopped, and the runtime looks at its timers before it reads the data. So much time is
/// given beyond the deadline, and as much as the timer was late itself, up to a second.
const GRACE: Duration = Duration::from_millis(2);
const GRACE_MAX: Duration = Duration::from_secs(1);

/// The deadlines of one stream: one timer of an attempt at a time, beside that of the whole call.
#[derive(Debug)]
pub(crate) struct Deadlines {
    timeouts: Timeouts,
    /// The timer that runs now; none during a backoff.
    timer: Option<Timer>,
    /// When it was started, or last restarted; moved on by the caller's own time.
    timer_began: Instant,
    /// When the call began, moved on likewise.
    total_began: Instant,
    /// Since when the caller is the slow one.
    paused_at: Option<Instant>,
    /// Time of the caller since the timer was started.
    paused_for: Duration,
    /// The deadline of this timer has passed; until then data may still come.
    grace: Option<(Timer, Instant)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadlines {
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            timeouts,
            timer: None,
            timer_began: now,
            total_began: now,
            paused_at: None,
            paused_for: Duration::ZERO,
            grace: None,
            sleep: None,
        }
    }

    /// The call that this is a part of began then; its own time counts, not that of the part.
    pub(crate) fn share_total(&mut self, total_began: Instant) {
        self.total_began = total_began;
    }

    /// A fallback may have timeouts of its own, but for that of the whole call.
    pub(crate) fn renew(&mut self, timeouts: Timeouts) {
        self.timeouts = Timeouts {
            total: self.timeouts.total,
            ..timeouts
        };
        self.start(None);
    }

    /// Starts a timer in place of the one that runs; `None` stops it.
    pub(crate) fn start(&mut self, timer: Option<Timer>) {
        self.timer = timer;
        self.timer_began = Instant::now();
        self.paused_for = Duration::ZERO;
        self.end_grace();
    }

    /// The connection showed progress: restarts the idle timer, and no other.
    pub(crate) fn restart_idle(&mut self) {
        if self.timer == Some(Timer::Idle) {
            self.timer_began = Instant::now();
            self.end_grace();
        }
    }

    /// There is a new deadline; nothing moves that of the whole call.
    fn end_grace(&mut self) {
        self.grace = self.grace.filter(|(timer, _)| *timer == Timer::Total);
    }

    pub(crate) fn prefetch(&self, load: Prefetch) {
        if let Some(sleep) = &self.sleep {
            prefetch::whole(&**sleep, load);
        }
    }

    /// From here on the caller is the slow one: no timer runs.
    pub(crate) fn pause_for_caller(&mut self) {
        self.paused_at = Some(Instant::now());
    }

    /// The caller polls again: the time that it took is taken out of every timer.
    pub(crate) fn resume(&mut self) {
        if let Some(since) = self.paused_at.take() {
            let paused = since.elapsed();
            self.timer_began += paused;
            self.total_began += paused;
            self.paused_for += paused;
        }
    }

    /// Time until the total deadline.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.timeouts
            .total
            .map(|total| total.saturating_sub(self.total_began.elapsed()))
    }

    /// Whether there is a timer that content does not feed.
    pub(crate) fn has_total(&self) -> bool {
        self.timeouts.total.is_some()
    }

    fn deadline(&self) -> Option<(Instant, Timer)> {
        let running = self.timer.and_then(|timer| {
            let limit = self.timeouts.of(timer)?;
            Some((self.timer_began + limit, timer))
        });
        let total = self
            .timeouts
            .total
            .map(|limit| (self.total_began + limit, Timer::Total));
        match (running, total) {
            (Some(running), Some(total)) if running.0 < total.0 => Some(running),
            (running, total) => total.or(running),
        }
    }

    /// Waits for a future, but no longer than the timers allow; `Err` is the timer that ran out.
    pub(crate) fn wait<'a, F: Future + ?Sized>(
        &'a mut self,
        future: Pin<&'a mut F>,
    ) -> impl Future<Output = Result<F::Output, Timer>> + 'a {
        self.wait_with(future, || None)
    }

    /// The same, while `timer` holds which timer runs, if any does, and since when.
    /// Not an `async fn`, which would keep room for its arguments twice, in every stream.
    pub(crate) fn wait_with<'a, F: Future + ?Sized>(
        &'a mut self,
        mut future: Pin<&'a mut F>,
        timer: impl Fn() -> Option<(Option<Timer>, Instant)> + 'a,
    ) -> impl Future<Output = Result<F::Output, Timer>> + 'a {
        poll_fn(move |context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if let Some((timer, began)) = timer() {
                if timer != self.timer {
                    self.end_grace();
                }
                self.timer = timer;
                self.timer_began = began + self.paused_for;
            }
            self.poll_expired(context).map(Err)
        })
    }

    /// Ready once a deadline has passed. The sleep is moved only when it fires or must fire
    /// earlier, so that a token does not touch the runtime's timer wheel.
    fn poll_expired(&mut self, context: &mut Context<'_>) -> Poll<Timer> {
        loop {
            let Some((deadline, _)) = self.deadline() else {
                return Poll::Pending;
            };
            let wake_at = self
                .grace
                .map_or(deadline, |(_, grace)| grace.max(deadline));
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(wake_at)));
            if sleep.deadline() > wake_at || sleep.is_elapsed() {
                sleep.as_mut().reset(wake_at);
            }
            if poll_sleep(sleep.as_mut(), context).is_pending() {
                return Poll::Pending;
            }
            if let Some(timer) = self.expired() {
                return Poll::Ready(timer);
            }
        }
    }

    /// The timer that has run out, for good: its grace is over too.
    pub(crate) fn expired(&mut self) -> Option<Timer> {
        let (deadline, timer) = self.deadline()?;
        let now = Instant::now();
        if now < deadline {
            return None;
        }
        match self.grace {
            Some((due, grace)) if due == timer => (now >= grace).then_some(timer),
            Some(_) | None => {
                let late = now.duration_since(deadline).min(GRACE_MAX);
                self.grace = Some((timer, now + GRACE + late));
                None
            }
        }
    }
}

/// The error of a timer that ran out. The total deadline is final, and so is that of the caller's
/// own function; the others may be tried again.
pub(crate) fn timed_out(timer: Timer, phase: Phase) -> LlmError {
    let message = format!("no progress within {}_timeout_ms", timer.name());
    let mut error = LlmError::new(ErrorKind::Timeout, message).phase(phase);
    error.timer = Some(timer);
    error.retryable(!matches!(timer, Timer::Key | Timer::Total))
}

/// A timer that ran out while a response was read.
pub(crate) fn timed_out_in_body(timer: Timer) -> LlmError {
    let mut error = timed_out(timer, Phase::Body);
    error.maybe_executed = true;
    error
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::pin::pin;

    fn deadlines(limits: CallLimits) -> Deadlines {
        Deadlines::new(Timeouts::new(limits.or(CallLimits::DEFAULTS), true))
    }

    async fn expire(deadlines: &mut Deadlines) -> Timer {
        let never = pin!(pending::<()>());
        let expired = deadlines.wait(never);
        let hour = Duration::from_secs(3_600);
        let expired = tokio::time::timeout(hour, expired).await;
        expired.expect("a timer within the hour").unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn the_earlier_timer_wins_and_is_named() {
        let limits = CallLimits {
            headers_timeout_ms: Some(3_000),
            total_timeout_ms: Some(2_000),
            ..CallLimits::default()
        };
        let began = Instant::now();
        let mut both = deadlines(limits);
        both.start(Some(Timer::Headers));
        assert_eq!(expire(&mut both).await, Timer::Total);
        assert_eq!(began.elapsed().as_secs(), 2);
        let limits = CallLimits {
            total_timeout_ms: Some(0),
            ..limits
        };
        let mut one = deadlines(limits);
        one.start(Some(Timer::Headers));
        assert_eq!(expire(&mut one).await, Timer::Headers);
    }

    #[tokio::test(start_paused = true)]
    async fn progress_restarts_idle_and_nothing_else() {
        let limits = CallLimits {
            first_token_timeout_ms: Some(3_000),
            idle_timeout_ms: Some(3_000),
            ..CallLimits::default()
        };
        let mut deadlines = deadlines(limits);
        for timer in [Timer::FirstToken, Timer::Idle] {
            deadlines.start(Some(timer));
            let began = Instant::now();
            let _ = deadlines
                .wait(pin!(tokio::time::sleep(Duration::from_secs(2))))
                .await;
            deadlines.restart_idle();
            expire(&mut deadlines).await;
            let restarts = timer == Timer::Idle;
            assert_eq!(
                began.elapsed().as_secs(),
                if restarts { 5 } else { 3 },
                "{timer:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_progress_moves_the_end_of_the_call() {
        let limits = CallLimits {
            total_timeout_ms: Some(3_000),
            ..CallLimits::default()
        };
        let mut deadlines = deadlines(limits);
        deadlines.start(Some(Timer::Idle));
        let began = Instant::now();
        let timer = loop {
            let token = tokio::time::sleep(Duration::from_millis(1));
            if let Err(timer) = deadlines.wait(pin!(token)).await {
                break timer;
            }
            if let Some(timer) = deadlines.expired() {
                break timer;
            }
            deadlines.restart_idle();
            assert!(began.elapsed().as_secs() < 10, "it never ran out");
        };
        assert_eq!((timer, began.elapsed().as_secs()), (Timer::Total, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn time_of_the_caller_is_not_counted() {
        let limits = CallLimits {
            idle_timeout_ms: Some(3_000),
            total_timeout_ms: Some(10_000),
            ..CallLimits::default()
        };
        let mut deadlines = deadlines(limits);
        deadlines.start(Some(Timer::Idle));
        deadlines.pause_for_caller();
        tokio::time::sleep(Duration::from_secs(60)).await;
        deadlines.resume();
        let began = Instant::now();
        assert_eq!(expire(&mut deadlines).await, Timer::Idle);
        assert_eq!(began.elapsed().as_secs(), 3);
    }
}
