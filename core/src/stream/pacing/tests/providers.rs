//! A lane against simulated providers with limits of several kinds, which say much, little or
//! nothing about them: it finds the limit, stays near it, and causes few refusals.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::cost::{Cost, Resource};
use super::super::headers::Reported;
use super::super::scheduler::{Finished, Grant, Scheduler};
use super::super::PacingLimits;
use super::{at, lane, NO_LIMITS};

/// How a provider counts.
#[derive(Clone, Copy)]
enum Counting {
    /// Anew in each minute.
    Fixed,
    /// What is used comes back evenly.
    Bucket,
}

#[derive(Clone, Copy)]
struct Says {
    retry_after: bool,
    headers: bool,
}

struct Provider {
    counting: Counting,
    says: Says,
    per_minute: f64,
    left: f64,
    counted_at: Duration,
}

impl Provider {
    fn new(counting: Counting, says: Says, per_minute: f64) -> Self {
        Self {
            counting,
            says,
            per_minute,
            left: per_minute,
            counted_at: Duration::ZERO,
        }
    }

    /// Whether it takes a request, and what it says.
    fn take(&mut self, now: Duration) -> (bool, Option<Duration>, Vec<Reported>) {
        let minute = Duration::from_secs(60);
        match self.counting {
            Counting::Fixed => {
                while now >= self.counted_at + minute {
                    self.counted_at += minute;
                    self.left = self.per_minute;
                }
            }
            Counting::Bucket => {
                let back = (now - self.counted_at).as_secs_f64() * self.per_minute / 60.0;
                self.left = (self.left + back).min(self.per_minute);
                self.counted_at = now;
            }
        }
        let is_taken = self.left >= 1.0;
        if is_taken {
            self.left -= 1.0;
        }
        let missing = |amount: f64| {
            let seconds = (amount * 60.0 / self.per_minute).max(0.0);
            Duration::from_secs_f64(seconds)
        };
        let (next, whole) = match self.counting {
            Counting::Fixed => (
                self.counted_at + minute - now,
                self.counted_at + minute - now,
            ),
            Counting::Bucket => (
                missing(1.0 - self.left),
                missing(self.per_minute - self.left),
            ),
        };
        // In whole seconds, rounded up, as the header has it.
        let retry_after = Duration::from_secs(next.as_secs_f64().ceil() as u64);
        let reported = Reported {
            resource: Resource::Requests,
            remaining: self.left as u64,
            limit: Some(self.per_minute as u64),
            reset: Some(whole),
        };
        let limits = self.says.headers.then_some(reported);
        let wait = (self.says.retry_after && !is_taken).then_some(retry_after);
        (is_taken, wait, limits.into_iter().collect())
    }
}

/// What came out minute by minute: taken and refused.
type Minutes = BTreeMap<u64, (u64, u64)>;

/// Keeps 300 calls in the queue or under way; each takes 400 ms to the head of its response. A
/// refused call comes again.
fn play(
    provider: &mut Provider,
    minutes: u64,
    mut change: impl FnMut(u64, &mut Provider),
) -> Minutes {
    let limits = PacingLimits {
        learns: true,
        ..NO_LIMITS
    };
    let mut scheduler = Scheduler::new(limits);
    let mut under_way: BTreeMap<(Duration, u64), Grant> = BTreeMap::new();
    let mut found = Minutes::new();
    let (mut next, mut now, mut minute) = (0, Duration::ZERO, 0);
    while now < Duration::from_secs(minutes * 60) {
        if now.as_secs() / 60 > minute {
            minute = now.as_secs() / 60;
            change(minute, provider);
        }
        while scheduler.queued() + under_way.len() < 300 {
            scheduler.enter(&lane("m"), next, Cost::default(), now);
            next += 1;
        }
        let decision = scheduler.decide(now);
        for grant in decision.granted {
            under_way.insert((now + at(400), grant.seniority), grant);
        }
        let head = under_way.first_key_value().map(|((time, _), _)| *time);
        let Some(time) = head.into_iter().chain(decision.again_at).min() else {
            panic!("nothing happens any more");
        };
        now = time.max(now);
        while under_way
            .first_key_value()
            .is_some_and(|((time, _), _)| *time <= now)
        {
            let ((_, seniority), grant) = under_way.pop_first().unwrap();
            let (is_taken, wait, limits) = provider.take(now);
            let count = found.entry(minute).or_default();
            scheduler.answered(&grant, &limits, now);
            if is_taken {
                count.0 += 1;
                scheduler.taken(&grant, now);
            } else {
                count.1 += 1;
                scheduler.refused(&grant, wait, now);
            }
            let finished = Finished {
                was_sent: true,
                was_answered: true,
                tokens: None,
            };
            scheduler.finish(&grant, finished, now);
            if !is_taken {
                scheduler.enter(&lane("m"), seniority, Cost::default(), now);
            }
        }
    }
    found
}

