//! The shape of a line: at most one piece of content, or the end.

use serde_json::value::RawValue;

use crate::providers::lenient_json::{object, Maybe, Text};

object! {
    /// A line of a response.
    pub(crate) struct Line<'t> {
        id: Text<'t>,
        model: Text<'t>,
        text: Text<'t>,
        reasoning: Text<'t>,
        part: Option<&'t RawValue>,
        tool_call: Maybe<Call<'t>>,
        error: Option<&'t RawValue>,
        end: Maybe<End<'t>>,
    }

    pub(crate) struct Call<'t> {
        id: Text<'t>,
        name: Text<'t>,
        arguments: Text<'t>,
    }

    pub(crate) struct End<'t> {
        finish_reason: Text<'t>,
        usage: Option<&'t RawValue>,
    }
}
