//! The shape of an event and of a whole answer: the fields that are read, borrowed from the text.
//! What is rarely there stays raw until somebody needs it. Every field may be absent or null.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::providers::json::Text;

/// An event of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'t> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'t>,
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'t>>,
    #[serde(borrow, default)]
    pub(super) content_block: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) message: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
}

/// What is new in a block, as far as it is text; or why the model stopped.
#[derive(Debug, Deserialize)]
pub(super) struct Delta<'t> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'t>,
    #[serde(borrow, default)]
    pub(super) text: Text<'t>,
    #[serde(borrow, default)]
    pub(super) thinking: Text<'t>,
    #[serde(borrow, default)]
    pub(super) partial_json: Text<'t>,
    #[serde(borrow, default)]
    pub(super) stop_reason: Text<'t>,
}

/// A message: the beginning of one in a stream, or a whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'t> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'t>,
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) model: Text<'t>,
    #[serde(borrow, default)]
    pub(super) content: Option<Vec<&'t RawValue>>,
    #[serde(borrow, default)]
    pub(super) stop_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
}

/// The input of a call, as the model wrote it.
#[derive(Debug, Deserialize)]
pub(super) struct Input<'t> {
    #[serde(borrow, default)]
    pub(super) input: Option<&'t RawValue>,
}
