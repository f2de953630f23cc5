//! Rules of the codec, one by one, at the level of frames and events.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod recordings;

use serde_json::json;

use crate::providers::test_support::*;

const OPENAI: Wire = Wire::sse("openai").api("responses");