fn sums(found: &Minutes, minutes: std::ops::Range<u64>) -> (u64, u64) {
    let range = found.range(minutes);
    range.fold((0, 0), |(taken, refused), (_, count)| {
        (taken + count.0, refused + count.1)
    })
}

const TOLD: Says = Says {
    retry_after: true,
    headers: false,
};
const HEADERS: Says = Says {
    retry_after: true,
    headers: true,
};
const UNTOLD: Says = Says {
    retry_after: false,
    headers: false,
};

/// Refusals are at most 2 % after the first minute, and most of the limit is used.
#[test]
fn a_limit_that_counts_causes_few_refusals() {
    for counting in [Counting::Fixed, Counting::Bucket] {
        for (says, least) in [(TOLD, 0.7), (HEADERS, 0.85)] {
            for per_minute in [300.0, 1_200.0, 6_000.0] {
                let mut provider = Provider::new(counting, says, per_minute);
                let found = play(&mut provider, 20, |_, _| {});
                let (taken, refused) = sums(&found, 1..20);
                let part = refused as f64 / (taken + refused) as f64;
                let used = taken as f64 / (per_minute * 19.0);
                let is_fixed = matches!(counting, Counting::Fixed);
                let case = format!("fixed {is_fixed}, headers {}, {per_minute}", says.headers);
                assert!(part <= 0.02, "{case}: {part} refused {found:?}");
                assert!(used >= least, "{case}: {used} of the limit {found:?}");
            }
        }
    }
}

/// Where nothing is said at all it takes longer to learn.
#[test]
fn a_limit_that_nobody_tells_is_found() {
    for counting in [Counting::Fixed, Counting::Bucket] {
        let mut provider = Provider::new(counting, UNTOLD, 1_200.0);
        let found = play(&mut provider, 30, |_, _| {});
        let (taken, refused) = sums(&found, 5..30);
        let part = refused as f64 / (taken + refused) as f64;
        assert!(part <= 0.02, "{part} refused {found:?}");
        assert!(taken as f64 >= 0.6 * 1_200.0 * 25.0, "{taken} {found:?}");
    }
}

#[test]
fn a_limit_that_changes_is_found_again() {
    for says in [TOLD, HEADERS] {
        let mut provider = Provider::new(Counting::Bucket, says, 1_200.0);
        let found = play(&mut provider, 60, |minute, provider| {
            provider.per_minute = match minute {
                0..20 => 1_200.0,
                20..40 => 300.0,
                _ => 1_200.0,
            };
        });
        for (minutes, limit) in [(10..20, 1_200.0), (25..40, 300.0), (50..60, 1_200.0)] {
            let count = minutes.end - minutes.start;
            let (taken, refused) = sums(&found, minutes.clone());
            let used = taken as f64 / (limit * count as f64);
            assert!(
                (0.6..=1.05).contains(&used),
                "{minutes:?}: {used} {found:?}"
            );
            assert!(refused * 50 <= taken, "{minutes:?}: {refused} {found:?}");
        }
    }
}

