//! A request about the script of the client: what it was asked, and what it is to answer next. Owns
//! its fields.

use super::call::CallOptions;
use crate::declare::declare_options;
use crate::script::Script;

declare_options! {
    /// One request about the script of a client.
    #[derive(Clone, Debug)]
    pub struct ScriptRequest {
        /// Further answers, behind those that are left: a list, or one for every request.
        pub answers: Option<Script> as Any,
        /// Forget the answers that are left and the requests so far; the result still has them.
        pub reset: bool as Boolean = false,

        /// Taken, as every call takes them, and not used: nobody is asked.
        pub call: CallOptions as Group,
    }
}
