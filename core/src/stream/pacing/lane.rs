//! The requests of one provider, key and model: who waits, in which order, and what holds the first
//! of them back. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cost::Cost;
use super::headers::Reported;
use super::learned::Learned;
use super::window::{Spread, Window};
use super::PacingLimits;

/// So much of a limit of requests per minute may pass at once.
const BURST_PART: f64 = 6.0;
const BURST_MIN: f64 = 10.0;

/// What may be sent now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// Its place among all that passed on its lane.
    pub(super) order: u64,
    pub(super) at: Duration,
    /// What the limit of tokens has counted.
    counted: u64,
}

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    /// By the seniority of the call.
    waiting: BTreeMap<u64, Cost>,
    /// Of those that wait, the ones that have somewhere else to go, and until when they wait.
    wait_until: BTreeMap<u64, Duration>,
    requests: Option<(Window, Spread, f64)>,
    tokens: Option<Window>,
    learned: Option<Learned>,
    under_way: u64,
    order: u64,
    used_at: Duration,
}

impl Lane {
    pub(super) fn new(limits: &PacingLimits) -> Self {
        let requests = limits.requests_per_minute.map(|limit| {
            let window = Window::new(limit.into());
            (window, Spread::default(), f64::from(limit.max(1)))
        });
        Self {
            waiting: BTreeMap::new(),
            wait_until: BTreeMap::new(),
            requests,
            tokens: limits.tokens_per_minute.map(Window::new),
            learned: limits.learns.then(|| Learned::new(limits.wait_max)),
            under_way: 0,
            order: 0,
            used_at: Duration::ZERO,
        }
    }

    pub(super) fn enter(&mut self, seniority: u64, cost: Cost, now: Duration) {
        self.used_at = now;
        self.waiting.insert(seniority, cost);
    }

    /// One that waits does so until then at most.
    pub(super) fn wait_until(&mut self, seniority: u64, until: Duration) {
        self.wait_until.insert(seniority, until);
    }

    /// Whether it waited.
    pub(super) fn leave(&mut self, seniority: u64) -> bool {
        self.wait_until.remove(&seniority);
        self.waiting.remove(&seniority).is_some()
    }

    /// Those leave whose time is over before they can pass, each with the wait that it was spared
    /// at least. One that is held back by its own size does not take those behind it along.
    pub(super) fn leave_late(&mut self, now: Duration) -> Vec<(u64, Duration)> {
        let mut late = Vec::new();
        while !self.wait_until.is_empty() {
            let Some((first, at)) = self.first(now).filter(|(_, at)| *at > now) else {
                break;
            };
            let is_late = |until: &Duration| *until < at;
            if self.wait_until.get(&first).is_some_and(is_late) {
                self.leave(first);
                late.push((first, at - now));
                continue;
            }
            let behind = self.wait_until.iter().filter(|(_, until)| is_late(until));
            let behind: Vec<_> = behind.map(|(seniority, _)| *seniority).collect();
            for seniority in behind {
                self.leave(seniority);
                late.push((seniority, at - now));
            }
            break;
        }
        late
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The first one, and when it may pass: now or later.
    pub(super) fn first(&mut self, now: Duration) -> Option<(u64, Duration)> {
        let (seniority, cost) = self.waiting.first_key_value()?;
        let (seniority, cost) = (*seniority, *cost);
        let mut at = now;
        if let Some((window, spread, per_minute)) = &mut self.requests {
            let burst = (*per_minute / BURST_PART).max(BURST_MIN);
            at = at.max(window.free_at(1, now));
            at = at.max(spread.free_at(*per_minute, burst));
        }
        if let Some(tokens) = &mut self.tokens {
            at = at.max(tokens.free_at(cost.tokens(), now));
        }
        if let Some(learned) = &mut self.learned {
            at = at.max(learned.free_at(cost, now));
        }
        Some((seniority, at))
    }

    /// The first one passes.
    pub(super) fn pass(&mut self, now: Duration) -> Option<Passed> {
        let (seniority, cost) = self.waiting.pop_first()?;
        self.wait_until.remove(&seniority);
        self.used_at = now;
        self.under_way += 1;
        self.order += 1;
        if let Some((window, spread, per_minute)) = &mut self.requests {
            window.add(1, now);
            spread.add(*per_minute, now);
        }
        let tokens = self.tokens.as_mut();
        let counted = tokens.map_or(0, |tokens| tokens.add(cost.tokens(), now));
        if let Some(learned) = &mut self.learned {
            learned.sent(cost, now);
        }
        Some(Passed {
            order: self.order,
            at: now,
            counted,
        })
    }

    /// It was not sent after all.
    pub(super) fn take_back(&mut self, passed: &Passed, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some((window, ..)) = &mut self.requests {
            window.correct(1, passed.at, 0, now);
        }
        self.settle(passed, Some(0), now);
        self.answered(passed);
    }

    /// It is over; so many tokens were used, if that is known.
    pub(super) fn finish(&mut self, passed: &Passed, tokens: Option<u64>, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        self.settle(passed, tokens, now);
    }

    fn settle(&mut self, passed: &Passed, tokens: Option<u64>, now: Duration) {
        if let (Some(window), Some(truth)) = (&mut self.tokens, tokens) {
            window.correct(passed.counted, passed.at, truth, now);
        }
    }

    /// The head of its response has come, or none ever will.
    pub(super) fn answered(&mut self, passed: &Passed) {
        if let Some(learned) = &mut self.learned {
            learned.answered(passed.at);
        }
    }

    pub(super) fn taken(&mut self, passed: &Passed, now: Duration) {
        if let Some(learned) = &mut self.learned {
            learned.passed(passed.at, now);
        }
    }

    pub(super) fn report(&mut self, passed: &Passed, limits: &[Reported], now: Duration) {
        if let Some(learned) = &mut self.learned {
            learned.report(limits, passed.order, now);
        }
    }

    pub(super) fn refused(&mut self, passed: &Passed, wait: Option<Duration>, now: Duration) {
        if let Some(learned) = &mut self.learned {
            learned.refused(wait, passed.at, now);
        }
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&mut self, now: Duration, idle_max: Duration) -> bool {
        self.waiting.is_empty() && self.under_way == 0 && now > self.used_at + idle_max
    }
}
