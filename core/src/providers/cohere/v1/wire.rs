//! The shape of an event and of a whole response: the fields that are used, borrowed from the text.
//! What is rarely there stays raw until it is needed. Every field may be absent or unusable.

use serde_json::value::RawValue;

use crate::providers::lenient_json::{object, Index, List, Maybe, Text, Written};

object! {
    /// An event of a stream.
    pub(crate) struct Event<'t> {
        event_type: Text<'t>,
        generation_id: Written<'t>,
        text: Written<'t>,
        tool_call_delta: Maybe<CallDelta<'t>>,
        finish_reason: Text<'t>,
        error: Option<&'t RawValue>,
        response: Maybe<Response<'t>>,
        /// Fields that an event and a whole response name alike.
        tool_calls: List<Call<'t>>,
        citations: Option<&'t RawValue>,
    }

    pub(crate) struct CallDelta<'t> {
        index: Index,
        name: Written<'t>,
        parameters: Written<'t>,
    }

    pub(crate) struct Call<'t> {
        name: Written<'t>,
        parameters: Written<'t>,
    }

    /// A whole response; a stream's last event holds one too.
    pub(crate) struct Response<'t> {
        response_id: Written<'t>,
        generation_id: Written<'t>,
        text: Written<'t>,
        finish_reason: Text<'t>,
        error: Option<&'t RawValue>,
        tool_calls: List<Call<'t>>,
        citations: Option<&'t RawValue>,
        documents: Option<&'t RawValue>,
        search_results: Option<&'t RawValue>,
        search_queries: Option<&'t RawValue>,
        meta: Option<&'t RawValue>,
    }
}
