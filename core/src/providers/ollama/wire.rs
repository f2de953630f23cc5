//! The shape of a line and of a whole response, which is the same: the fields that are used,
//! borrowed from the text. What is rarely there stays raw until it is needed. Every field may be
//! absent or unusable.

use serde_json::value::RawValue;

use crate::providers::lenient_json::{object, List, Maybe, Text, Written};

object! {
    /// A line of a stream, or a whole response.
    pub(crate) struct Response<'t> {
        model: Text<'t>,
        message: Maybe<Message<'t>>,
        /// True in the last line.
        done: Option<&'t RawValue>,
        done_reason: Text<'t>,
        prompt_eval_count: Option<&'t RawValue>,
        eval_count: Option<&'t RawValue>,
        logprobs: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
    }

    pub(crate) struct Message<'t> {
        content: Written<'t>,
        thinking: Written<'t>,
        tool_calls: List<Call<'t>>,
    }

    pub(crate) struct Call<'t> {
        id: Written<'t>,
        function: Maybe<Function<'t>>,
    }

    pub(crate) struct Function<'t> {
        name: Written<'t>,
        arguments: Written<'t>,
    }
}
