//! Fields that are left over where each has to be known.

use super::{names_of, nearest, Fields, Mismatch};
use crate::declare::entry::Field;

/// Refuses a field that is left over: it is a slip, since no provider takes it.
pub(crate) fn refuse_others(fields: &Fields, declared: &[Field]) -> Result<(), Mismatch> {
    let Some(name) = fields.keys().next() else {
        return Ok(());
    };
    let known: Vec<_> = declared.iter().map(|field| field.name).collect();
    let advice = match nearest(name, &known).first() {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("known are {}", names_of(&known, "and")),
    };
    Err(Mismatch::other(format!("\"{name}\" is unknown; {advice}")))
}
