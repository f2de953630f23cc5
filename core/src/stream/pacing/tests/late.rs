//! Calls that have somewhere else to go: they leave a lane that holds them back for too long, and
//! nobody else does.

use std::time::Duration;

use proptest::prelude::*;

use super::super::cost::Cost;
use super::super::scheduler::{Finished, Scheduler};
use super::super::PacingLimits;
use super::{at, lane, tokens, NO_LIMITS};

const SENT: Finished = Finished {
    was_sent: true,
    was_answered: true,
    tokens: None,
};

fn enter(scheduler: &mut Scheduler, seniority: u64, cost: Cost, until: Option<u64>) {
    scheduler.enter(&lane("m"), seniority, cost, at(0));
    if let Some(until) = until {
        scheduler.wait_until(&lane("m"), seniority, at(until));
    }
}

/// Who passes and who leaves.
fn decide(scheduler: &mut Scheduler, now: Duration) -> (Vec<u64>, Vec<u64>) {
    let decision = scheduler.decide(now);
    for grant in &decision.granted {
        scheduler.finish(grant, SENT, now);
    }
    let passed = decision.granted.iter().map(|grant| grant.seniority);
    let late = decision.late.iter().map(|(seniority, _)| *seniority);
    (passed.collect(), late.collect())
}

#[test]
fn a_lane_that_is_held_for_long_is_left_at_once_by_those_that_can() {
    let mut scheduler = Scheduler::new(PacingLimits {
        requests_per_minute: Some(1),
        ..NO_LIMITS
    });
    for (seniority, until) in [(0, Some(5_000)), (1, Some(5_000)), (2, None)] {
        enter(&mut scheduler, seniority, Cost::default(), until);
    }
    enter(&mut scheduler, 3, Cost::default(), Some(90_000));
    assert_eq!(decide(&mut scheduler, at(0)), (vec![0], vec![1]));
    assert_eq!(scheduler.queued(), 2);
    assert_eq!(decide(&mut scheduler, at(60_000)), (vec![2], vec![3]));
    assert_eq!(scheduler.queued(), 0);
    assert!(scheduler.decide(at(60_000)).again_at.is_none());
}

#[test]
fn one_that_is_held_by_its_size_does_not_take_others_along() {
    let mut scheduler = Scheduler::new(PacingLimits {
        tokens_per_minute: Some(100),
        ..NO_LIMITS
    });
    enter(&mut scheduler, 0, tokens(50), None);
    enter(&mut scheduler, 1, tokens(80), Some(5_000));
    enter(&mut scheduler, 2, tokens(20), Some(5_000));
    let decision = scheduler.decide(at(0));
    let passed = decision.granted.iter().map(|grant| grant.seniority);
    assert_eq!(passed.collect::<Vec<_>>(), [0, 2]);
    assert_eq!(decision.late, [(1, at(60_000))]);
}

#[test]
fn a_wait_for_other_streams_is_no_reason_to_leave() {
    let mut scheduler = Scheduler::new(PacingLimits {
        streams_max: Some(1),
        ..NO_LIMITS
    });
    enter(&mut scheduler, 0, Cost::default(), None);
    enter(&mut scheduler, 1, Cost::default(), Some(5_000));
    let grant = scheduler.decide(at(0)).granted.remove(0);
    let decision = scheduler.decide(at(9_000));
    assert!(decision.granted.is_empty() && decision.late.is_empty());
    scheduler.finish(&grant, SENT, at(9_000));
    assert_eq!(decide(&mut scheduler, at(9_000)), (vec![1], vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// In a lane without other limits each passes in its time or leaves within it, and those that
    /// did not ask for it never leave.
    #[test]
    fn nobody_waits_longer_than_he_would(
        per_minute in 1..120_u32,
        waits in prop::collection::vec(prop::option::of(0..20_000_u64), 1..80),
    ) {
        let limits = PacingLimits { requests_per_minute: Some(per_minute), ..NO_LIMITS };
        let mut scheduler = Scheduler::new(limits);
        for (seniority, until) in waits.iter().enumerate() {
            enter(&mut scheduler, seniority as u64, Cost::default(), *until);
        }
        let (mut now, mut ended) = (at(0), 0);
        loop {
            let decision = scheduler.decide(now);
            for (seniority, wait) in &decision.late {
                let until = waits[usize::try_from(*seniority).unwrap()];
                prop_assert!(until.is_some_and(|until| now + *wait > at(until)));
                prop_assert!(until.is_some_and(|until| now <= at(until)));
            }
            for grant in &decision.granted {
                let until = waits[usize::try_from(grant.seniority).unwrap()];
                prop_assert!(until.is_none_or(|until| now <= at(until)));
                scheduler.finish(grant, SENT, now);
            }
            ended += decision.granted.len() + decision.late.len();
            match decision.again_at {
                Some(again_at) => now = again_at,
                None => break,
            }
        }
        prop_assert_eq!(ended, waits.len());
        prop_assert_eq!(scheduler.queued(), 0);
    }
}
