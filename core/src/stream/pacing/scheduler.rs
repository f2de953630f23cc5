//! All lanes of a client and the limit of streams over all of them: time in, decisions out. Owns
//! the order: a call that came earlier goes first, in its lane always, and among lanes that have
//! room. A retry has the seniority of its call, so it waits before every call that came later.
//! Knows no clock, no task and no lock.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::cost::Cost;
use super::headers::Reported;
use super::lane::{Lane, Passed};
use super::PacingLimits;

/// Lanes that nobody has used for so long are forgotten, with what they learned.
const IDLE_MAX: Duration = Duration::from_secs(600);
/// So many lanes are kept without a look at who uses them.
const LANES_UNSWEPT: usize = 64;

/// Whose limits count: a provider's, for an account and a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LaneName {
    pub(crate) provider: &'static str,
    /// Stands for the key and the address; no secret.
    pub(crate) account: u64,
    pub(crate) model: Arc<str>,
}

/// A request that may be sent, until it is finished.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) seniority: u64,
    lane: LaneName,
    passed: Passed,
}

/// What a request has come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finished {
    pub(super) was_sent: bool,
    /// The head of the response was reported.
    pub(super) was_answered: bool,
    /// Tokens that it used, if that is known.
    pub(super) tokens: Option<u64>,
}

/// What may be sent now, and when to ask again if nothing happens before.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub(super) granted: Vec<Grant>,
    /// Calls that left, since their lanes hold them back for longer than they wait, and how long.
    pub(super) late: Vec<(u64, Duration)>,
    pub(super) again_at: Option<Duration>,
}

/// Everything that waits and is under way.
#[derive(Debug)]
pub(super) struct Scheduler {
    limits: PacingLimits,
    lanes: HashMap<LaneName, Lane>,
    /// Lanes in which somebody waits.
    waiting: BTreeSet<LaneName>,
    queued: usize,
    under_way: usize,
    sweep_at: usize,
}

impl Scheduler {
    pub(super) fn new(limits: PacingLimits) -> Self {
        Self {
            limits,
            lanes: HashMap::new(),
            waiting: BTreeSet::new(),
            queued: 0,
            under_way: 0,
            sweep_at: LANES_UNSWEPT,
        }
    }

    pub(super) const fn limits(&self) -> &PacingLimits {
        &self.limits
    }

    pub(super) const fn queued(&self) -> usize {
        self.queued
    }

    /// Whether more wait than may. The last one that came has to leave, unless it passed.
    pub(super) const fn is_too_full(&self) -> bool {
        self.queued > self.limits.queued_max
    }

    /// A request waits from now on.
    pub(super) fn enter(&mut self, name: &LaneName, seniority: u64, cost: Cost, now: Duration) {
        self.sweep(now);
        let limits = &self.limits;
        let lane = self.lanes.entry(name.clone());
        let lane = lane.or_insert_with(|| Lane::new(limits));
        lane.enter(seniority, cost, now);
        self.waiting.insert(name.clone());
        self.queued += 1;
    }

    /// One that waits leaves by itself once its lane holds it back for longer than until then. A
    /// wait for other streams to end does not count: wherever it goes, it has that too.
    pub(super) fn wait_until(&mut self, name: &LaneName, seniority: u64, until: Duration) {
        if let Some(lane) = self.lanes.get_mut(name) {
            lane.wait_until(seniority, until);
        }
    }

    /// A request waits no longer.
    pub(super) fn leave(&mut self, name: &LaneName, seniority: u64) {
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        if lane.leave(seniority) {
            self.queued -= 1;
        }
        if !lane.has_waiting() {
            self.waiting.remove(name);
        }
    }

    /// Lets everything pass that may, and everything leave that has waited for too long.
    pub(super) fn decide(&mut self, now: Duration) -> Decision {
        let mut decision = Decision::default();
        loop {
            self.pass(now, &mut decision);
            let late = self.leave_late(now);
            if late.is_empty() {
                return decision;
            }
            // Those behind them may pass now.
            decision.late.extend(late);
        }
    }

