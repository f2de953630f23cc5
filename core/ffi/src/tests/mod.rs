//! Tests through the exports, and what the tests of this crate share.

mod json_mistakes;
mod owed_wakes;
pub mod stress;
pub mod time_limit;