/// 429 with a wait: nobody is sent until then, and then one asks first.
#[test]
fn a_refusal_pauses_the_lane_and_one_request_asks_again() {
    let limits = PacingLimits {
        learns: true,
        ..NO_LIMITS
    };
    let mut scheduler = Scheduler::new(limits);
    for seniority in 0..4 {
        scheduler.enter(&lane("m"), seniority, Cost::default(), at(0));
    }
    scheduler.enter(&lane("other"), 9, Cost::default(), at(0));
    let granted = scheduler.decide(at(0)).granted;
    assert_eq!(granted.len(), 5, "nothing is known yet");
    scheduler.answered(&granted[0], &[], at(100));
    scheduler.refused(&granted[0], Some(at(2_000)), at(100));
    for seniority in [10, 11] {
        scheduler.enter(&lane("m"), seniority, Cost::default(), at(100));
        scheduler.enter(&lane("other"), 10 + seniority, Cost::default(), at(100));
    }
    let decision = scheduler.decide(at(100));
    assert_eq!(decision.granted.len(), 2, "the other lane goes on");
    for grant in &granted[1..4] {
        scheduler.finish(grant, Finished::default(), at(200));
    }
    assert_eq!(scheduler.decide(at(2_099)).granted.len(), 0);
    let again_at = scheduler.decide(at(2_099)).again_at.unwrap();
    assert!(again_at >= at(2_100), "{again_at:?}");
    let probe = scheduler.decide(at(62_000)).granted;
    assert_eq!(probe.len(), 1, "one asks");
    scheduler.answered(&probe[0], &[], at(62_100));
    scheduler.taken(&probe[0], at(62_100));
    assert_eq!(scheduler.decide(at(92_000)).granted.len(), 1);
}

/// A whole response takes minutes, and the others need not wait for it.
#[test]
fn a_request_that_is_worked_on_was_taken() {
    let limits = PacingLimits {
        learns: true,
        ..NO_LIMITS
    };
    let mut scheduler = Scheduler::new(limits);
    scheduler.enter(&lane("m"), 0, Cost::default(), at(0));
    let first = scheduler.decide(at(0)).granted.remove(0);
    scheduler.answered(&first, &[], at(50));
    scheduler.refused(&first, Some(at(1_000)), at(50));
    for seniority in [1, 2] {
        scheduler.enter(&lane("m"), seniority, Cost::default(), at(60));
    }
    let probe = scheduler.decide(at(20_000)).granted;
    assert_eq!(probe.len(), 1);
    let again_at = scheduler.decide(at(20_000)).again_at.unwrap();
    assert_eq!(scheduler.decide(at(21_999)).granted.len(), 0);
    assert!((at(22_000)..at(33_000)).contains(&again_at), "{again_at:?}");
    assert_eq!(scheduler.decide(again_at).granted.len(), 1);
}

/// One decrease for all that was sent before it, corrected by each of them, and a rate that is
/// always a number.
#[test]
fn a_storm_counts_once() {
    let mut learned = super::super::learned::Learned::new(Duration::from_secs(60));
    (0..700).for_each(|_| learned.sent(Cost::default(), at(0)));
    learned.refused(Some(at(55_000)), at(0), at(5_000));
    let rate = learned.per_minute().unwrap();
    assert!((660.0..665.0).contains(&rate), "{rate}");
    (0..99).for_each(|_| learned.refused(Some(at(55_000)), at(0), at(5_000)));
    let rate = learned.per_minute().unwrap();
    assert!((569.0..571.0).contains(&rate), "{rate}");
    for now in 6..1_000 {
        learned.refused(None, at(now * 1_000), at(now * 1_000));
        let rate = learned.per_minute().unwrap();
        assert!((6.0..=600.0).contains(&rate), "{rate}");
    }
}
