//! One attempt among those of a call, as END lists them.

use serde::Serialize;

use crate::declare::declare_fields;
use crate::error::ErrorKind;

declare_fields! {
    /// One attempt of a call: whom it asked, and what came of it. A fallback that was passed over,
    /// since pacing held its model back, is among them: RATE_LIMITED, without a status.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    #[non_exhaustive]
    pub struct Tried {
        /// The provider that was asked.
        pub provider: &'static str as Text,
        /// The model, as the request named it.
        pub model: String as Text,
        /// What kind of failure it ended with; absent for the attempt that was answered whole.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub kind: Option<ErrorKind> as Text,
        /// The HTTP status, where one was received.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub status: Option<u16> as Integer,
        /// How long it took, without the wait before the next one.
        pub milliseconds: f64 as FractionalMilliseconds,
        /// Whether it failed and the provider may have run it, and may bill it.
        pub maybe_executed: bool as Boolean,
    }
}
