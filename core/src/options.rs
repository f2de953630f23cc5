//! What a client is made with: defaults, limits and their names, each of them an option. Owns the
//! reading of options and of the environment; opens nothing.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::client::check;
use crate::error::{ErrorKind, LlmError};
use crate::providers::json;
use crate::request::{take, take_headers, take_limits, CallLimits};
use crate::secret::Secret;

/// Sets each option whose name is among the fields, and takes it out of them.
macro_rules! set_all {
    ($fields:expr, $options:expr; $($name:ident),+) => {
        $(set($fields, stringify!($name), &mut $options.$name)?;)+
    };
}

/// The options of a client. `Default` gives the documented defaults. Its Debug shows no secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The provider of requests that name none.
    pub provider: Option<String>,
    /// The key of requests that bring none; before the environment's.
    pub api_key: Option<Secret>,
    /// The base URL of requests that bring none; before the environment's.
    pub base_url: Option<String>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Timers and retries; `None` is the documented default.
    pub limits: CallLimits,
    /// The longest Retry-After that is waited for; a longer one fails at once.
    pub retry_after_max_ms: u64,
    /// Leave out what a provider cannot do, and warn, instead of failing.
    pub lenient: bool,
    /// Bytes that a stream may have delivered and the host not yet consumed.
    pub stream_window_bytes: usize,
    /// Bytes that may wait in a host's queue.
    pub queue_bytes_max: usize,
    /// Longest event of a stream.
    pub event_bytes_max: usize,
    /// Longest whole answer, after decompression.
    pub body_bytes_max: usize,
    /// How much of an error's body is read.
    pub error_body_bytes_max: usize,
    /// Longest header block of an answer; at most 256 KiB.
    pub header_bytes_max: usize,
    /// Longest request body.
    pub request_bytes_max: usize,
    /// Honour HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
    pub proxy: bool,
    /// A PEM file of certificates to trust beside the platform's.
    pub ca_file: Option<String>,
    /// A PEM file with the client's certificate chain.
    pub client_certificate_file: Option<String>,
    /// A PEM file with the client's private key.
    pub client_key_file: Option<String>,
    /// Send keys over plain http to hosts that are not this machine.
    pub allow_insecure_http: bool,
    /// Refuse to connect to private addresses.
    pub deny_private: bool,
    /// How long an idle connection is kept.
    pub pool_idle_timeout_ms: u64,
    /// Idle HTTP/1.1 connections that are kept to one host.
    pub pool_idle_connections_max: usize,
    /// How often an HTTP/2 host is asked whether it is there, while streams wait for it; 0: never.
    pub http2_ping_interval_ms: u64,
    /// How long its answer may take; 0: it is never asked.
    pub http2_ping_timeout_ms: u64,
    /// What is logged.
    pub log_level: LogLevel,
    /// Log the bodies of requests too, their first 64 KiB, at `debug`.
    pub log_bodies: bool,
    /// Threads of a runtime that this library starts (the C boundary does; this crate does not).
    pub worker_threads: Option<usize>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            provider: None,
            api_key: None,
            base_url: None,
            headers: Vec::new(),
            limits: CallLimits::default(),
            retry_after_max_ms: 60_000,
            lenient: false,
            stream_window_bytes: 256 * 1024,
            queue_bytes_max: 64 * 1024 * 1024,
            event_bytes_max: 16 * 1024 * 1024,
            body_bytes_max: 32 * 1024 * 1024,
            error_body_bytes_max: 64 * 1024,
            header_bytes_max: 64 * 1024,
            request_bytes_max: 64 * 1024 * 1024,
            proxy: true,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            allow_insecure_http: false,
            deny_private: false,
            pool_idle_timeout_ms: 50_000,
            pool_idle_connections_max: 10_000,
            http2_ping_interval_ms: 20_000,
            http2_ping_timeout_ms: 10_000,
            log_level: LogLevel::Off,
            log_bodies: false,
            worker_threads: None,
        }
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
    /// Reads options from a JSON object; an unknown name is an error, so that a slip is found.
    ///
    /// # Errors
    /// `CONFIG`, naming the option; `INVALID_ARGUMENT` for a key that cannot be one.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        // As in a request, half a surrogate pair becomes U+FFFD.
        let value: Value = json::parse(json, &mut String::new())
            .map_err(|error| config(format!("options are not JSON: {error}")))?;
        let Value::Object(fields) = value else {
            return Err(config("options must be a JSON object"));
        };
        Self::from_fields(fields).map_err(|mut error| {
            if error.kind == ErrorKind::InvalidRequest {
                error.kind = ErrorKind::Config;
                error.number = ErrorKind::Config.number();
                error.message = format!("option {}", error.message);
            }
            error
        })
    }

    fn from_fields(mut fields: Map<String, Value>) -> Result<Self, LlmError> {
        let mut options = Self {
            provider: take(&mut fields, "provider")?,
            api_key: take::<String>(&mut fields, "api_key")?
                .map(Secret::new)
                .transpose()?,
            base_url: take(&mut fields, "base_url")?,
            headers: take_headers(&mut fields)?,
            limits: take_limits(&mut fields)?,
            ca_file: take(&mut fields, "ca_file")?,
            client_certificate_file: take(&mut fields, "client_certificate_file")?,
            client_key_file: take(&mut fields, "client_key_file")?,
            worker_threads: take(&mut fields, "worker_threads")?,
            ..Self::default()
        };
        let fields = &mut fields;
        set_all!(fields, options;
            retry_after_max_ms, lenient, stream_window_bytes, queue_bytes_max, event_bytes_max,
            body_bytes_max, error_body_bytes_max, header_bytes_max, request_bytes_max, proxy,
            allow_insecure_http, deny_private, pool_idle_timeout_ms, pool_idle_connections_max,
            http2_ping_interval_ms, http2_ping_timeout_ms, log_level, log_bodies
        );
        match fields.keys().next() {
            Some(name) => Err(config(format!("option \"{name}\" is unknown"))),
            None => check::check_options(
                options.provider.as_deref(),
                options.base_url.as_deref(),
                &options.headers,
                options.header_bytes_max,
            )
            .map(|()| options),
        }
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

/// What decides an HTTP stack: clients with equal ones can share connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpOptions {
    pub(crate) proxy: bool,
    pub(crate) ca_file: Option<String>,
    pub(crate) client_certificate_file: Option<String>,
    pub(crate) client_key_file: Option<String>,
    pub(crate) deny_private: bool,
    pub(crate) pool_idle_timeout_ms: u64,
    pub(crate) pool_idle_connections_max: usize,
    pub(crate) http2_ping_interval_ms: u64,
    pub(crate) http2_ping_timeout_ms: u64,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Nothing.
    #[default]
    Off,
    /// What failed for good.
    Error,
    /// What was tried again or left out.
    Warn,
    /// Requests and their ends.
    Info,
    /// Everything.
    Debug,
}

/// A line for the host's log: redacted, and without bodies unless `log_bodies` is set.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// One line.
    pub message: String,
    /// The provider that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<&'static str>,
}

fn set<T: serde::de::DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
    place: &mut T,
) -> Result<(), LlmError> {
    if let Some(value) = take(fields, name)? {
        *place = value;
    }
    Ok(())
}

pub(crate) fn config(message: impl Into<String>) -> LlmError {
    LlmError::new(ErrorKind::Config, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_wrong_option_is_named() {
        let message = |json| ClientOptions::from_json(json).unwrap_err().message;
        assert_eq!(message(r#"{"timeout":1}"#), "option \"timeout\" is unknown");
        assert!(message(r#"{"idle_timeout_ms":"x"}"#).starts_with("option idle_timeout_ms: "));
        assert!(message(r#"{"log_level":"loud"}"#).starts_with("option log_level: "));
        assert!(message(r#"{"provider":"nobody"}"#).contains("\"nobody\" is unknown"));
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
