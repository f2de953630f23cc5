//! Tests through the exports, and what the tests of this crate share.

pub mod stress;
pub mod time_limit;
