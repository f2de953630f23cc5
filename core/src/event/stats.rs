//! What a client has done so far, as `stats` tells it. Owns the names that every language uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::declare::declare_fields;

declare_fields! {
    /// What a client has done since it was made, and does now.
    #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
    #[non_exhaustive]
    pub struct Stats {
        /// Calls that were started and have not ended, those that wait for their turn among them.
        pub live: u64 as Integer,
        /// Requests that wait for their turn, as the client's pacing options want it.
        pub queued: u64 as Integer,
        /// What was sent to each provider, by its name.
        pub providers: BTreeMap<String, ProviderStats> as Object,
    }
}

declare_fields! {
    /// What a client has sent to one provider.
    #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
    #[non_exhaustive]
    pub struct ProviderStats {
        /// HTTP requests, retries among them.
        pub requests: u64 as Integer,
        /// Requests that were not the first attempt of their call.
        pub retries: u64 as Integer,
        /// Requests that the provider refused with 429, or as rate limited in its own words.
        pub rate_limited: u64 as Integer,
        /// Tokens of requests, as far as receipts say.
        pub input_tokens: u64 as Integer,
        /// Tokens of responses, as far as receipts say.
        pub output_tokens: u64 as Integer,
        /// Half of the chats had their first content sooner, in milliseconds since their request
        /// was sent and exact to 12 %; absent before the first one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub first_token_p50_ms: Option<f64> as FractionalMilliseconds,
        /// The same for 99 of 100 chats.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub first_token_p99_ms: Option<f64> as FractionalMilliseconds,
    }
}
