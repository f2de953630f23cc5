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
/// Retries after a failure that will not be over soon, such as a port at which nothing listens.
const LASTING_RETRIES_MAX: u32 = 1;
/// Its backoff is half of this and a random part of the other half: a call that cannot succeed says
/// so within a second.
const BACKOFF_LASTING: Duration = Duration::from_millis(300);
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(8);
/// A backoff is never shorter than this part of the own step, however short a Retry-After is.
const ASKED_STEP_MIN: f64 = 0.1;

/// What a retry costs. A blind one adds load to a provider that may be failing under it; after a
/// timeout the first request may still be running beside it; one that waited as a 429 asked comes
/// when the provider wants it.
const BUDGET_RETRY: u64 = 5;
const BUDGET_RETRY_TIMEOUT: u64 = 10;
const BUDGET_RETRY_AS_ASKED: u64 = 1;
const BUDGET_SUCCESS: u64 = 1;

/// What bounds the retries of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) retries_max: u32,
    pub(crate) retry_after_max: Duration,
}

/// What comes after an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt after this wait.
    Retry(Duration),
    /// None: the error is final.
    Final,
    /// None, only because the budget is used up.
    OutOfBudget,
}

/// What one call has tried already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct History {
    retries: u32,
    maybe_executed: u32,
    stale: u32,
    lasting: u32,
}

impl History {
    /// Whether an attempt that was tried again may have been run.
    pub(crate) fn maybe_executed(&self) -> bool {
        self.maybe_executed > 0
    }

    /// That of a fallback after this error: retries are counted anew, but not those of requests
    /// that may have been run, each of which may have to be paid for.
    pub(crate) fn of_fallback(self, error: &LlmError) -> Self {
        Self {
            maybe_executed: self.maybe_executed + u32::from(error.maybe_executed),
            ..Self::default()
        }
    }

    /// Decides on the next attempt, and remembers it.
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
    ) -> Next {
        if !error.retryable {
            return Next::Final;
        }
        if stale && self.stale < STALE_RETRIES_MAX && policy.retries_max > 0 {
            self.stale += 1;
            return Next::Retry(Duration::ZERO);
        }
        let executed_too_often =
            error.maybe_executed && self.maybe_executed >= MAYBE_EXECUTED_RETRIES_MAX;
        let lasts = error.is_lasting && self.lasting >= LASTING_RETRIES_MAX;
        if executed_too_often || lasts || self.retries >= policy.retries_max {
            return Next::Final;
        }
        let Some(wait) = wait(error, self.retries + 1, policy, random) else {
            return Next::Final;
        };
        if time_left.is_some_and(|left| wait >= left) {
            return Next::Final;
        }
        if !budget.withdraw(error) {
            return Next::OutOfBudget;
        }
        self.retries += 1;
        self.maybe_executed += u32::from(error.maybe_executed);
        self.lasting += u32::from(error.is_lasting);
        Next::Retry(wait)
    }
}

