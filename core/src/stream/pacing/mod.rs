//! Pacing: a request waits for its turn before it is sent, so that the limits of the client's
//! options, and with `pacing: "headers"` those that the provider shows, are not exceeded. Without
//! such an option nothing here is made, locked or allocated.
//!
//! `scheduler` decides, as a pure state machine: time in, decisions out. Its parts are `lane` (the
//! queue of one provider, account and model), `window` (limits per minute, kept in any 60
//! seconds), `learned` with `remaining` and `rate` (what a provider shows and how it reacts),
//! `cost` (tokens by estimate), `headers` and `times` (what headers mean). `pacer` gives it a
//! clock, a lock and wakers, and `call` is the stream's side.

pub(super) mod call;
pub(crate) mod cost;
pub(crate) mod headers;
mod lane;
mod learned;
pub(crate) mod pacer;
mod rate;
mod remaining;
mod scheduler;
#[cfg(test)]
mod tests;
mod times;
mod window;

use std::time::Duration;

use crate::client::options::{ClientOptions, PacingMode};

/// What bounds the requests of a client.
#[derive(Debug, Clone)]
pub(crate) struct PacingLimits {
    requests_per_minute: Option<u32>,
    tokens_per_minute: Option<u64>,
    streams_max: Option<usize>,
    /// From headers and refusals.
    learns: bool,
    queued_max: usize,
    /// A provider's longer wait is not believed.
    wait_max: Duration,
}

impl PacingLimits {
    /// `None`: nothing bounds them.
    pub(crate) fn of(options: &ClientOptions) -> Option<Self> {
        let learns = options.pacing == PacingMode::Headers;
        let is_bounded = options.requests_per_minute.is_some()
            || options.tokens_per_minute.is_some()
            || options.streams_max.is_some();
        (learns || is_bounded).then_some(Self {
            requests_per_minute: options.requests_per_minute,
            tokens_per_minute: options.tokens_per_minute,
            streams_max: options.streams_max,
            learns,
            queued_max: options.queued_max,
            wait_max: Duration::from_millis(options.retry_after_max_ms),
        })
    }
}
