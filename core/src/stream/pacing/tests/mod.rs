//! Properties of the state machine, under a clock that jumps from one decision to the next.

mod late;
mod properties;
mod providers;

use std::time::Duration;

use super::cost::Cost;
use super::scheduler::{LaneName, Scheduler};
use super::PacingLimits;

const NO_LIMITS: PacingLimits = PacingLimits {
    requests_per_minute: None,
    tokens_per_minute: None,
    streams_max: None,
    learns: false,
    queued_max: usize::MAX,
    wait_max: Duration::from_secs(60),
};

fn lane(model: &str) -> LaneName {
    LaneName {
        provider: "openai",
        account: 1,
        model: model.into(),
    }
}

fn tokens(input: u64) -> Cost {
    Cost { input, output: 0 }
}

const fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Which calls pass now.
fn passing(scheduler: &mut Scheduler, now: Duration) -> Vec<u64> {
    let granted = scheduler.decide(now).granted;
    granted.iter().map(|grant| grant.seniority).collect()
}
