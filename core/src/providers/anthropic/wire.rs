//! The shape of an event and of a whole response: the fields that are used, borrowed from the text.
//! What is rarely there stays raw until it is needed. Every field may be absent or unusable.

use serde_json::value::RawValue;

use crate::providers::lenient_json::Text;
use crate::providers::lenient_json::{object, Index, Maybe, Written};

object! {
    /// An event of a stream.
    pub(super) struct Event<'t> {
        kind: Text<'t> = "type",
        index: Index,
        delta: Maybe<Delta<'t>>,
        content_block: Option<&'t RawValue>,
        message: Option<&'t RawValue>,
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        base_resp: Option<&'t RawValue>,
    }

    /// What is new in a block, as far as it is text; or why the model stopped.
    pub(super) struct Delta<'t> {
        kind: Text<'t> = "type",
        text: Written<'t>,
        thinking: Written<'t>,
        partial_json: Written<'t>,
        stop_reason: Text<'t>,
    }

    /// A message: the beginning of one in a stream, or a whole response.
    pub(super) struct Message<'t> {
        kind: Text<'t> = "type",
        id: Written<'t>,
        model: Written<'t>,
        content: Written<'t>,
        stop_reason: Text<'t>,
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        base_resp: Option<&'t RawValue>,
    }

    /// The input of a call, as the model wrote it.
    pub(super) struct Input<'t> {
        input: Option<&'t RawValue>,
    }
}
