//! Tool calls in Bedrock's spelling.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::providers::tool_calls::block_calls::{BlockCall, BlockCalls};

/// Begins a call with what its block has.
pub(super) fn begin(calls: &mut BlockCalls, block: &Map<String, Value>) -> BlockCall {
    let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    calls.begin(text("toolUseId"), text("name"))
}

/// The input of a whole response as arguments. A model may have written no object; then the
/// service hands its text on.
pub(super) fn arguments(input: &str) -> Cow<'_, str> {
    let text = serde_json::from_str::<String>(input);
    text.map_or(Cow::Borrowed(input), Cow::Owned)
}
