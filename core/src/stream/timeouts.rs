//! The timers of one stream. Owns when a wait has lasted too long and which timer says so; time
//! that the host takes is not counted. Monotonic clock only. Called by `stream`.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{sleep_until, Instant, Sleep};

use crate::error::Timer;
use crate::request::CallLimits;

/// Bytes of a body that count as a sign of life even when no event is whole yet: a large event on a
/// slow line is alive, a trickle of single bytes is not.
pub(crate) const ALIVE_BYTES: usize = 1024;

/// The limits of one call; `None` is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    connect: Option<Duration>,
    headers: Option<Duration>,
    first_token: Option<Duration>,
    idle: Option<Duration>,
    total: Option<Duration>,
}

impl Limits {
    /// What the call says, else what the client says, else the default.
    pub(crate) fn new(call: &CallLimits, client: &CallLimits, stream: bool) -> Self {
        let limit = |call: Option<u64>, client: Option<u64>, default_ms: u64| {
            let milliseconds = call.or(client).unwrap_or(default_ms);
            (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
        };
        let total_ms = if stream { 0 } else { 600_000 };
        Self {
            connect: limit(call.connect_timeout_ms, client.connect_timeout_ms, 10_000),
            headers: limit(call.headers_timeout_ms, client.headers_timeout_ms, 600_000),
            first_token: limit(
                call.first_token_timeout_ms,
                client.first_token_timeout_ms,
                600_000,
            ),
            idle: limit(call.idle_timeout_ms, client.idle_timeout_ms, 60_000),
            total: limit(call.total_timeout_ms, client.total_timeout_ms, total_ms),
        }
    }
}

/// After a timer has run out, data that has arrived meanwhile still counts: the process may have
/// been stopped, and the runtime looks at its timers before it knows of the data. So much time is
/// given beyond the deadline, and as much as the timer was late itself, up to a second.
const GRACE: Duration = Duration::from_millis(2);
const GRACE_MAX: Duration = Duration::from_secs(1);

/// What a stream is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Connect,
    Headers,
    FirstToken,
    Idle,
    /// The head said that there is no answer; what else it says is waited for by a limit of its
    /// own.
    Refused,
    Retry,
}

