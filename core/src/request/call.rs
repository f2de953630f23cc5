//! What a call may set, whatever it asks for: who answers, with which key, where, and how long that
//! may take. What it leaves open comes from the options of its client. Owns the names; looks up
//! nothing.

use std::fmt;

use serde_json::Value;

use super::api_key::{ApiKey, CallKeys};
use super::cloud::CloudOptions;
use super::fallback::Fallbacks;
use super::limits::CallLimits;
use crate::declare::entry::Kind;
use crate::declare::{declare_names, declare_options};
use crate::parse::{one_of, FromJson, Mismatch};
use crate::script::Script;

declare_options! {
    /// The options of a call. Its Debug shows no secret.
    #[derive(Clone)]
    pub struct CallOptions {
        /// The provider to send to; an object of this name goes to the provider's body as it is.
        pub provider: Option<String> as ProviderName,
        /// Which of the provider's APIs to use, such as `chat`, `responses` or `native`; by default
        /// the provider's first.
        pub api: Option<String> as Text,
        /// The key for this call, or a function that is asked for it before each attempt.
        pub api_key: Option<ApiKey> as Key,
        /// Who gives the key where `api_key` is `ApiKey::Ask`; else the client's source.
        pub keys: CallKeys,
        /// How the key is sent: `key` (the provider's own header), `bearer` (Authorization), or
        /// `none` (not at all, and none is required).
        pub auth: Option<Auth> as Text,
        /// The base URL for this call.
        pub base_url: Option<String> as Text,
        /// Headers of this call, merged with the client's and overriding them.
        pub headers: Vec<(String, String)> as Headers,
        /// Timers and retries of this call.
        pub limits: CallLimits as Group,
        /// Where and as whom this call goes to a cloud.
        pub cloud: CloudOptions as Group,
        /// What a chat or a rerank tries in order when it fails before content: models, or objects
        /// with the fields that differ.
        pub fallbacks: Option<Fallbacks> as Fallbacks,
        /// What provider `script` answers this call: a list, one answer for each of its attempts,
        /// or one answer for all.
        pub script: Option<Script> as Any,
        /// Drop request fields that the provider does not support and list them in `warnings`,
        /// instead of failing.
        pub lenient: Option<bool> as Boolean,
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallOptions")
            .field("provider", &self.provider)
            .field("api", &self.api)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

declare_names! {
    /// How a key is sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
    pub enum Auth {
        /// In the provider's own header.
        #[default]
        Key => "key",
        /// As `authorization: Bearer`.
        Bearer => "bearer",
        /// Not at all, and none is required.
        None => "none",
    }
}

impl FromJson for Auth {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        one_of(value, Self::NAMES)
    }
}
