//! Rules of the codec, one by one, at the level of frames and events. How a test writes what it
//! decoded is the form of the vectors in `tests/vectors`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod recordings;
mod vectors;

use serde_json::{json, Value};

use crate::providers::test_support::*;

const GEMINI: Wire = Wire::sse("gemini");
const VERTEX: Wire = Wire::sse("vertex");
