//! How long an HTTP/2 connection is kept, and how one that froze is found: by PINGs.

use std::time::Duration;

use crate::http::HttpOptions;

/// A connection without exchanges stays this long at least, so that the call that opened it can use
/// it.
const IDLE_MIN: Duration = Duration::from_secs(1);

/// How long connections are kept, and when they are pinged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepAlive {
    idle: Duration,
    /// `None`: no PING is sent.
    pub(super) ping_interval: Option<Duration>,
    pub(super) ping_timeout: Duration,
}

impl KeepAlive {
    pub(crate) fn new(options: &HttpOptions) -> Self {
        let interval = Duration::from_millis(options.http2_ping_interval_ms);
        let timeout = Duration::from_millis(options.http2_ping_timeout_ms);
        Self {
            idle: Duration::from_millis(options.pool_idle_timeout_ms),
            ping_interval: (!interval.is_zero() && !timeout.is_zero()).then_some(interval),
            ping_timeout: timeout,
        }
    }

    /// How long a connection stays without exchanges, whatever the option is.
    pub(super) fn idle_timeout(&self) -> Duration {
        self.idle.max(IDLE_MIN)
    }

    /// When a connection is looked at next.
    pub(super) fn ping_interval_or_idle(&self) -> Duration {
        self.ping_interval.unwrap_or(self.idle_timeout())
    }
}
