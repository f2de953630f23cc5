//! What a client is made with: defaults, limits and their names, each of them an option. Opens
//! nothing.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declare::entry::Kind;
use crate::declare::{declare_names, declare_options};
use crate::http::{HttpOptions, TapeMode, TapeOptions};
use crate::parse::{one_of, FromJson, Mismatch};
use crate::request::{ApiKey, Auth, CallLimits, CloudOptions, Fallbacks, KeySource};
use crate::script::Script;

declare_options! {
    /// The options of a client. `Default` gives the documented defaults. Its Debug shows no secret.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct ClientOptions {
        /// Provider of requests that name none.
        pub provider: Option<String> as Text,
        /// Which of the provider's APIs requests use that name none, such as `chat`, `responses` or
        /// `native`; by default the provider's first.
        pub api: Option<String> as Text,
        /// API key of requests without one, or a function that is asked for it before each
        /// attempt; takes precedence over the environment, and does not go to the address of
        /// another provider than the client's.
        pub api_key: Option<ApiKey> as Key,
        /// Who gives the key where `api_key` is `ApiKey::Ask`.
        pub key_source: Option<Arc<dyn KeySource>>,
        /// How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or
        /// `none` (not at all, and none is required).
        pub auth: Auth as Text = Auth::Key,
        /// Base URL of requests without one; takes precedence over the environment, and may be the
        /// whole address of the API.
        pub base_url: Option<String> as Text,
        /// Headers of every request; they override the library's own.
        pub headers: Vec<(String, String)> as Headers,
        /// Names of response headers that START reports in `headers`, such as a gateway's
        /// `x-litellm-response-cost`; at most 32.
        pub report_headers: Vec<String> as ListOfText,
        /// Timers and retries; `None` is the documented default.
        pub limits: CallLimits as Group,
        /// Where and as whom requests go to a cloud.
        pub cloud: CloudOptions as Group,
        /// What is tried in order when a chat fails before content: models, or objects with the
        /// fields of its request that differ.
        pub fallbacks: Option<Fallbacks> as Fallbacks,
        /// How many retries all calls together may be ahead of successes, each of which gives a
        /// fifth of one back; a retry after a timeout counts twice, one that waited as a 429 asked
        /// a fifth; 0 lets no call retry.
        pub retry_budget: u64 as Count = 100,
        /// Longest wait that a provider may request; a longer one fails the call at once.
        pub retry_after_max_ms: u64 as Milliseconds = 60_000,
        /// Requests that may be sent in any 60 seconds, retries included, for each provider, key
        /// and model, a sixth of them but at least ten at once; further ones wait.
        pub requests_per_minute: Option<u32> as Count,
        /// Tokens that requests may use in any 60 seconds, for each provider, key and model: by
        /// estimate, a quarter of the request's bytes and its longest response (1000 where it sets
        /// none), and by the usage once the response has ended.
        pub tokens_per_minute: Option<u64> as Count,
        /// Requests of the client that may be under way at once, until their responses have ended.
        pub streams_max: Option<usize> as Count,
        /// Whether requests also wait for what the provider says: `headers` learns from rate-limit
        /// headers, 429 and Retry-After; `off` does not.
        pub pacing: PacingMode as Text = PacingMode::Off,
        /// Requests that may wait for their turn; one more fails with OVERLOADED.
        pub queued_max: usize as Count = 100_000,
        /// A file of exchanges that is recorded, or played without network and key: its name, or an
        /// object with `file`, `mode` (`auto`, `record` or `replay`), `pace` and `file_bytes_max`
        /// (the guide's Tests without a key).
        pub tape: Option<TapeOptions> as Object,
        /// What provider `script` answers: a list of answers, each for one request, or one answer
        /// for all; without it, it repeats what it is told (the guide's Tests without a key).
        pub script: Option<Script> as Any,
        /// Drop request fields that the provider does not support and list them in `warnings`,
        /// instead of failing.
        pub lenient: bool as Boolean = false,
        /// Bytes that a stream may have delivered without acknowledgement; past it the stream is
        /// not read.
        pub stream_window_bytes: usize as Bytes = 256 * 1024,
        /// Bytes of events that may wait to be polled, over all streams of the client.
        pub queue_bytes_max: usize as Bytes = 64 * 1024 * 1024,
        /// Longest event of a stream.
        pub event_bytes_max: usize as Bytes = 16 * 1024 * 1024,
        /// Longest whole response, after decompression.
        pub body_bytes_max: usize as Bytes = 32 * 1024 * 1024,
        /// How much of an error's body is read, for at most two seconds.
        pub error_body_bytes_max: usize as Bytes = 64 * 1024,
        /// Longest header block of a response; at most 262144.
        pub header_bytes_max: usize as Bytes = 64 * 1024,
        /// Longest request body.
        pub request_bytes_max: usize as Bytes = 64 * 1024 * 1024,
        /// Use the proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name.
        pub proxy: bool as Boolean = true,
        /// A PEM file of certificates to trust beside the platform's.
        pub ca_file: Option<String> as Text,
        /// A PEM file with the client's certificate chain, for mutual TLS; needs `client_key_file`.
        pub client_certificate_file: Option<String> as Text,
        /// A PEM file with the client's private key, for mutual TLS; needs
        /// `client_certificate_file`.
        pub client_key_file: Option<String> as Text,
        /// Send keys over plain http to other machines, where others could read them.
        pub allow_insecure_http: bool as Boolean = false,
        /// Refuse to connect to private addresses.
        pub deny_private: bool as Boolean = false,
        /// How long an unused connection is kept; 0 keeps none (HTTP/2: one second at least).
        pub pool_idle_timeout_ms: u64 as Milliseconds = 50_000,
        /// How many unused HTTP/1.1 connections are kept to one origin (scheme, host, port), past
        /// which the oldest is closed; 0 keeps none.
        pub pool_idle_connections_max: usize as Count = 10_000,
        /// How often an HTTP/2 server is pinged while requests wait for it; 0 is off.
        pub http2_ping_interval_ms: u64 as Milliseconds = 20_000,
        /// How long an HTTP/2 ping may go unanswered before the connection is closed; 0 is off.
        pub http2_ping_timeout_ms: u64 as Milliseconds = 10_000,
        /// Which lines are logged.
        pub log_level: LogLevel as LogLevel = LogLevel::Off,
        /// Log request bodies too, their first 64 KiB, at `debug`.
        pub log_bodies: bool as Boolean = false,
        /// Threads of the library's runtime, 1 to 4, by default 2 to 4 depending on the number of
        /// processors; set by the process's first client.
        ///
        /// The C boundary makes that runtime; this crate runs on the caller's.
        pub worker_threads: Option<usize> as Count,
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientOptions")
            .field("provider", &self.provider)
            .field("limits", &self.limits)
            .field("http", &self.http())
            .field("log_level", &self.log_level)
            .finish_non_exhaustive()
    }
}