    fn pass(&mut self, now: Duration, decision: &mut Decision) {
        while self.has_room() {
            let (next, again_at) = self.next(now);
            decision.again_at = again_at;
            let Some(grant) = next.and_then(|lane| self.grant(lane, now)) else {
                return;
            };
            decision.granted.push(grant);
        }
        // The end of a stream is what comes next.
        decision.again_at = None;
    }

    fn leave_late(&mut self, now: Duration) -> Vec<(u64, Duration)> {
        let (lanes, mut late) = (&mut self.lanes, Vec::new());
        self.waiting.retain(|name| {
            let Some(lane) = lanes.get_mut(name) else {
                return false;
            };
            late.extend(lane.leave_late(now));
            lane.has_waiting()
        });
        self.queued -= late.len();
        late
    }

    fn has_room(&self) -> bool {
        let streams_max = self.limits.streams_max.unwrap_or(usize::MAX);
        self.under_way < streams_max && !self.waiting.is_empty()
    }

    /// The lane of the first call that may go; else when there may be one.
    fn next(&mut self, now: Duration) -> (Option<LaneName>, Option<Duration>) {
        let mut first: Option<(u64, &LaneName)> = None;
        let mut again_at: Option<Duration> = None;
        for name in &self.waiting {
            let lane = self.lanes.get_mut(name);
            let Some((seniority, at)) = lane.and_then(|lane| lane.first(now)) else {
                continue;
            };
            if at > now {
                again_at = Some(again_at.map_or(at, |again| again.min(at)));
            } else if first.is_none_or(|(other, _)| seniority < other) {
                first = Some((seniority, name));
            }
        }
        (first.map(|(_, name)| name.clone()), again_at)
    }

    fn grant(&mut self, name: LaneName, now: Duration) -> Option<Grant> {
        let lane = self.lanes.get_mut(&name)?;
        let (seniority, _) = lane.first(now)?;
        let passed = lane.pass(now)?;
        if !lane.has_waiting() {
            self.waiting.remove(&name);
        }
        self.queued -= 1;
        self.under_way += 1;
        Some(Grant {
            seniority,
            lane: name,
            passed,
        })
    }

    /// The head of a response came; what it says of limits.
    pub(super) fn answered(&mut self, grant: &Grant, limits: &[Reported], now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&grant.lane) {
            lane.answered(&grant.passed);
            lane.report(&grant.passed, limits, now);
        }
    }

    /// The provider took it.
    pub(super) fn taken(&mut self, grant: &Grant, now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&grant.lane) {
            lane.taken(&grant.passed, now);
        }
    }

    /// The provider takes no more for now.
    pub(super) fn refused(&mut self, grant: &Grant, wait: Option<Duration>, now: Duration) {
        if let Some(lane) = self.lanes.get_mut(&grant.lane) {
            lane.refused(&grant.passed, wait, now);
        }
    }

    /// A request is over.
    pub(super) fn finish(&mut self, grant: &Grant, finished: Finished, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        let Some(lane) = self.lanes.get_mut(&grant.lane) else {
            return;
        };
        if !finished.was_sent {
            return lane.take_back(&grant.passed, now);
        }
        if !finished.was_answered {
            lane.answered(&grant.passed);
        }
        lane.finish(&grant.passed, finished.tokens, now);
    }

    fn sweep(&mut self, now: Duration) {
        if self.lanes.len() < self.sweep_at {
            return;
        }
        self.lanes.retain(|_, lane| !lane.is_idle(now, IDLE_MAX));
        self.sweep_at = (self.lanes.len() * 2).max(LANES_UNSWEPT);
    }

    #[cfg(test)]
    pub(super) fn lane_count(&self) -> usize {
        self.lanes.len()
    }
}
