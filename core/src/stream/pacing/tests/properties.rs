//! What holds for any calls at any times: no window above its limit, first come first served,
//! nothing held by those that left, and every call passes in the end.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::super::cost::Cost;
use super::super::scheduler::{Finished, Grant, Scheduler};
use super::super::PacingLimits;
use super::{at, lane, passing, tokens, NO_LIMITS};

const MINUTE: Duration = Duration::from_secs(60);

/// A call of a random run.
#[derive(Debug, Clone)]
struct Call {
    /// After the one before it.
    after_ms: u64,
    lane: u8,
    tokens: u64,
    lasts_ms: u64,
    /// What it uses in truth, in percent of the estimate.
    used: u64,
    /// It leaves after so long, waiting or not.
    leaves_ms: Option<u64>,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let leaves = prop_oneof![4 => Just(None), 1 => (0..90_000_u64).prop_map(Some)];
    let call = (
        0..3_000_u64,
        0..3_u8,
        0..400_u64,
        0..20_000_u64,
        0..=100_u64,
        leaves,
    );
    let call = call.prop_map(|(after_ms, lane, tokens, lasts_ms, used, leaves_ms)| Call {
        after_ms,
        lane,
        tokens,
        lasts_ms,
        used,
        leaves_ms,
    });
    prop::collection::vec(call, 1..120)
}

fn limits() -> impl Strategy<Value = PacingLimits> {
    let limits = (
        prop::option::of(1..40_u32),
        prop::option::of(1..1_000_u64),
        prop::option::of(1..6_usize),
    );
    limits.prop_map(|(requests, tokens, streams)| PacingLimits {
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        streams_max: streams,
        ..NO_LIMITS
    })
}

/// What passed: when, on which lane, and which call.
#[derive(Debug, Default)]
struct Run {
    passed: Vec<(Duration, u8, usize)>,
    left: Vec<usize>,
    live_max: usize,
}

/// Plays the calls to the end; time jumps to whatever happens next.
fn play(limits: &PacingLimits, calls: &[Call]) -> (Run, Scheduler, Duration) {
    let mut scheduler = Scheduler::new(limits.clone());
    let mut run = Run::default();
    let mut live: BTreeMap<usize, (Duration, Grant)> = BTreeMap::new();
    let mut waiting: BTreeMap<usize, Option<Duration>> = BTreeMap::new();
    let mut coming: VecDeque<_> = Vec::new().into();
    let mut time = Duration::ZERO;
    for (index, call) in calls.iter().enumerate() {
        time += at(call.after_ms);
        coming.push_back((time, index));
    }
    let mut now = Duration::ZERO;
    for _ in 0..100_000 {
        while coming.front().is_some_and(|(time, _)| *time <= now) {
            let (_, index) = coming.pop_front().unwrap();
            let name = lane(&calls[index].lane.to_string());
            scheduler.enter(&name, index as u64, tokens(calls[index].tokens), now);
            waiting.insert(index, calls[index].leaves_ms.map(|after| now + at(after)));
        }
        let leaving = waiting
            .iter()
            .filter(|(_, time)| time.is_some_and(|time| time <= now));
        for index in leaving.map(|(index, _)| *index).collect::<Vec<_>>() {
            waiting.remove(&index);
            scheduler.leave(&lane(&calls[index].lane.to_string()), index as u64);
            run.left.push(index);
        }
        let over = live.extract_over(now);
        for (index, grant) in over {
            finish(&mut scheduler, &grant, &calls[index], now);
        }
        let decision = scheduler.decide(now);
        for grant in decision.granted {
            let index = usize::try_from(grant.seniority).unwrap();
            waiting.remove(&index);
            run.passed.push((now, calls[index].lane, index));
            live.insert(index, (now + at(calls[index].lasts_ms.max(1)), grant));
        }
        run.live_max = run.live_max.max(live.len());
        let times = [
            coming.front().map(|(time, _)| *time),
            live.values().map(|(time, _)| *time).min(),
            waiting.values().filter_map(|time| *time).min(),
            decision.again_at,
        ];
        match times.into_iter().flatten().min() {
            Some(next) => now = next.max(now),
            None => return (run, scheduler, now),
        }
    }
    panic!("it never ends");
}

trait ExtractOver {
    fn extract_over(&mut self, now: Duration) -> Vec<(usize, Grant)>;
}

impl ExtractOver for BTreeMap<usize, (Duration, Grant)> {
    fn extract_over(&mut self, now: Duration) -> Vec<(usize, Grant)> {
        let over = self.iter().filter(|(_, (end, _))| *end <= now);
        let over: Vec<_> = over.map(|(index, _)| *index).collect();
        let take = |index: usize| Some((index, self.remove(&index)?.1));
        over.into_iter().filter_map(take).collect()
    }
}

