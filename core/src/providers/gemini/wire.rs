//! The shape of an event and of a whole response, which are the same: the fields that are used,
//! borrowed from the text. What is rarely there stays raw until it is needed. Every field may be
//! absent or unusable.

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json;
use crate::providers::lenient_json::Text;
use crate::providers::lenient_json::{
    absent, object, Index, Lenient, Maybe, Mode, Object, Written,
};

object! {
    /// An event of a stream, or a whole response.
    pub(super) struct Chunk<'t> {
        candidates: Several<Candidate<'t>>,
        prompt_feedback: Option<&'t RawValue> = "promptFeedback",
        usage: Option<&'t RawValue> = "usageMetadata",
        model: Text<'t> = "modelVersion",
        id: Text<'t> = "responseId",
        error: Option<&'t RawValue>,
    }

    pub(super) struct Candidate<'t> {
        index: Index,
        content: Maybe<Content<'t>>,
        /// A word, or its number with `enum-encoding=int`.
        finish_reason: Written<'t> = "finishReason",
        finish_message: Text<'t> = "finishMessage",
        safety_ratings: Option<&'t RawValue> = "safetyRatings",
        citations: Option<&'t RawValue> = "citationMetadata",
        grounding: Option<&'t RawValue> = "groundingMetadata",
        url_context: Option<&'t RawValue> = "urlContextMetadata",
        logprobs: Option<&'t RawValue> = "logprobsResult",
    }

    pub(super) struct Content<'t> {
        parts: Several<Part<'t>>,
    }

    /// Why a prompt was not answered.
    pub(super) struct PromptFeedback<'t> {
        block_reason: Written<'t> = "blockReason",
    }

    pub(super) struct FunctionCall<'t> {
        id: Written<'t>,
        name: Written<'t>,
        args: Option<&'t RawValue>,
        partial_args: Option<&'t RawValue> = "partialArgs",
        will_continue: Option<&'t RawValue> = "willContinue",
    }
}

/// A part of the content.
#[derive(Debug, Default)]
pub(super) struct Part<'t> {
    pub(super) text: Written<'t>,
    thought: Option<&'t RawValue>,
    pub(super) signature: Text<'t>,
    pub(super) function_call: Option<&'t RawValue>,
    /// Every other field, if there are any: no map is made for the text of a stream.
    pub(super) rest: Option<Map<String, Value>>,
}

/// A field of a part.
#[derive(Debug)]
pub(super) enum PartField {
    Text,
    Thought,
    Signature,
    FunctionCall,
    Other(String),
}

impl Part<'_> {
    /// Whether it is reasoning.
    pub(super) fn is_thought(&self) -> bool {
        is_true(self.thought)
    }
}

pub(super) fn is_true(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| raw.get() == "true")
}

impl<'t> Object<'t> for Part<'t> {
    type Name = PartField;

    #[inline]
    fn name(name: &str) -> PartField {
        match name {
            "text" => PartField::Text,
            "thought" => PartField::Thought,
            "thoughtSignature" => PartField::Signature,
            "functionCall" => PartField::FunctionCall,
            _ => PartField::Other(name.to_owned()),
        }
    }

    #[inline]
    fn field<A: MapAccess<'t>>(
        &mut self,
        name: PartField,
        fields: &mut A,
        mode: Mode,
    ) -> Result<(), A::Error> {
        match name {
            PartField::Text => fields.next_value_seed(self.text.place(mode)),
            PartField::Thought => fields.next_value_seed(self.thought.place(mode)),
            PartField::Signature => fields.next_value_seed(self.signature.place(mode)),
            PartField::FunctionCall => fields.next_value_seed(self.function_call.place(mode)),
            PartField::Other(name) => {
                let raw: &RawValue = fields.next_value()?;
                let value = json::parse(raw.get(), &mut String::new()).ok();
                let value = value.filter(|value: &Value| !value.is_null());
                if let Some(value) = value {
                    self.rest.get_or_insert_default().insert(name, value);
                }
                Ok(())
            }
        }
    }
}

/// A list of objects of which there is mostly one, so that no event allocates for it.
#[derive(Debug)]
pub(super) struct Several<T> {
    first: Maybe<T>,
    others: Vec<T>,
    /// There was a list, perhaps an empty one.
    pub(super) is_list: bool,
}

impl<T> Several<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.0.iter().chain(&self.others)
    }
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self {
            first: Maybe::default(),
            others: Vec::new(),
            is_list: false,
        }
    }
}

impl<'t, T: Object<'t>> Lenient<'t> for Several<T> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        *self = Self::default();
        deserializer.deserialize_any(SeveralVisitor(self, mode))
    }
}

struct SeveralVisitor<'p, T>(&'p mut Several<T>, Mode);

impl<'de, T: Object<'de>> Visitor<'de> for SeveralVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of objects")
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(several, mode) = self;
        several.is_list = true;
        if list.next_element_seed(several.first.place(mode))?.is_none() {
            return Ok(());
        }
        let mut other = Maybe::<T>::default();
        while list.next_element_seed(other.place(mode))?.is_some() {
            several.others.extend(other.0.take());
        }
        Ok(())
    }

    /// One object alone counts as a list of one.
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let Self(several, mode) = self;
        several.is_list = true;
        several.first.0.insert(T::default()).fields(fields, mode)
    }

    absent!(unit bool str numbers);
}
