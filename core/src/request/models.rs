//! A request for the list of a provider's models. Owns its fields; depends on no wire.

use serde_json::{Map, Value};

use super::call::CallOptions;
use crate::declare::declare_options;

declare_options! {
    /// One request for the list of models; all pages become one list.
    #[derive(Clone, Debug)]
    pub struct ModelsRequest {
        /// Who answers, with which key, where, and how long that may take.
        pub call: CallOptions as Group,
        /// Fields for the query of the URL.
        pub extra: Map<String, Value>,
    }
}
