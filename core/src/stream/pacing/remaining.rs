//! How much a provider has left of one limit, by its own headers and what was sent since. Owns what
//! is believed of a report that may be late; knows no clock.

use std::time::Duration;

use super::cost::{Cost, Resource};
use super::headers::Reported;

/// Where nothing says when a limit that is used up is whole again, one request asks so often.
const RESET_UNKNOWN: Duration = Duration::from_secs(10);

/// One limit. Until the first report everything may pass.
#[derive(Debug)]
pub(super) struct Remaining {
    resource: Resource,
    /// What is left; `None` is not known.
    left: Option<u64>,
    limit: Option<u64>,
    reset_at: Duration,
    /// Which request the newest report belongs to.
    order: u64,
}

impl Remaining {
    pub(super) const fn new(resource: Resource) -> Self {
        Self {
            resource,
            left: None,
            limit: None,
            reset_at: Duration::ZERO,
            order: 0,
        }
    }

    pub(super) const fn resource(&self) -> Resource {
        self.resource
    }

    /// When a request may pass.
    pub(super) fn free_at(&mut self, cost: Cost, now: Duration) -> Duration {
        let amount = cost.of(self.resource);
        let amount = amount.min(self.limit.unwrap_or(u64::MAX));
        let Some(left) = self.left else {
            return now;
        };
        if now >= self.reset_at {
            // Whole again; where nobody says how much that is, one request may see.
            self.left = self.limit.or(Some(amount));
            self.reset_at = now + RESET_UNKNOWN;
            return now;
        }
        match left >= amount {
            true => now,
            false => self.reset_at,
        }
    }

    pub(super) fn sent(&mut self, cost: Cost) {
        let amount = cost.of(self.resource);
        self.left = self.left.map(|left| left.saturating_sub(amount));
    }

    /// What a response says. `unreported` is of requests that were sent just now and that it may
    /// not count. A wait of more than `wait_max` is not believed: after that time one request asks
    /// again.
    pub(super) fn report(
        &mut self,
        reported: &Reported,
        unreported: u64,
        order: u64,
        wait_max: Duration,
        now: Duration,
    ) {
        let left = reported.remaining.saturating_sub(unreported);
        let is_older = order < self.order && now < self.reset_at;
        if is_older {
            // Responses overtake each other: an old one does not bring back what is used since.
            self.left = self.left.map(|known| known.min(left));
            return;
        }
        self.order = order;
        let reset = reported.reset.unwrap_or(RESET_UNKNOWN);
        let is_believed = reset <= wait_max;
        self.left = Some(left);
        self.limit = reported.limit.filter(|_| is_believed);
        self.reset_at = now + reset.min(wait_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_secs(60);

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn requests(remaining: u64, limit: Option<u64>, reset: Option<u64>) -> Reported {
        Reported {
            resource: Resource::Requests,
            remaining,
            limit,
            reset: reset.map(Duration::from_secs),
        }
    }

    #[test]
    fn nothing_left_waits_for_the_reset_and_then_has_all_of_it() {
        let mut remaining = Remaining::new(Resource::Requests);
        let cost = Cost::default();
        assert_eq!(remaining.free_at(cost, at(0)), at(0));
        remaining.sent(cost);
        remaining.report(&requests(1, Some(2), Some(20)), 0, 1, WAIT_MAX, at(1));
        assert_eq!(remaining.free_at(cost, at(1)), at(1));
        remaining.sent(cost);
        assert_eq!(remaining.free_at(cost, at(2)), at(21));
        for _ in 0..2 {
            assert_eq!(remaining.free_at(cost, at(21)), at(21));
            remaining.sent(cost);
        }
        assert_eq!(remaining.free_at(cost, at(21)), at(31));
    }

    #[test]
    fn a_report_does_not_count_what_is_on_its_way_nor_an_old_one() {
        let mut remaining = Remaining::new(Resource::Requests);
        let cost = Cost::default();
        remaining.report(&requests(2, Some(10), Some(30)), 2, 3, WAIT_MAX, at(0));
        assert_eq!(
            remaining.free_at(cost, at(0)),
            at(30),
            "two are on their way"
        );
        remaining.report(&requests(9, Some(10), Some(30)), 1, 1, WAIT_MAX, at(1));
        assert_eq!(remaining.free_at(cost, at(1)), at(30), "an old response");
        remaining.report(&requests(5, Some(10), Some(30)), 0, 4, WAIT_MAX, at(1));
        assert_eq!(remaining.free_at(cost, at(1)), at(1));
    }

    /// A limit of a day, and a provider that names no reset.
    #[test]
    fn a_wait_that_is_too_long_or_unknown_ends_with_one_request() {
        for (reset, wait) in [(Some(86_400), 60), (None, 10)] {
            let mut remaining = Remaining::new(Resource::Tokens);
            let cost = Cost {
                input: 50,
                output: 0,
            };
            let limit = reset.map(|_| 1_000);
            let reported = Reported {
                resource: Resource::Tokens,
                ..requests(0, limit, reset)
            };
            remaining.report(&reported, 0, 1, WAIT_MAX, at(0));
            assert_eq!(remaining.free_at(cost, at(1)), at(wait));
            assert_eq!(remaining.free_at(cost, at(wait)), at(wait));
            remaining.sent(cost);
            assert_eq!(remaining.free_at(cost, at(wait)), at(wait + 10));
        }
    }

    #[test]
    fn a_request_that_is_larger_than_the_limit_passes_when_all_is_left() {
        let mut remaining = Remaining::new(Resource::Tokens);
        let cost = Cost {
            input: 5_000,
            output: 0,
        };
        let reported = Reported {
            resource: Resource::Tokens,
            ..requests(1_000, Some(1_000), Some(30))
        };
        remaining.report(&reported, 0, 1, WAIT_MAX, at(0));
        assert_eq!(remaining.free_at(cost, at(0)), at(0));
    }
}
