//! The shape of an event and of a whole response: the fields that are used, borrowed from the text.
//! What comes once in a response stays raw. Every field may be absent or unusable.

use serde_json::value::RawValue;

use crate::providers::lenient_json::{object, Index, Maybe, Text, Written};

object! {
    /// An event of a stream.
    pub(super) struct Event<'t> {
        /// What it is; the name of the event, which some servers do not send, repeats it.
        kind: Text<'t> = "type",
        output_index: Index,
        /// The only sign of a place that llama.cpp's server sends.
        item_id: Text<'t>,
        content_index: Index,
        summary_index: Index,
        delta: Written<'t>,
        text: Written<'t>,
        refusal: Written<'t>,
        arguments: Written<'t>,
        input: Written<'t>,
        logprobs: Option<&'t RawValue>,
        annotation: Option<&'t RawValue>,
        item: Option<&'t RawValue>,
        response: Option<&'t RawValue>,
    }

    /// A whole response; the first events have it too, without output.
    pub(super) struct Response<'t> {
        id: Text<'t>,
        model: Text<'t>,
        status: Text<'t>,
        incomplete_details: Maybe<IncompleteDetails<'t>>,
        output: Option<&'t RawValue>,
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
    }

    pub(super) struct IncompleteDetails<'t> {
        reason: Text<'t>,
    }
}
