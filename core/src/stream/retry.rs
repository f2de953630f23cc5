//! Whether and when a failed attempt is tried again: pure functions of the error, the history and a
//! random number, and the budget that keeps an outage from being multiplied.

use std::sync::Mutex;
use std::time::Duration;

use crate::error::{ErrorKind, LlmError};
use crate::mutex::lock;

/// Retries after a failure where the provider may have run the request.
const MAYBE_EXECUTED_RETRIES_MAX: u32 = 1;
/// Retries after a reused connection was found closing: they cost nothing, since nothing can have
/// been run.
const STALE_RETRIES_MAX: u32 = 1;
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// A backoff is never shorter than this part of the own step, however short a Retry-After is.
const ASKED_STEP_MIN: f64 = 0.1;

const BUDGET_MAX: u32 = 500;
const BUDGET_RETRY: u32 = 5;
const BUDGET_RETRY_TIMEOUT: u32 = 10;
const BUDGET_SUCCESS: u32 = 1;

/// What bounds the retries of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) retries_max: u32,
    pub(crate) retry_after_max: Duration,
}

/// What one call has tried already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct History {
    retries: u32,
    maybe_executed: u32,
    stale: u32,
}

impl History {
    /// Whether an attempt that was tried again may have been run.
    pub(crate) fn maybe_executed(&self) -> bool {
        self.maybe_executed > 0
    }

    /// Decides on the next attempt, and remembers it. `None`: the error is final.
    ///
    /// `stale`: the request cannot have been run, see `Exchange::is_stale`.
    /// `time_left`: until the total deadline. `random`: uniform in 0..1.
    pub(crate) fn next(
        &mut self,
        error: &LlmError,
        stale: bool,
        policy: Policy,
        time_left: Option<Duration>,
        random: f64,
        budget: &Budget,
    ) -> Option<Duration> {
        if !error.retryable {
            return None;
        }
        if stale && self.stale < STALE_RETRIES_MAX && policy.retries_max > 0 {
            self.stale += 1;
            return Some(Duration::ZERO);
        }
        let executed_too_often =
            error.maybe_executed && self.maybe_executed >= MAYBE_EXECUTED_RETRIES_MAX;
        if executed_too_often || self.retries >= policy.retries_max {
            return None;
        }
        let wait = wait(error, self.retries + 1, policy, random)?;
        if time_left.is_some_and(|left| wait >= left) || !budget.withdraw(error.kind) {
            return None;
        }
        self.retries += 1;
        self.maybe_executed += u32::from(error.maybe_executed);
        Some(wait)
    }
}

/// The provider's Retry-After, a little spread; else the backoff. `None`: it is too long.
fn wait(error: &LlmError, retry: u32, policy: Policy, random: f64) -> Option<Duration> {
    let Some(milliseconds) = error.retry_after_ms else {
        return Some(step(retry).mul_f64(random));
    };
    let requested = Duration::from_millis(milliseconds);
    let spread = requested + requested.mul_f64(0.1 * random);
    let at_least = step(retry).mul_f64(ASKED_STEP_MIN * (1.0 + random));
    (requested <= policy.retry_after_max).then(|| spread.max(at_least))
}

/// An exponential, bounded step, under which the wait is uniform: full jitter ("Exponential Backoff
/// And Jitter", AWS Architecture Blog, 2015). `retry` counts from 1.
fn step(retry: u32) -> Duration {
    BACKOFF_FIRST
        .saturating_mul(2_u32.saturating_pow(retry))
        .min(BACKOFF_MAX)
}

/// Tokens that retries of all calls of a client share: when a provider is down, the retries stop
/// soon and first attempts go on. Successes fill it again.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(BUDGET_MAX))
    }
}

impl Budget {
    /// Pays for a retry, if the budget has it.
    fn withdraw(&self, kind: ErrorKind) -> bool {
        let cost = if kind == ErrorKind::Timeout {
            BUDGET_RETRY_TIMEOUT
        } else {
            BUDGET_RETRY
        };
        let mut tokens = lock(&self.0);
        match tokens.checked_sub(cost) {
            Some(rest) => {
                *tokens = rest;
                true
            }
            None => false,
        }
    }