fn finish(scheduler: &mut Scheduler, grant: &Grant, call: &Call, now: Duration) {
    scheduler.answered(grant, &[], now);
    let finished = Finished {
        was_sent: true,
        was_answered: true,
        tokens: Some(call.tokens * call.used / 100),
    };
    scheduler.finish(grant, finished, now);
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_window_is_above_its_limit_and_every_call_ends(limits in limits(), calls in calls()) {
        let (run, scheduler, _) = play(&limits, &calls);
        prop_assert_eq!(run.passed.len() + run.left.len(), calls.len(), "starved");
        prop_assert_eq!(scheduler.queued(), 0);
        prop_assert!(run.live_max <= limits.streams_max.unwrap_or(usize::MAX));
        for (begin, lane, _) in &run.passed {
            let in_window = run.passed.iter().filter(|(time, other, _)| {
                other == lane && (*begin..*begin + MINUTE).contains(time)
            });
            let in_window: Vec<_> = in_window.collect();
            let most = limits.requests_per_minute.map_or(usize::MAX, |limit| limit as usize);
            prop_assert!(in_window.len() <= most, "{:?}", in_window);
            // What they used in truth, which is at most the estimate.
            let most = limits.tokens_per_minute.unwrap_or(u64::MAX);
            let used = in_window.iter().map(|(_, _, index)| {
                (calls[*index].tokens * calls[*index].used / 100).min(most)
            });
            prop_assert!(used.sum::<u64>() <= most);
        }
    }

    #[test]
    fn a_lane_is_first_come_first_served(limits in limits(), calls in calls()) {
        let (run, ..) = play(&limits, &calls);
        for lane in 0..3 {
            let order: Vec<_> = run.passed.iter().filter(|(_, of, _)| *of == lane).collect();
            prop_assert!(order.windows(2).all(|pair| pair[0].2 < pair[1].2), "{:?}", order);
        }
    }

    /// After all have gone, a new call passes as on the first day, once a minute is over.
    #[test]
    fn those_that_left_hold_nothing(limits in limits(), calls in calls()) {
        let (_, mut scheduler, end) = play(&limits, &calls);
        let now = end + MINUTE;
        for index in 0..limits.streams_max.unwrap_or(3).min(3) {
            let name = lane(&index.to_string());
            scheduler.enter(&name, 1_000 + index as u64, tokens(1), now);
        }
        let expected = limits.streams_max.unwrap_or(3).min(3);
        prop_assert_eq!(passing(&mut scheduler, now).len(), expected);
    }

    /// Whatever usage a receipt claims, the sum is a sum of what is there.
    #[test]
    fn no_settlement_breaks_the_sum(
        limit in 1..2_000_u64,
        settled in prop::collection::vec((0..5_000_u64, any::<u64>(), 0..90_000_u64), 1..50),
    ) {
        let limits = PacingLimits { tokens_per_minute: Some(limit), ..NO_LIMITS };
        let mut scheduler = Scheduler::new(limits);
        let mut now = Duration::ZERO;
        for (index, (estimate, used, time)) in settled.into_iter().enumerate() {
            scheduler.enter(&lane("m"), index as u64, tokens(estimate), now);
            let decision = scheduler.decide(now);
            let grant = match decision.granted.into_iter().next() {
                Some(grant) => grant,
                None => {
                    now = decision.again_at.expect("a time");
                    let late = scheduler.decide(now).granted.into_iter().next();
                    late.expect("it passes at the time that was said")
                }
            };
            now += at(time);
            let finished = Finished { was_sent: true, was_answered: false, tokens: Some(used) };
            scheduler.finish(&grant, finished, now);
        }
        now += MINUTE;
        scheduler.enter(&lane("m"), u64::MAX, tokens(limit), now);
        prop_assert_eq!(passing(&mut scheduler, now), [u64::MAX]);
    }
}

#[test]
fn a_retry_goes_before_calls_that_came_later() {
    let limits = PacingLimits {
        streams_max: Some(1),
        ..NO_LIMITS
    };
    let mut scheduler = Scheduler::new(limits);
    for seniority in 0..3 {
        scheduler.enter(&lane("m"), seniority, Cost::default(), at(0));
    }
    let grant = scheduler.decide(at(0)).granted.remove(0);
    let sent = Finished {
        was_sent: true,
        ..Finished::default()
    };
    scheduler.finish(&grant, sent, at(1));
    scheduler.enter(&lane("m"), grant.seniority, Cost::default(), at(1));
    assert_eq!(passing(&mut scheduler, at(1)), [0]);
}

#[test]
fn streams_are_shared_by_lanes_in_the_order_of_calls() {
    let limits = PacingLimits {
        streams_max: Some(2),
        ..NO_LIMITS
    };
    let mut scheduler = Scheduler::new(limits);
    for (seniority, model) in ["z", "a", "z", "a"].into_iter().enumerate() {
        scheduler.enter(&lane(model), seniority as u64, Cost::default(), at(0));
    }
    let first = scheduler.decide(at(0)).granted;
    let order: Vec<_> = first.iter().map(|grant| grant.seniority).collect();
    assert_eq!(order, [0, 1]);
    for (grant, next) in first.iter().zip([2, 3]) {
        scheduler.finish(grant, Finished::default(), at(1));
        assert_eq!(passing(&mut scheduler, at(1)), [next]);
    }
}

#[test]
fn lanes_that_nobody_uses_are_forgotten() {
    let mut scheduler = Scheduler::new(PacingLimits {
        requests_per_minute: Some(1),
        ..NO_LIMITS
    });
    for second in 0..10_000 {
        let now = Duration::from_secs(second);
        scheduler.enter(&lane(&second.to_string()), second, Cost::default(), now);
        for grant in scheduler.decide(now).granted {
            finish(&mut scheduler, &grant, &call_of_one(), now);
        }
    }
    assert!(scheduler.lane_count() < 1_500, "{}", scheduler.lane_count());
}

fn call_of_one() -> Call {
    Call {
        after_ms: 0,
        lane: 0,
        tokens: 1,
        lasts_ms: 0,
        used: 100,
        leaves_ms: None,
    }
}
