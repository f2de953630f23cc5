//! What one lane learns from its provider with `pacing: "headers"`: a pause after a 429, what the
//! headers say is left, and a rate where 429s come all the same. Pure.
//!
//! The rate is additive increase, multiplicative decrease. The first 429 of a lane measures it:
//! what the provider took, over the time until it takes more. Later ones decrease it, once for all
//! requests that were sent before the decrease; while it holds requests back it grows by a
//! hundredth every ten seconds, and twice as much after each minute without a 429.

use std::time::Duration;

use super::cost::{Cost, Resource};
use super::headers::Reported;
use super::remaining::Remaining;
use super::window::{Spread, MINUTE};

/// The rate after a 429 that said how long to wait, of what was measured.
const DECREASE_TOLD: f64 = 0.95;
/// The rate after a 429 that said nothing.
const DECREASE_UNTOLD: f64 = 0.7;
/// Of the decreased rate, at each step.
const INCREASE: f64 = 0.01;
const INCREASE_EVERY: Duration = Duration::from_secs(10);
const DOUBLINGS_MAX: u32 = 5;
/// Less than this is held by pauses, not by the rate.
const PER_MINUTE_MIN: f64 = 6.0;
/// The first pause of a lane whose provider said nothing; it doubles until a request passes.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(32);

/// What one lane has learned.
#[derive(Debug)]
pub(super) struct Learned {
    wait_max: Duration,
    remaining: [Remaining; 4],
    paused_until: Duration,
    /// After a pause one request asks whether the provider takes any.
    is_probing: bool,
    /// Requests whose response has not come.
    awaited: u64,
    pause: Duration,
    rate: Option<Rate>,
    /// What was taken since then, for the measure.
    measured_since: Option<Duration>,
    taken: f64,
    decreased_at: Option<Duration>,
}

#[derive(Debug)]
struct Rate {
    per_minute: f64,
    step: f64,
    grown_at: Duration,
    /// It has held something back since.
    has_held: bool,
    spread: Spread,
}

impl Rate {
    /// A second's worth may pass at once.
    fn burst(&self) -> f64 {
        (self.per_minute / 60.0).max(1.0)
    }

    fn free_at(&mut self, now: Duration) -> Duration {
        let at = self.spread.free_at(self.per_minute, self.burst());
        self.has_held |= at > now;
        at.max(now)
    }

    fn grow(&mut self, decreased_at: Duration, now: Duration) {
        if !self.has_held || now < self.grown_at + INCREASE_EVERY {
            return;
        }
        let minutes = now.saturating_sub(decreased_at).as_secs() / MINUTE.as_secs();
        let doublings = u32::try_from(minutes)
            .unwrap_or(u32::MAX)
            .min(DOUBLINGS_MAX);
        self.per_minute += self.step * f64::from(2_u32.pow(doublings));
        self.grown_at = now;
        self.has_held = false;
    }
}

impl Learned {
    /// Waits of more than `wait_max` are not believed.
    pub(super) fn new(wait_max: Duration) -> Self {
        Self {
            wait_max,
            remaining: Resource::ALL.map(Remaining::new),
            paused_until: Duration::ZERO,
            is_probing: false,
            awaited: 0,
            pause: PAUSE_FIRST,
            rate: None,
            measured_since: None,
            taken: 0.0,
            decreased_at: None,
        }
    }

    /// When a request may pass; `None`: once the one that is under way was answered.
    pub(super) fn free_at(&mut self, cost: Cost, now: Duration) -> Option<Duration> {
        if self.is_probing && self.awaited > 0 {
            return None;
        }
        let mut at = self.paused_until.max(now);
        if let Some(rate) = &mut self.rate {
            at = at.max(rate.free_at(now));
        }
        for remaining in &mut self.remaining {
            at = at.max(remaining.free_at(cost, now));
        }
        Some(at)
    }

    pub(super) fn sent(&mut self, cost: Cost, now: Duration) {
        self.awaited += 1;
        self.measured_since.get_or_insert(now);
        if let Some(rate) = &mut self.rate {
            rate.spread.add(rate.per_minute, now);
        }
        for remaining in &mut self.remaining {
            remaining.sent(cost);
        }
    }

    /// The head of a response has come, or none ever will.
    pub(super) fn answered(&mut self, cost: Cost) {
        self.awaited = self.awaited.saturating_sub(1);
        for remaining in &mut self.remaining {
            remaining.answered(cost);
        }
    }

    /// The provider took a request that it got then.
    pub(super) fn passed(&mut self, sent_at: Duration, now: Duration) {
        if self.is_probing && self.decreased_at.is_none_or(|then| sent_at >= then) {
            self.is_probing = false;
            self.pause = PAUSE_FIRST;
            self.measured_since = Some(sent_at);
            self.taken = 0.0;
        }
        self.taken += 1.0;
        self.forget_older(now);
        if let (Some(rate), Some(decreased_at)) = (&mut self.rate, self.decreased_at) {
            rate.grow(decreased_at, now);
        }
    }

    pub(super) fn report(&mut self, limits: &[Reported], order: u64, now: Duration) {
        for reported in limits {
            let mut known = self.remaining.iter_mut();
            if let Some(known) = known.find(|known| known.resource() == reported.resource) {
                known.report(reported, order, self.wait_max, now);
            }
        }
    }

    /// The provider takes no more for now; `sent_at`: when it got the request that it refused.
    pub(super) fn refused(&mut self, wait: Option<Duration>, sent_at: Duration, now: Duration) {
        let is_new = self.decreased_at.is_none_or(|then| sent_at >= then);
        if !is_new && wait.is_none() {
            return;
        }
        let pause = wait.unwrap_or(self.pause).min(self.wait_max);
        self.paused_until = self.paused_until.max(now + pause);
        let is_repeated = std::mem::replace(&mut self.is_probing, true);
        if !is_new {
            return;
        }
        self.decrease(wait.is_some(), is_repeated, pause, now);
        if wait.is_none() {
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    /// `is_repeated`: it took nothing since the last refusal, which the measure shows.
    fn decrease(&mut self, is_told: bool, is_repeated: bool, pause: Duration, now: Duration) {
        let since = self.measured_since.unwrap_or(now);
        let time = (now.saturating_sub(since) + pause).max(Duration::from_millis(100));
        let measured = self.taken.max(1.0) * 60.0 / time.as_secs_f64();
        let factor = match is_told {
            true => DECREASE_TOLD,
            false => DECREASE_UNTOLD,
        };
        let known = self.rate.take().map(|rate| rate.per_minute);
        let known = known.unwrap_or(f64::INFINITY);
        let decreased = match is_repeated {
            true => known.min(measured * factor),
            false => known.min(measured) * factor,
        };
        let per_minute = decreased.max(PER_MINUTE_MIN);
        let mut spread = Spread::default();
        spread.restart(now + pause);
        self.rate = Some(Rate {
            per_minute,
            step: per_minute * INCREASE,
            grown_at: now,
            has_held: false,
            spread,
        });
        self.decreased_at = Some(now);
    }

    /// The measure is of the last minute, more or less.
    fn forget_older(&mut self, now: Duration) {
        let since = self.measured_since.unwrap_or(now);
        if now.saturating_sub(since) > MINUTE {
            self.measured_since = Some(now - (now - since) / 2);
            self.taken /= 2.0;
        }
    }

    #[cfg(test)]
    pub(super) fn per_minute(&self) -> Option<f64> {
        self.rate.as_ref().map(|rate| rate.per_minute)
    }
}
