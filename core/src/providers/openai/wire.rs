//! The shape of a chunk and of a whole answer: the fields that are read, borrowed from the text.
//! What is rarely there stays raw until somebody needs it. Every field may be absent or null.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::Deserialize as DeriveDeserialize;
use serde_json::value::RawValue;
use serde_json::Value;

use crate::providers::json::Text;

/// A chunk of a stream, or a whole answer.
#[derive(Debug, DeriveDeserialize)]
pub(super) struct Chunk<'t> {
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) object: Text<'t>,
    #[serde(borrow, default)]
    pub(super) model: Text<'t>,
    #[serde(borrow, default)]
    pub(super) choices: Choices<'t>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) x_groq: Option<Groq<'t>>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) search_results: Option<&'t RawValue>,
}

/// Groq's own corner, where its usage once was.
#[derive(Debug, DeriveDeserialize)]
pub(super) struct Groq<'t> {
    #[serde(borrow, default)]
    pub(super) usage: Option<&'t RawValue>,
}

/// What `choices` is. Only the choice with index 0 is kept: others come of `n` > 1.
#[derive(Debug, Default)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation per chunk"
)]
pub(super) enum Choices<'t> {
    #[default]
    Absent,
    Unusable,
    List(Option<Choice<'t>>),
}

#[derive(Debug, DeriveDeserialize)]
pub(super) struct Choice<'t> {
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'t>>,
    /// Read where there is no delta: some servers send both in a stream.
    #[serde(borrow, default)]
    pub(super) message: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'t>,
    #[serde(borrow, default)]
    pub(super) logprobs: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'t RawValue>,
}

/// A delta, or a whole message.
#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct Delta<'t> {
    /// Said once, by the chunk that opens the message; some servers say it in every one.
    #[serde(borrow, default)]
    pub(super) role: Text<'t>,
    #[serde(borrow, default)]
    pub(super) content: Content<'t>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Text<'t>,
    #[serde(borrow, default)]
    pub(super) reasoning: Text<'t>,
    #[serde(borrow, default)]
    pub(super) reasoning_details: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) refusal: Text<'t>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<CallDelta<'t>>>,
    /// The older form of one tool call.
    #[serde(borrow, default)]
    pub(super) function_call: Option<FunctionDelta<'t>>,
    #[serde(borrow, default)]
    pub(super) annotations: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) audio: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) images: Option<&'t RawValue>,
}

impl Delta<'_> {
    /// Whether it adds to the answer: text, reasoning, or a call.
    pub(super) fn says_something(&self) -> bool {
        let has_content = match &self.content {
            Content::Absent => false,
            Content::Text(text) => !text.is_empty(),
            Content::Parts(parts) => !parts.is_empty(),
        };
        has_content
            || self
                .reasoning_content
                .get()
                .or(self.reasoning.get())
                .is_some()
            || self
                .tool_calls
                .as_ref()
                .is_some_and(|calls| !calls.is_empty())
    }
}

#[derive(Debug, DeriveDeserialize)]
pub(super) struct CallDelta<'t> {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(borrow, default)]
    pub(super) id: Text<'t>,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionDelta<'t>>,
    /// A tool that takes free text (`type` is `custom`).
    #[serde(borrow, default)]
    pub(super) custom: Option<FunctionDelta<'t>>,
}

#[derive(Debug, Default, DeriveDeserialize)]
pub(super) struct FunctionDelta<'t> {
    #[serde(borrow, default)]
    pub(super) name: Text<'t>,
    /// Text, or from some servers the object itself.
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'t RawValue>,
    /// The free text of a custom tool.
    #[serde(borrow, default)]
    pub(super) input: Option<&'t RawValue>,
}

/// Visible text: a string, or Mistral's list of parts.
#[derive(Debug, Default)]
pub(super) enum Content<'t> {
    #[default]
    Absent,
    Text(Cow<'t, str>),
    Parts(Vec<Value>),
}

impl<'de: 't, 't> Deserialize<'de> for Choices<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoicesVisitor)
    }
}

struct ChoicesVisitor;

impl<'de> Visitor<'de> for ChoicesVisitor {
    type Value = Choices<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of choices")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Choices::Unusable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        let mut position = 0;
        while let Some(choice) = sequence.next_element::<Choice<'de>>()? {
            if first.is_none() && choice.index.unwrap_or(position) == 0 {
                first = Some(choice);
            }
            position += 1;
        }
        Ok(Choices::List(first))
    }

    // An object is wrong, but an error beside it says more than its shape does.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Choices::Unusable)
    }
}

impl<'de: 't, 't> Deserialize<'de> for Content<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a list of parts")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Content::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = sequence.next_element()? {
            parts.push(part);
        }
        Ok(Content::Parts(parts))
    }
}