impl ClientOptions {
    /// Those of a request that a fallback sends to another place than the client's: without what
    /// is for that, such as the key. With a base URL of its own it has no keys of a cloud either.
    pub(crate) fn elsewhere(&self, has_base_url: bool) -> Self {
        let own = self.clone();
        Self {
            provider: None,
            api: None,
            api_key: None,
            key_source: None,
            auth: Auth::Key,
            base_url: None,
            headers: Vec::new(),
            cloud: match has_base_url {
                true => own.cloud.without_keys(),
                false => own.cloud,
            },
            ..own
        }
    }

    /// What is done with the tape, if there is one.
    pub(crate) fn tape_mode(&self) -> Option<TapeMode> {
        self.tape.as_ref().map(|tape| tape.mode)
    }

    /// The part of the options that decides which connections can be shared.
    #[must_use]
    pub fn http(&self) -> HttpOptions {
        HttpOptions {
            proxy: self.proxy,
            ca_file: self.ca_file.clone(),
            client_certificate_file: self.client_certificate_file.clone(),
            client_key_file: self.client_key_file.clone(),
            deny_private: self.deny_private,
            pool_idle_timeout_ms: self.pool_idle_timeout_ms,
            pool_idle_connections_max: self.pool_idle_connections_max,
            http2_ping_interval_ms: self.http2_ping_interval_ms,
            http2_ping_timeout_ms: self.http2_ping_timeout_ms,
        }
    }
}

