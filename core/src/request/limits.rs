//! Timers and retries: what a call may set, else its client. Owns their defaults.

use crate::declare::declare_limits;

declare_limits! {
    /// Timers and retries of one call; what is `None` comes from the client's options. 0 is off.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct CallLimits {
        /// Longest time that a function behind `api_key` may take; 0 is off.
        pub key_timeout_ms: u64 as Milliseconds = 30_000,
        /// Longest time for name lookup, TCP, a proxy's tunnel and TLS; 0 is off.
        pub connect_timeout_ms: u64 as Milliseconds = 10_000,
        /// Longest time from the connection to the response's headers, sending the request
        /// included; 0 is off.
        pub headers_timeout_ms: u64 as Milliseconds = 600_000,
        /// Longest time from the headers to the first content, pings not counted; 0 is off.
        pub first_token_timeout_ms: u64 as Milliseconds = 600_000,
        /// Longest gap between events once content has started, 1 KiB of a longer event counting as
        /// one; 0 is off.
        pub idle_timeout_ms: u64 as Milliseconds = 60_000,
        /// Longest time for the whole call, retries and their waits included; by default 10 minutes
        /// for a whole response and off for a stream; 0 is off.
        pub total_timeout_ms: u64 as Milliseconds,
        /// How many times a transient failure is retried.
        pub retries_max: u32 as Count = 5,
    }
}

/// The default of the total timeout of a whole response.
pub(crate) const WHOLE_RESPONSE_TIMEOUT_MS: u64 = 600_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_goes_before_its_client_and_both_before_the_defaults() {
        let call = CallLimits {
            connect_timeout_ms: Some(1),
            retries_max: Some(0),
            ..CallLimits::default()
        };
        let client = CallLimits {
            connect_timeout_ms: Some(2),
            idle_timeout_ms: Some(0),
            retries_max: Some(9),
            ..CallLimits::default()
        };
        let expected = CallLimits {
            connect_timeout_ms: Some(1),
            idle_timeout_ms: Some(0),
            retries_max: Some(0),
            ..CallLimits::DEFAULTS
        };
        assert_eq!(call.or(client).or(CallLimits::DEFAULTS), expected);
    }
}
