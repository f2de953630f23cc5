//! The shape of events and of whole answers, of both versions: the fields that are read, borrowed
//! from the text. What is rarely there stays raw until somebody needs it. Every field may be absent
//! or null.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::Deserialize as DeriveDeserialize;
use serde_json::value::RawValue;

use crate::providers::json::Text;

/// An event of a v2 stream.
#[derive(Debug, DeriveDeserialize)]
pub(super) struct V2Event<'t> {
    #[serde(rename = "type", borrow, default)]
    pub(super) kind: Text<'t>,
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(borrow, default)]
    pub(super) delta: Single<V2Delta<'t>>,
    /// Where it is said beside an event, and not in the delta of the last one.
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) logprobs: Option<&'t RawValue>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Delta<'t> {
    #[serde(borrow, default)]
    pub(super) message: Single<V2Piece<'t>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error_type: Text<'t>,
}

/// What a delta adds: single objects where a whole message has lists.
#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Piece<'t> {
    #[serde(borrow, default)]
    pub(super) content: Single<V2Content<'t>>,
    #[serde(borrow, default)]
    pub(super) tool_plan: Text<'t>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Single<V2Call<'t>>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'t RawValue>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Content<'t> {
    #[serde(borrow, default)]
    pub(super) text: Text<'t>,
    #[serde(borrow, default)]
    pub(super) thinking: Text<'t>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Call<'t> {
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) function: Single<V2Function<'t>>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Function<'t> {
    #[serde(borrow, default)]
    pub(super) name: Text<'t>,
    #[serde(borrow, default)]
    pub(super) arguments: Text<'t>,
}

/// A whole v2 answer.
#[derive(Debug, DeriveDeserialize)]
pub(super) struct V2Answer<'t> {
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) message: Option<V2Message<'t>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) logprobs: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error_type: Text<'t>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V2Message<'t> {
    #[serde(borrow, default)]
    pub(super) content: Option<Vec<V2Content<'t>>>,
    #[serde(borrow, default)]
    pub(super) tool_plan: Text<'t>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<V2Call<'t>>>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'t RawValue>,
}

/// An event of a v1 stream.
#[derive(Debug, DeriveDeserialize)]
pub(super) struct V1Event<'t> {
    #[serde(borrow, default)]
    pub(super) event_type: Text<'t>,
    #[serde(borrow, default)]
    pub(super) generation_id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) text: Text<'t>,
    #[serde(borrow, default)]
    pub(super) tool_call_delta: Single<V1Delta<'t>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) response: Single<V1Answer<'t>>,
    /// Fields that an event and a whole answer name alike.
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<V1Call<'t>>>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'t RawValue>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V1Delta<'t> {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(borrow, default)]
    pub(super) name: Text<'t>,
    #[serde(borrow, default)]
    pub(super) parameters: Text<'t>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V1Call<'t> {
    #[serde(borrow, default)]
    pub(super) name: Text<'t>,
    #[serde(borrow, default)]
    pub(super) parameters: Option<&'t RawValue>,
}

/// A whole v1 answer; a stream's last event holds one too.
#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct V1Answer<'t> {
    #[serde(borrow, default)]
    pub(super) response_id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) generation_id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) text: Option<Text<'t>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<V1Call<'t>>>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) documents: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) search_results: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) search_queries: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) meta: Option<&'t RawValue>,
}

/// One object, or nothing: what is no object counts as absent. A stream's first event has empty
/// lists where later ones have objects.
#[derive(Debug)]
pub(super) struct Single<T>(pub(super) Option<T>);

impl<T> Default for Single<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Single<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SingleVisitor(PhantomData))
    }
}

struct SingleVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SingleVisitor<T> {
    type Value = Single<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Single(Some(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Single(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Single(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Single(None))
    }
}
