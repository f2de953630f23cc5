//! The shape of an event and of a whole response: the fields that are used, borrowed from the text.
//! What is rarely there stays raw until it is needed. Every field may be absent or unusable.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::providers::lenient_json::{
    absent, object, Index, Lenient, List, Maybe, Mode, Object, Text, Written,
};

object! {
    /// An event of a stream.
    pub(crate) struct Event<'t> {
        kind: Text<'t> = "type",
        id: Text<'t>,
        index: Index,
        delta: Maybe<Delta<'t>>,
        /// Where it stands beside an event, and not in the delta of the last one.
        error: Option<&'t RawValue>,
        base_resp: Option<&'t RawValue>,
        logprobs: Option<&'t RawValue>,
    }

    pub(crate) struct Delta<'t> {
        message: Maybe<Message<'t>>,
        finish_reason: Text<'t>,
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        error_type: Text<'t>,
    }

    /// What a delta adds: single objects where a whole message has lists.
    pub(crate) struct Message<'t> {
        content: Contents<'t>,
        tool_plan: Written<'t>,
        tool_calls: List<Call<'t>>,
        citations: Option<&'t RawValue>,
    }

    pub(crate) struct Content<'t> {
        kind: Text<'t> = "type",
        text: Written<'t>,
        thinking: Written<'t>,
    }

    pub(crate) struct Call<'t> {
        index: Index,
        id: Written<'t>,
        function: Maybe<Function<'t>>,
    }

    pub(crate) struct Function<'t> {
        name: Written<'t>,
        arguments: Written<'t>,
    }

    /// A whole response.
    pub(crate) struct Response<'t> {
        id: Written<'t>,
        message: Maybe<Message<'t>>,
        finish_reason: Text<'t>,
        usage: Option<&'t RawValue>,
        logprobs: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
        error_type: Text<'t>,
        base_resp: Option<&'t RawValue>,
    }
}

/// The content of a message: blocks, one of them, or bare text.
#[derive(Debug, Default)]
pub(crate) enum Contents<'t> {
    #[default]
    None,
    One(Content<'t>),
    Many(Vec<Contents<'t>>),
}

impl<'t> Contents<'t> {
    /// Each block in order.
    pub(super) fn each(&self, take: &mut impl FnMut(&Content<'t>)) {
        match self {
            Self::None => {}
            Self::One(content) => take(content),
            Self::Many(list) => list.iter().for_each(|contents| contents.each(take)),
        }
    }

    fn text(text: impl Into<std::borrow::Cow<'t, str>>) -> Self {
        Self::One(Content {
            text: Written::Text(text.into()),
            ..Content::default()
        })
    }
}

impl<'t> Lenient<'t> for Contents<'t> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        *self = Self::None;
        deserializer.deserialize_any(ContentsVisitor(self, mode))
    }
}

struct ContentsVisitor<'p, 't>(&'p mut Contents<'t>, Mode);

impl<'de> Visitor<'de> for ContentsVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("blocks of content")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let mut content = Content::default();
        content.fields(fields, self.1)?;
        *self.0 = Contents::One(content);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut contents = Vec::new();
        let mut content = Contents::None;
        while list.next_element_seed(content.place(self.1))?.is_some() {
            contents.push(std::mem::take(&mut content));
        }
        *self.0 = Contents::Many(contents);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        *self.0 = Contents::text(text);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.0 = Contents::text(text.to_owned());
        Ok(())
    }

    absent!(unit bool numbers);
}
