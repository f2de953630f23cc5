//! A request for what the client itself has counted. Owns its fields: only options of every call,
//! none of which changes the result.

use super::call::CallOptions;
use crate::declare::declare_options;

declare_options! {
    /// One request for the counters of a client.
    #[derive(Clone, Debug)]
    pub struct StatsRequest {
        /// Taken, as every call takes them, and not used: nobody is asked.
        pub call: CallOptions as Group,
    }
}