/// Polls a timer that stands behind work which may have used up the task's share of polls: tokio
/// would then call every timer pending, for as long as a socket always has data.
pub(crate) fn poll_sleep(sleep: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<()> {
    pin!(tokio::task::unconstrained(sleep)).poll(context)
}

/// The clock of one stream.
#[derive(Debug)]
pub(crate) struct Watchdog {
    limits: Limits,
    stage: Stage,
    /// When the stage began, or last showed a sign of life; moved on by the host's own time.
    stage_began: Instant,
    /// When the call began, moved on likewise.
    total_began: Instant,
    host_since: Option<Instant>,
    /// Time of the host since the stage was entered.
    away: Duration,
    /// The deadline of this timer has passed; until then data may still come.
    grace: Option<(Timer, Instant)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub(crate) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            limits,
            stage: Stage::Headers,
            stage_began: now,
            total_began: now,
            host_since: None,
            away: Duration::ZERO,
            grace: None,
            sleep: None,
        }
    }

    /// Begins a stage.
    pub(crate) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.stage_began = Instant::now();
        self.away = Duration::ZERO;
        self.end_grace();
    }

    /// A sign of life: the idle timer begins anew. The other timers are not fed.
    pub(crate) fn feed(&mut self) {
        if self.stage == Stage::Idle {
            self.stage_began = Instant::now();
            self.end_grace();
        }
    }

    /// The stage has a new deadline; nothing moves that of the whole call.
    fn end_grace(&mut self) {
        self.grace = self.grace.filter(|(timer, _)| *timer == Timer::Total);
    }

    /// From here on the host is the slow one.
    pub(crate) fn host_begins(&mut self) {
        self.host_since = Some(Instant::now());
    }

    /// The host asks for more: its time is taken out of every timer.
    pub(crate) fn host_ends(&mut self) {
        if let Some(since) = self.host_since.take() {
            let away = since.elapsed();
            self.stage_began += away;
            self.total_began += away;
            self.away += away;
        }
    }

    /// Time until the total deadline.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.limits
            .total
            .map(|total| total.saturating_sub(self.total_began.elapsed()))
    }

    /// Whether there is a timer that content does not feed.
    pub(crate) fn has_total(&self) -> bool {
        self.limits.total.is_some()
    }

    fn deadline(&self) -> Option<(Instant, Timer)> {
        let stage = match self.stage {
            Stage::Connect => self.limits.connect.map(|limit| (limit, Timer::Connect)),
            Stage::Headers => self.limits.headers.map(|limit| (limit, Timer::Headers)),
            Stage::FirstToken => self
                .limits
                .first_token
                .map(|limit| (limit, Timer::FirstToken)),
            Stage::Idle => self.limits.idle.map(|limit| (limit, Timer::Idle)),
            Stage::Refused | Stage::Retry => None,
        };
        let stage = stage.map(|(limit, timer)| (self.stage_began + limit, timer));
        let total = self
            .limits
            .total
            .map(|limit| (self.total_began + limit, Timer::Total));
        match (stage, total) {
            (Some(stage), Some(total)) => Some(if total.0 <= stage.0 { total } else { stage }),
            (one, other) => one.or(other),
        }
    }

    /// Waits for a future, but no longer than the timers allow; `Err` is the timer that ran out.
    pub(crate) async fn wait<F: Future>(&mut self, future: F) -> Result<F::Output, Timer> {
        self.wait_in(future, || None).await
    }

    /// The same, while somebody else knows which stage this is and since when.
    pub(crate) async fn wait_in<F: Future>(
        &mut self,
        future: F,
        stage: impl Fn() -> Option<(Stage, Instant)>,
    ) -> Result<F::Output, Timer> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if let Some((stage, began)) = stage() {
                if stage != self.stage {
                    self.end_grace();
                }
                self.stage = stage;
                self.stage_began = began + self.away;
            }
            self.poll_expired(context).map(Err)
        })
        .await
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::future::pending;

    fn watchdog(json_limits: CallLimits) -> Watchdog {
        Watchdog::new(Limits::new(&json_limits, &CallLimits::default(), true))
    }

    async fn expire(watchdog: &mut Watchdog) -> Timer {
        watchdog.wait(pending::<()>()).await.unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn the_earlier_timer_wins_and_is_named() {
        let limits = CallLimits {
            headers_timeout_ms: Some(3_000),
            total_timeout_ms: Some(2_000),
            ..CallLimits::default()
        };
        let began = Instant::now();
        assert_eq!(expire(&mut watchdog(limits)).await, Timer::Total);
        assert_eq!(began.elapsed().as_secs(), 2);
        let limits = CallLimits {
            total_timeout_ms: Some(0),
            ..limits
        };
        assert_eq!(expire(&mut watchdog(limits)).await, Timer::Headers);
    }

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_feed_idle_and_nothing_else() {
        let limits = CallLimits {
            first_token_timeout_ms: Some(3_000),
            idle_timeout_ms: Some(3_000),
            ..CallLimits::default()
        };
        let mut watchdog = watchdog(limits);
        for stage in [Stage::FirstToken, Stage::Idle] {
            watchdog.enter(stage);
            let began = Instant::now();
            let _ = watchdog
                .wait(tokio::time::sleep(Duration::from_secs(2)))
                .await;
            watchdog.feed();
            expire(&mut watchdog).await;
            let fed = stage == Stage::Idle;
            assert_eq!(
                began.elapsed().as_secs(),
                if fed { 5 } else { 3 },
                "{stage:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_sign_of_life_moves_the_end_of_the_call() {
        let limits = CallLimits {
            total_timeout_ms: Some(3_000),
            ..CallLimits::default()
        };
        let mut watchdog = watchdog(limits);
        watchdog.enter(Stage::Idle);
        let began = Instant::now();
        let timer = loop {
            let token = tokio::time::sleep(Duration::from_millis(1));
            if let Err(timer) = watchdog.wait(token).await {
                break timer;
            }
            if let Some(timer) = watchdog.expired() {
                break timer;
            }
            watchdog.feed();
            assert!(began.elapsed().as_secs() < 10, "it never ran out");
        };
        assert_eq!((timer, began.elapsed().as_secs()), (Timer::Total, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn time_of_the_host_is_not_counted() {
        let limits = CallLimits {
            idle_timeout_ms: Some(3_000),
            total_timeout_ms: Some(10_000),
            ..CallLimits::default()
        };
        let mut watchdog = watchdog(limits);
        watchdog.enter(Stage::Idle);
        watchdog.host_begins();
        tokio::time::sleep(Duration::from_secs(60)).await;
        watchdog.host_ends();
        let began = Instant::now();
        assert_eq!(expire(&mut watchdog).await, Timer::Idle);
        assert_eq!(began.elapsed().as_secs(), 3);
    }
}
