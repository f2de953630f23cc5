//! What one lane learns from its provider with `pacing: "headers"`: a pause after a refusal, what
//! the headers say is left, and a rate where refusals come all the same. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use super::cost::{Cost, Resource};
use super::headers::Reported;
use super::rate::Rate;
use super::remaining::Remaining;

/// The first pause of a lane whose provider said nothing; it doubles until a request passes.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(32);
/// A refusal comes at once. What a provider has had for longer it has taken and counted, although
/// a whole response may be minutes away.
const REFUSED_WITHIN: Duration = Duration::from_secs(2);

/// What one lane has learned.
#[derive(Debug)]
pub(super) struct Learned {
    wait_max: Duration,
    remaining: [Remaining; 4],
    rate: Rate,
    paused_until: Duration,
    /// The next pause, where the provider does not say how long.
    pause: Duration,
    /// After a pause one request asks whether the provider takes any.
    is_probing: bool,
    /// When it was sent.
    probe_sent: Option<Duration>,
    /// Requests that were sent just now and whose response has not come.
    awaited: VecDeque<(Duration, Cost)>,
}

impl Learned {
    /// Waits of more than `wait_max` are not believed.
    pub(super) fn new(wait_max: Duration) -> Self {
        Self {
            wait_max,
            remaining: Resource::ALL.map(Remaining::new),
            rate: Rate::default(),
            paused_until: Duration::ZERO,
            pause: PAUSE_FIRST,
            is_probing: false,
            probe_sent: None,
            awaited: VecDeque::new(),
        }
    }

    /// When a request may pass.
    pub(super) fn free_at(&mut self, cost: Cost, now: Duration) -> Duration {
        let mut at = self.paused_until.max(now);
        if let (true, Some(sent)) = (self.is_probing, self.probe_sent) {
            match sent + REFUSED_WITHIN {
                taken_at if taken_at > now => at = at.max(taken_at),
                _ => self.resume(sent),
            }
        }
        at = at.max(self.rate.free_at(now));
        for remaining in &mut self.remaining {
            at = at.max(remaining.free_at(cost, now));
        }
        at
    }

    pub(super) fn sent(&mut self, cost: Cost, now: Duration) {
        if self.is_probing {
            self.probe_sent = Some(now);
        }
        self.forget_counted(now);
        self.awaited.push_back((now, cost));
        self.rate.sent(now);
        for remaining in &mut self.remaining {
            remaining.sent(cost);
        }
    }

    /// The head of a response has come, or none ever will.
    pub(super) fn answered(&mut self, sent_at: Duration) {
        let mut awaited = self.awaited.iter();
        if let Some(position) = awaited.position(|(sent, _)| *sent == sent_at) {
            self.awaited.remove(position);
        }
        self.probe_sent = self.probe_sent.filter(|sent| *sent != sent_at);
    }

    /// The provider took a request that it got then.
    pub(super) fn passed(&mut self, sent_at: Duration, now: Duration) {
        if self.is_probing && self.rate.is_new(sent_at) {
            self.resume(sent_at);
        }
        self.rate.passed(now);
    }

    pub(super) fn report(&mut self, limits: &[Reported], order: u64, now: Duration) {
        self.forget_counted(now);
        for reported in limits {
            let awaited = self.awaited.iter();
            let unreported = awaited.map(|(_, cost)| cost.of(reported.resource));
            let unreported = unreported.fold(0, u64::saturating_add);
            let mut known = self.remaining.iter_mut();
            if let Some(known) = known.find(|known| known.resource() == reported.resource) {
                known.report(reported, unreported, order, self.wait_max, now);
            }
        }
    }

    /// The provider takes no more for now; `sent_at`: when it got the request that it refused.
    pub(super) fn refused(&mut self, wait: Option<Duration>, sent_at: Duration, now: Duration) {
        let is_new = self.rate.is_new(sent_at);
        let pause = wait.unwrap_or(self.pause).min(self.wait_max);
        if is_new || wait.is_some() {
            self.paused_until = self.paused_until.max(now + pause);
        }
        if !is_new {
            return self.rate.correct();
        }
        let is_repeated = std::mem::replace(&mut self.is_probing, true);
        self.probe_sent = None;
        self.rate.decrease(wait.is_some(), is_repeated, pause, now);
        if wait.is_none() {
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }

    fn resume(&mut self, sent_at: Duration) {
        self.is_probing = false;
        self.probe_sent = None;
        self.pause = PAUSE_FIRST;
        self.rate.resume(sent_at);
    }

    fn forget_counted(&mut self, now: Duration) {
        let is_counted = |(sent, _): &(Duration, Cost)| *sent + REFUSED_WITHIN <= now;
        while self.awaited.front().is_some_and(is_counted) {
            self.awaited.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn per_minute(&self) -> Option<f64> {
        self.rate.per_minute()
    }
}
