//! A limit per minute that holds in any 60 seconds, wherever they begin: what passed is remembered
//! until it is a minute old. Owns that memory, which is bounded; knows no clock.

use std::collections::VecDeque;
use std::time::Duration;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
/// What passes within this time is one entry, as old as its last part: so a minute has 241 entries
/// at most, and the limit is kept a little more strictly than it has to be.
const MERGED_WITHIN: Duration = Duration::from_millis(250);

/// What passed in the last minute.
#[derive(Debug)]
pub(super) struct Window {
    limit: u64,
    entries: VecDeque<Entry>,
    sum: u64,
}

#[derive(Debug)]
struct Entry {
    first: Duration,
    last: Duration,
    amount: u64,
}

impl Window {
    /// At least 1 passes in a minute.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit: limit.max(1),
            entries: VecDeque::new(),
            sum: 0,
        }
    }

    /// When so much may pass: a time that is not later than `now`, or the earliest one after it if
    /// nothing else passes. More than the limit counts as the limit, and passes alone.
    pub(super) fn free_at(&mut self, amount: u64, now: Duration) -> Duration {
        self.expire(now);
        let room = self.limit - amount.min(self.limit);
        let mut left = self.sum;
        for entry in &self.entries {
            if left <= room {
                break;
            }
            left = left.saturating_sub(entry.amount);
            if left <= room {
                return entry.last + MINUTE;
            }
        }
        now
    }

    /// So much passes now. Returns what is counted of it.
    pub(super) fn add(&mut self, amount: u64, now: Duration) -> u64 {
        let counted = amount.min(self.limit);
        self.put(counted, now);
        counted
    }

    /// Of what was counted then, so much was true. What is too much is given back, unless it is a
    /// minute old; what is missing passes now, since nothing else can be done about it.
    pub(super) fn correct(&mut self, counted: u64, then: Duration, truth: u64, now: Duration) {
        if truth > counted {
            return self.put(truth - counted, now);
        }
        self.expire(now);
        let of_then = |entry: &&mut Entry| entry.first <= then && then <= entry.last;
        if let Some(entry) = self.entries.iter_mut().find(of_then) {
            let back = (counted - truth).min(entry.amount);
            entry.amount -= back;
            self.sum -= back;
        }
    }

    fn put(&mut self, amount: u64, now: Duration) {
        self.expire(now);
        self.sum = self.sum.saturating_add(amount);
        if let Some(entry) = self.entries.back_mut() {
            if now < entry.first + MERGED_WITHIN {
                entry.last = entry.last.max(now);
                entry.amount = entry.amount.saturating_add(amount);
                return;
            }
        }
        self.entries.push_back(Entry {
            first: now,
            last: now,
            amount,
        });
    }

    fn expire(&mut self, now: Duration) {
        while let Some(entry) = self.entries.front() {
            if entry.last + MINUTE > now {
                return;
            }
            self.sum = self.sum.saturating_sub(entry.amount);
            self.entries.pop_front();
        }
        self.sum = 0;
    }
}

/// Spreads what passes evenly, with a burst: the generic cell rate algorithm (ITU-T I.371). A
/// provider may count a limit per minute over a second or ten (Azure's and OpenAI's guides to rate
/// limits say so).
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// When everything that passed would have passed at an even pace.
    paid_until: Duration,
}

impl Spread {
    /// When the next one may pass at this rate.
    pub(super) fn free_at(&self, per_minute: f64, burst: f64) -> Duration {
        let ahead = seconds(60.0 / per_minute * (burst - 1.0).max(0.0));
        self.paid_until.saturating_sub(ahead)
    }

    pub(super) fn add(&mut self, per_minute: f64, now: Duration) {
        self.paid_until = self.paid_until.max(now) + seconds(60.0 / per_minute);
    }

    /// Forgets what has passed.
    pub(super) fn restart(&mut self, now: Duration) {
        self.paid_until = now;
    }
}

/// Bounded, so that no rate makes a time that cannot be.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.min(86_400.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_is_a_minute_old_makes_room() {
        let mut window = Window::new(3);
        for now in [0, 1_000, 2_000] {
            assert_eq!(window.free_at(1, at(now)), at(now));
            window.add(1, at(now));
        }
        assert_eq!(window.free_at(1, at(3_000)), at(60_000));
        assert_eq!(window.free_at(2, at(3_000)), at(61_000));
        assert_eq!(window.free_at(9, at(3_000)), at(62_000), "all of it");
        assert_eq!(window.free_at(1, at(60_000)), at(60_000));
        assert_eq!(window.free_at(10, at(62_000)), at(62_000));
    }

    #[test]
    fn a_correction_gives_back_or_takes_more() {
        let mut window = Window::new(100);
        let counted = window.add(500, at(0));
        assert_eq!(counted, 100);
        window.correct(counted, at(0), 30, at(1_000));
        assert_eq!(window.free_at(70, at(1_000)), at(1_000));
        assert_eq!(window.free_at(71, at(1_000)), at(60_000));
        window.correct(30, at(0), 90, at(2_000));
        assert_eq!(window.free_at(11, at(2_000)), at(60_000));
        assert_eq!(window.free_at(41, at(60_000)), at(62_000));
        window.correct(90, at(0), 0, at(70_000));
        assert_eq!(window.sum, 0, "what has expired is not given back");
    }

    #[test]
    fn the_memory_of_a_window_is_bounded() {
        let mut window = Window::new(u64::MAX);
        for now in 0..100_000 {
            window.add(u64::MAX / 4, at(now));
            assert!(window.entries.len() <= 241);
        }
    }

    #[test]
    fn a_spread_has_a_burst_and_then_an_even_pace() {
        let mut spread = Spread::default();
        let mut passed = Vec::new();
        let mut now = Duration::ZERO;
        for _ in 0..6 {
            now = now.max(spread.free_at(60.0, 3.0));
            spread.add(60.0, now);
            passed.push(now.as_secs());
        }
        assert_eq!(passed, [0, 0, 0, 1, 2, 3]);
        assert!(spread.free_at(f64::MIN_POSITIVE, 1.0) < Duration::MAX);
        spread.add(f64::MIN_POSITIVE, now);
    }
}
