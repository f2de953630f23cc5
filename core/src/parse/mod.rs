//! What callers write, requests and options: JSON into typed values, and what is wrong with it and
//! where, in the caller's terms. Owns the wording; has no list of fields. A value is shown only
//! where it is short and cannot be a secret or a prompt.

mod fields;
mod mismatch;
mod nearest;
mod others;
mod shape;
mod slip;
mod values;

use serde_json::Value;

use crate::declare::entry::Kind;
use crate::error::LlmError;
pub(crate) use fields::Fields;
pub(crate) use mismatch::{names_of, shown, type_name, Mismatch};
pub(crate) use nearest::nearest;
pub(crate) use others::refuse_others;
pub(crate) use shape::{optional, required, Member, Shape};
pub(crate) use slip::{is_other_spelling, slip};
pub(crate) use values::one_of;

/// A type that a field of a request, or an option, can have.
pub(crate) trait FromJson: Sized {
    /// Never called with null.
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch>;
}

/// Takes one field out of an object; absent and null are `None`.
pub(crate) fn take<T: FromJson>(
    fields: &mut Fields,
    name: &str,
    kind: Kind,
) -> Result<Option<T>, LlmError> {
    // OpenRouter has a field of this name, an object, which stays where it is for the body.
    if kind == Kind::ProviderName && fields.get(name).is_some_and(Value::is_object) {
        return Ok(None);
    }
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::from_json(value, kind)
            .map(Some)
            .map_err(|mismatch| mismatch.into_error(name)),
    }
}
