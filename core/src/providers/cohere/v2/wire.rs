//! The shape of events and of whole answers, of both versions: the fields that are read, borrowed
//! from the text. What is rarely there stays raw until somebody needs it. Every field may be absent
//! or unusable.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::providers::lenient_json::Text;
use crate::providers::lenient_json::{
    absent, object, Index, Lenient, List, Maybe, Mode, Object, Written,
};

object! {
    /// An event of a v2 stream.
    pub(crate) struct V2Event<'t> {
        kind: Text<'t> = "type",
        id: Text<'t>,
        index: Index,
        delta: Maybe<V2Delta<'t>>,
        /// Where it is said beside an event, and not in the delta of the last one.
        error: Option<&'t RawValue>,
        base_resp: Option<&'t RawValue>,
        logprobs: Option<&'t RawValue>,
    }

    pub(crate) struct V2Delta<'t> {
        message: Maybe<V2Piece<'t>>,
        finish_reason: Text<'t>,
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        error_type: Text<'t>,
    }

    /// What a delta adds: single objects where a whole message has lists.
    pub(crate) struct V2Piece<'t> {
        content: V2Contents<'t>,
        tool_plan: Written<'t>,
        tool_calls: List<V2Call<'t>>,
        citations: Option<&'t RawValue>,
    }

    pub(crate) struct V2Content<'t> {
        kind: Text<'t> = "type",
        text: Written<'t>,
        thinking: Written<'t>,
    }

    pub(crate) struct V2Call<'t> {
        index: Index,
        id: Written<'t>,
        function: Maybe<V2Function<'t>>,
    }

    pub(crate) struct V2Function<'t> {
        name: Written<'t>,
        arguments: Written<'t>,
    }

    /// A whole v2 answer.
    pub(crate) struct V2Answer<'t> {
        id: Written<'t>,
        message: Maybe<V2Piece<'t>>,
        finish_reason: Text<'t>,
        usage: Option<&'t RawValue>,
        logprobs: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        error_type: Text<'t>,
        base_resp: Option<&'t RawValue>,
    }

    /// An event of a v1 stream.
    pub(crate) struct V1Event<'t> {
        event_type: Text<'t>,
        generation_id: Written<'t>,
        text: Written<'t>,
        tool_call_delta: Maybe<V1Delta<'t>>,
        finish_reason: Text<'t>,
        error: Option<&'t RawValue>,
        response: Maybe<V1Answer<'t>>,
        /// Fields that an event and a whole answer name alike.
        tool_calls: List<V1Call<'t>>,
        citations: Option<&'t RawValue>,
    }

    pub(crate) struct V1Delta<'t> {
        index: Index,
        name: Written<'t>,
        parameters: Written<'t>,
    }

    pub(crate) struct V1Call<'t> {
        name: Written<'t>,
        parameters: Written<'t>,
    }

    /// A whole v1 answer; a stream's last event holds one too.
    pub(crate) struct V1Answer<'t> {
        response_id: Written<'t>,
        generation_id: Written<'t>,
        text: Written<'t>,
        finish_reason: Text<'t>,
        error: Option<&'t RawValue>,
        tool_calls: List<V1Call<'t>>,
        citations: Option<&'t RawValue>,
        documents: Option<&'t RawValue>,
        search_results: Option<&'t RawValue>,
        search_queries: Option<&'t RawValue>,
        meta: Option<&'t RawValue>,
    }
}

/// The content of a message: blocks, one of them, or bare text.
#[derive(Debug, Default)]
pub(crate) enum V2Contents<'t> {
    #[default]
    None,
    One(V2Content<'t>),
    Many(Vec<V2Contents<'t>>),
}

impl<'t> V2Contents<'t> {
    /// Each block in order.
    pub(crate) fn each(&self, take: &mut impl FnMut(&V2Content<'t>)) {
        match self {
            Self::None => {}
            Self::One(content) => take(content),
            Self::Many(list) => list.iter().for_each(|contents| contents.each(take)),
        }
    }

    fn text(text: impl Into<std::borrow::Cow<'t, str>>) -> Self {
        Self::One(V2Content {
            text: Written::Text(text.into()),
            ..V2Content::default()
        })
    }
}

impl<'t> Lenient<'t> for V2Contents<'t> {
    #[inline]
    fn read<D: Deserializer<'t>>(&mut self, deserializer: D, mode: Mode) -> Result<(), D::Error> {
        *self = Self::None;
        deserializer.deserialize_any(ContentsVisitor(self, mode))
    }
}

struct ContentsVisitor<'p, 't>(&'p mut V2Contents<'t>, Mode);

impl<'de> Visitor<'de> for ContentsVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("blocks of content")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let mut content = V2Content::default();
        content.fields(fields, self.1)?;
        *self.0 = V2Contents::One(content);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut contents = Vec::new();
        let mut content = V2Contents::None;
        while list.next_element_seed(content.place(self.1))?.is_some() {
            contents.push(std::mem::take(&mut content));
        }
        *self.0 = V2Contents::Many(contents);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        *self.0 = V2Contents::text(text);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.0 = V2Contents::text(text.to_owned());
        Ok(())
    }

    absent!(unit bool numbers);
}