/// The provider's Retry-After, a little spread; else the backoff. `None`: it is too long.
fn wait(error: &LlmError, retry: u32, policy: Policy, random: f64) -> Option<Duration> {
    if error.is_lasting {
        return Some(BACKOFF_LASTING.mul_f64(0.5 * (1.0 + random)));
    }
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
pub(crate) struct Budget {
    tokens: Mutex<u64>,
    tokens_max: u64,
}

impl Budget {
    /// Pays for so many retries before a success gives something back.
    pub(crate) fn new(retries: u64) -> Self {
        let tokens_max = retries.saturating_mul(BUDGET_RETRY);
        Self {
            tokens: Mutex::new(tokens_max),
            tokens_max,
        }
    }

    /// Pays for a retry after this error, if the budget has it.
    fn withdraw(&self, error: &LlmError) -> bool {
        let cost = match error.kind {
            ErrorKind::Timeout => BUDGET_RETRY_TIMEOUT,
            ErrorKind::RateLimited if error.retry_after_ms.is_some() => BUDGET_RETRY_AS_ASKED,
            _ => BUDGET_RETRY,
        };
        let mut tokens = lock(&self.tokens);
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
        let mut tokens = lock(&self.tokens);
        *tokens = tokens.saturating_add(BUDGET_SUCCESS).min(self.tokens_max);
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
        let budget = Budget::new(1);
        wait_of(History::default().next(error, false, POLICY, time_left, random, &budget))
    }

    fn wait_of(next: Next) -> Option<Duration> {
        match next {
            Next::Retry(wait) => Some(wait),
            Next::Final | Next::OutOfBudget => None,
        }
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
    fn what_will_not_be_over_soon_is_tried_once_more_and_soon() {
        let (mut history, budget) = (History::default(), Budget::new(9));
        let refused = LlmError::new(ErrorKind::Network, "refused").retryable(true);
        let lasting = refused.clone().lasting();
        let mut next = |error: &LlmError, random| {
            wait_of(history.next(error, false, POLICY, None, random, &budget))
        };
        assert_eq!(next(&lasting, 0.0), Some(Duration::from_millis(150)));
        assert_eq!(next(&lasting, 1.0), None);
        assert!(next(&refused, 0.5).is_some(), "another failure may pass");
        let none = Policy {
            retries_max: 0,
            ..POLICY
        };
        let decided = History::default().next(&lasting, false, none, None, 0.5, &budget);
        assert_eq!(decided, Next::Final);
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
        let budget = Budget::new(100);
        let mut history = History::default();
        let mut waits = || wait_of(history.next(&after(1), false, POLICY, None, 0.0, &budget));
        let all: Vec<_> = std::iter::from_fn(|| waits().map(|wait| wait.as_millis())).collect();
        assert_eq!(all, [100, 200, 400, 800, 800]);
    }

    #[test]
    fn retries_are_counted_and_a_request_that_may_have_run_is_tried_once_more() {
        let budget = Budget::new(100);
        let mut history = History::default();
        let mut count = |error: &LlmError, stale| {
            (0..10)
                .filter(|_| history.next(error, stale, POLICY, None, 0.0, &budget) != Next::Final)
                .count()
        };
        assert_eq!(count(&overloaded(), true), 6, "a free one, then five");
        let executed = LlmError {
            maybe_executed: true,
            ..overloaded()
        };
        let mut history = History::default();
        let tries = (0..10)
            .filter(|_| history.next(&executed, false, POLICY, None, 0.0, &budget) != Next::Final)
            .count();
        assert_eq!(tries, 1);
        assert_eq!(decide(&overloaded().retryable(false), None, 0.0), None);
    }

    #[test]
    fn a_fallback_counts_anew_but_not_what_may_have_been_run() {
        let budget = Budget::new(100);
        let mut history = History::default();
        let next = |history: &mut History, error: &LlmError| {
            history.next(error, false, POLICY, None, 0.0, &budget)
        };
        let executed = LlmError {
            maybe_executed: true,
            ..overloaded()
        };
        let retry = Next::Retry(Duration::ZERO);
        assert_eq!(next(&mut history, &overloaded()), retry);
        let mut fallback = history.of_fallback(&executed);
        assert!(fallback.maybe_executed());
        let retries = (0..9).filter(|_| next(&mut fallback, &overloaded()) == retry);
        assert_eq!(retries.count(), 5);
        let mut fallback = history.of_fallback(&executed);
        assert_eq!(next(&mut fallback, &executed), Next::Final);
        let mut fallback = history.of_fallback(&overloaded());
        assert_eq!(next(&mut fallback, &executed), retry);
    }

    #[test]
    fn budget_bounds_an_outage_and_fills_again() {
        let budget = Budget::new(100);
        let spent = (0..1000).filter(|_| budget.withdraw(&overloaded())).count();
        assert_eq!(spent, 100);
        let out = History::default().next(&overloaded(), false, POLICY, None, 0.0, &budget);
        assert_eq!(out, Next::OutOfBudget);
        (0..5).for_each(|_| budget.deposit());
        assert!(!budget.withdraw(&LlmError::new(ErrorKind::Timeout, "")));
        assert!(budget.withdraw(&overloaded()));
    }

    #[test]
    fn a_429_that_was_waited_out_costs_a_fifth_of_a_blind_retry() {
        let budget = Budget::new(1);
        let limited = |asked: Option<u64>| LlmError {
            retry_after_ms: asked,
            ..LlmError::new(ErrorKind::RateLimited, "").retryable(true)
        };
        assert!((0..5).all(|_| budget.withdraw(&limited(Some(1000)))));
        assert!(!budget.withdraw(&limited(Some(1000))));
        (0..9).for_each(|_| budget.deposit());
        assert!(budget.withdraw(&limited(None)), "it is full with one retry");
        assert!(!budget.withdraw(&limited(Some(1000))));
        assert!(!Budget::new(0).withdraw(&limited(Some(1000))));
        assert!(Budget::new(u64::MAX).withdraw(&overloaded()));
    }
}