declare_names! {
    /// What paces requests beside the limits of the options.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub enum PacingMode {
        /// Nothing.
        #[default]
        Off => "off",
        /// What the provider says in headers and with 429.
        Headers => "headers",
    }
}

declare_names! {
    /// How much is logged.
    #[derive(
        Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize,
    )]
    pub enum LogLevel {
        /// Nothing.
        #[default]
        Off => "off",
        /// What failed for good.
        Error => "error",
        /// What was retried or left out.
        Warn => "warn",
        /// One line for each call, once it has ended.
        Info => "info",
        /// Everything.
        Debug => "debug",
    }
}

impl FromJson for PacingMode {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}

impl FromJson for LogLevel {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn an_unknown_or_wrong_option_is_named() {
        let message = |json| ClientOptions::from_json(json).unwrap_err().message;
        assert_eq!(message(r#"{"foo":1}"#), "option \"foo\" is unknown");
        assert!(message(r#"{"idle_timeout_ms":"x"}"#).starts_with("option idle_timeout_ms: "));
        assert!(message(r#"{"log_level":"loud"}"#).starts_with("option log_level: "));
        assert!(message(r#"{"provider":"nobody"}"#).contains("\"nobody\" is unknown"));
        let api = message(r#"{"api":"chats"}"#);
        assert!(
            api.starts_with("api chats is no provider's; known are "),
            "{api}"
        );
        assert!(message(r#"{"base_url":"ftp://host"}"#).starts_with("base_url must begin"));
        let error = ClientOptions::from_json(r#"{"api_key":"a\nb"}"#).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidArgument);
    }

    #[test]
    fn no_debug_and_no_error_shows_a_secret() {
        let json = r#"{"api_key":"sk-hidden","headers":{"x-any":"hidden"},
            "base_url":"https://host/v1?key=hidden"}"#;
        let options = ClientOptions::from_json(json).unwrap();
        assert!(!format!("{options:?}").contains("hidden"));
        for json in [
            r#"{"headers":"x-any: hidden"}"#,
            r#"{"headers":{"x-any: hidden":""}}"#,
            r#"{"headers":{"x-any":["hidden"]}}"#,
            r#"{"headers":{"x-any":"hidden\n"}}"#,
            r#"{"api_key":["hidden"]}"#,
            r#"{"api_key":"hidden\n"}"#,
            r#"{"base_url":"https://hidden@host/v1"}"#,
            r#"{"base_url":"https://:hidden@host/v1"}"#,
            r#"{"base_url":"hidden"}"#,
            r#"{"proxy":"http://me:hidden@proxy"}"#,
        ] {
            let error = ClientOptions::from_json(json).unwrap_err();
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        let options = ClientOptions::from_json(r#"{"ca_file":"a\ud83d"}"#).unwrap();
        assert_eq!(options.ca_file.as_deref(), Some("a\u{fffd}"));
    }

    #[test]
    fn limits_are_options() {
        let json = r#"{"body_bytes_max":5,"log_level":"debug","retries_max":0,"proxy":false}"#;
        let options = ClientOptions::from_json(json).unwrap();
        assert_eq!((options.body_bytes_max, options.proxy), (5, false));
        assert_eq!(options.log_level, LogLevel::Debug);
        assert_eq!(options.limits.retries_max, Some(0));
    }
}
