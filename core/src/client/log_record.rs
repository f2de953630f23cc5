//! A record of the log as the caller sees it, in whatever language. Owns its fields; who logs what
//! is the streams'.

use serde::Serialize;

use super::options::LogLevel;
use crate::declare::declare_fields;
use crate::error::ErrorKind;
use crate::event::Outcome;

declare_fields! {
    /// A line for the caller's log: redacted, and without bodies unless `log_bodies` is set. The
    /// one of a call that has ended also has what it came to in fields.
    #[derive(Debug, Clone, Default, Serialize)]
    #[non_exhaustive]
    pub struct LogRecord {
        /// How much it matters.
        pub level: LogLevel as LogLevel,
        /// One line.
        pub message: String as Text,
        /// The provider that it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub provider: Option<&'static str> as Text,
        /// How the call ended; with the fields below only in the record of a call that has ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub outcome: Option<Outcome> as Text,
        /// What the call was for, such as `chat`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub operation: Option<&'static str> as Text,
        /// The model that answered, else the one that was asked last.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub model: Option<String> as Text,
        /// The provider's request id.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub request_id: Option<String> as Text,
        /// How many requests were sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub attempts: Option<u32> as Integer,
        /// Tokens of the request, as far as they are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub input_tokens: Option<u64> as Integer,
        /// Tokens of the response, as far as they are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub output_tokens: Option<u64> as Integer,
        /// How long the call took.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub milliseconds: Option<f64> as FractionalMilliseconds,
        /// The kind of the error, unless the outcome is complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kind: Option<ErrorKind> as Text,
    }
}