    /// A call succeeded.
    pub(crate) fn deposit(&self) {
        let mut tokens = lock(&self.0);
        *tokens = (*tokens + BUDGET_SUCCESS).min(BUDGET_MAX);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        retries_max: 5,
        retry_after_max: Duration::from_secs(60),
    };

    fn overloaded() -> LlmError {
        LlmError::new(ErrorKind::Overloaded, "busy").retryable(true)
    }

    fn after(milliseconds: u64) -> LlmError {
        LlmError {
            retry_after_ms: Some(milliseconds),
            ..overloaded()
        }
    }

    fn decide(error: &LlmError, time_left: Option<Duration>, random: f64) -> Option<Duration> {
        History::default().next(error, false, POLICY, time_left, random, &Budget::default())
    }

    #[test]
    fn backoff_is_full_jitter_under_a_growing_bounded_step() {
        let steps: Vec<_> = (1..=7).map(|retry| step(retry).as_millis()).collect();
        assert_eq!(steps, [1000, 2000, 4000, 8000, 8000, 8000, 8000]);
        assert_eq!(step(u32::MAX), BACKOFF_MAX);
        assert_eq!(decide(&overloaded(), None, 0.0), Some(Duration::ZERO));
        assert_eq!(
            decide(&overloaded(), None, 1.0),
            Some(Duration::from_secs(1))
        );
    }

    #[test]
    fn retry_after_is_honoured_within_its_cap_and_the_deadline() {
        assert_eq!(
            decide(&after(1000), None, 0.0),
            Some(Duration::from_secs(1))
        );
        assert_eq!(
            decide(&after(1000), None, 1.0),
            Some(Duration::from_millis(1100))
        );
        assert_eq!(
            decide(&after(20_000), Some(Duration::from_secs(10)), 0.5),
            None
        );
        assert_eq!(decide(&after(3_600_000), None, 0.5), None);
        assert_eq!(decide(&after(u64::MAX), None, 0.5), None);
    }

    #[test]
    fn a_short_retry_after_leaves_a_backoff() {
        for requested in [0, 1, 99] {
            let wait = decide(&after(requested), None, 0.0);
            assert_eq!(wait, Some(Duration::from_millis(100)), "{requested}");
        }
        let budget = Budget::default();
        let mut history = History::default();
        let mut waits = || history.next(&after(1), false, POLICY, None, 0.0, &budget);
        let all: Vec<_> = std::iter::from_fn(|| waits().map(|wait| wait.as_millis())).collect();
        assert_eq!(all, [100, 200, 400, 800, 800]);
    }

    #[test]
    fn retries_are_counted_and_a_request_that_may_have_run_is_tried_once_more() {
        let budget = Budget::default();
        let mut history = History::default();
        let mut count = |error: &LlmError, stale| {
            (0..10)
                .filter(|_| {
                    history
                        .next(error, stale, POLICY, None, 0.0, &budget)
                        .is_some()
                })
                .count()
        };
        assert_eq!(count(&overloaded(), true), 6, "a free one, then five");
        let executed = LlmError {
            maybe_executed: true,
            ..overloaded()
        };
        let mut history = History::default();
        let tries = (0..10)
            .filter(|_| {
                history
                    .next(&executed, false, POLICY, None, 0.0, &budget)
                    .is_some()
            })
            .count();
        assert_eq!(tries, 1);
        assert_eq!(decide(&overloaded().retryable(false), None, 0.0), None);
    }

    #[test]
    fn budget_bounds_an_outage_and_fills_again() {
        let budget = Budget::default();
        let spent = (0..1000)
            .filter(|_| budget.withdraw(ErrorKind::Overloaded))
            .count();
        assert_eq!(spent, 100);
        assert!(!budget.withdraw(ErrorKind::Overloaded));
        (0..5).for_each(|_| budget.deposit());
        assert!(!budget.withdraw(ErrorKind::Timeout));
        assert!(budget.withdraw(ErrorKind::Overloaded));
    }
}
