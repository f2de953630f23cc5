//! The rate of a lane whose provider refuses requests: additive increase, multiplicative decrease.
//! Pure.
//!
//! The first refusal measures it: what the provider took, over the time until it takes more. Later
//! ones decrease it, once for all requests that were sent before the decrease, which only correct
//! the measure. While it holds requests back it grows by a hundredth every ten seconds, and twice
//! as much after each minute without a refusal.

use std::time::Duration;

use super::window::{Spread, MINUTE};

/// The rate after a refusal that said how long to wait, of what was measured.
const DECREASE_TOLD: f64 = 0.95;
/// The rate after one that said nothing.
const DECREASE_UNTOLD: f64 = 0.7;
/// Of the decreased rate, at each step.
const INCREASE: f64 = 0.01;
const INCREASE_EVERY: Duration = Duration::from_secs(10);
const DOUBLINGS_MAX: u32 = 5;
/// Less than this is held by pauses, not by the rate.
const PER_MINUTE_MIN: f64 = 6.0;
const TIME_MIN: Duration = Duration::from_millis(100);

/// The rate; there is none before the first refusal.
#[derive(Debug, Default)]
pub(super) struct Rate {
    per_minute: Option<f64>,
    step: f64,
    grown_at: Duration,
    /// It has held something back since.
    has_held: bool,
    spread: Spread,
    /// What was sent since then and not refused.
    measured_since: Option<Duration>,
    taken: f64,
    decreased_at: Option<Duration>,
    /// The last decrease, while refusals may still correct it.
    decrease: Option<Decrease>,
}

#[derive(Debug, Clone, Copy)]
struct Decrease {
    /// The rate before it.
    known: f64,
    factor: f64,
    /// What was measured was in so much time.
    time: Duration,
    /// Nothing was taken since the decrease before it, which the measure shows.
    is_repeated: bool,
}

impl Rate {
    /// When the next request may pass.
    pub(super) fn free_at(&mut self, now: Duration) -> Duration {
        let Some(per_minute) = self.per_minute else {
            return now;
        };
        // A second's worth may pass at once.
        let at = self
            .spread
            .free_at(per_minute, (per_minute / 60.0).max(1.0));
        self.has_held |= at > now;
        at.max(now)
    }

    pub(super) fn sent(&mut self, now: Duration) {
        let since = *self.measured_since.get_or_insert(now);
        if now.saturating_sub(since) > MINUTE {
            // The measure is of the last minute, more or less.
            self.measured_since = Some(now - (now - since) / 2);
            self.taken /= 2.0;
        }
        self.taken += 1.0;
        if let Some(per_minute) = self.per_minute {
            self.spread.add(per_minute, now);
        }
    }

    /// The provider takes requests again, of which this was the first.
    pub(super) fn resume(&mut self, sent_at: Duration) {
        self.measured_since = Some(sent_at);
        self.taken = 1.0;
        self.decrease = None;
    }

    /// The provider took a request.
    pub(super) fn passed(&mut self, now: Duration) {
        let (Some(per_minute), Some(decreased_at)) = (self.per_minute, self.decreased_at) else {
            return;
        };
        if !self.has_held || now < self.grown_at + INCREASE_EVERY {
            return;
        }
        let minutes = now.saturating_sub(decreased_at).as_secs() / MINUTE.as_secs();
        let doublings = u32::try_from(minutes).unwrap_or(u32::MAX);
        let doublings = doublings.min(DOUBLINGS_MAX);
        self.per_minute = Some(per_minute + self.step * f64::from(2_u32.pow(doublings)));
        self.grown_at = now;
        self.has_held = false;
    }

    /// Whether a request was sent after the last decrease, so that its refusal says something new.
    pub(super) fn is_new(&self, sent_at: Duration) -> bool {
        self.decreased_at.is_none_or(|then| sent_at >= then)
    }

    /// A request was refused that says something new.
    pub(super) fn decrease(
        &mut self,
        is_told: bool,
        is_repeated: bool,
        pause: Duration,
        now: Duration,
    ) {
        self.taken = (self.taken - 1.0).max(0.0);
        let since = self.measured_since.unwrap_or(now);
        self.decrease = Some(Decrease {
            known: self.per_minute.unwrap_or(f64::INFINITY),
            factor: match is_told {
                true => DECREASE_TOLD,
                false => DECREASE_UNTOLD,
            },
            time: (now.saturating_sub(since) + pause).max(TIME_MIN),
            is_repeated,
        });
        self.decreased_at = Some(now);
        self.grown_at = now;
        self.has_held = false;
        self.spread.restart(now + pause);
        self.apply();
    }

    /// Another one that was sent before the decrease was refused too.
    pub(super) fn correct(&mut self) {
        if self.decrease.is_some() {
            self.taken = (self.taken - 1.0).max(0.0);
            self.apply();
        }
    }

    fn apply(&mut self) {
        let Some(decrease) = self.decrease else {
            return;
        };
        let Decrease { known, factor, .. } = decrease;
        let measured = self.taken.max(1.0) * 60.0 / decrease.time.as_secs_f64();
        let decreased = match decrease.is_repeated {
            true => known.min(measured * factor),
            false => known.min(measured) * factor,
        };
        let per_minute = decreased.max(PER_MINUTE_MIN);
        self.per_minute = Some(per_minute);
        self.step = per_minute * INCREASE;
    }

    #[cfg(test)]
    pub(super) fn per_minute(&self) -> Option<f64> {
        self.per_minute
    }
}
