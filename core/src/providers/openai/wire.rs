//! The shape of a chunk and of a whole answer: the fields that are read, borrowed from the text.
//! What is rarely there stays raw until somebody needs it. Every field may be absent or unusable.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::providers::json::Text;
use crate::providers::lenient::{absent, object, read_fields, Index, List, Maybe, Object, Written};

object! {
    /// A chunk of a stream, or a whole answer.
    pub(super) struct Chunk<'t> {
        id: Written<'t>,
        object: Text<'t>,
        model: Written<'t>,
        choices: Choices<'t>,
        usage: Option<&'t RawValue>,
        x_groq: Maybe<Groq<'t>>,
        error: Option<&'t RawValue>,
        /// MiniMax says in every answer whether it is one.
        base_resp: Option<&'t RawValue>,
        citations: Option<&'t RawValue>,
        search_results: Option<&'t RawValue>,
    }

    /// Groq's own corner, where its usage once was.
    pub(super) struct Groq<'t> {
        usage: Option<&'t RawValue>,
    }

    pub(super) struct Choice<'t> {
        index: Index,
        delta: Maybe<Delta<'t>>,
        /// Read where there is no delta: some servers send both in a stream.
        message: Option<&'t RawValue>,
        finish_reason: Text<'t>,
        logprobs: Option<&'t RawValue>,
        /// Moonshot counts here.
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
    }

    /// A delta, or a whole message.
    pub(super) struct Delta<'t> {
        /// Said once, by the chunk that opens the message; some servers say it in every one.
        role: Text<'t>,
        /// Visible text, or a list of parts.
        content: Written<'t>,
        reasoning_content: Written<'t>,
        reasoning: Written<'t>,
        reasoning_details: Option<&'t RawValue>,
        refusal: Text<'t>,
        tool_calls: List<CallDelta<'t>>,
        /// The older form of one tool call.
        function_call: Maybe<FunctionDelta<'t>>,
        annotations: Option<&'t RawValue>,
        audio: Option<&'t RawValue>,
        images: Option<&'t RawValue>,
    }

    pub(super) struct FunctionDelta<'t> {
        name: Written<'t>,
        /// Text, or from some servers the object itself.
        arguments: Written<'t>,
        /// The free text of a custom tool.
        input: Written<'t>,
    }
}

/// What `choices` is. One answer has one choice: others come of `n` > 1.
#[derive(Debug, Default)]
#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation per chunk"
)]
pub(super) enum Choices<'t> {
    #[default]
    Absent,
    /// The first choice with index 0, else the first; and how many there were.
    List(Option<Choice<'t>>, u32),
}

/// A piece of a tool call.
#[derive(Debug, Default)]
pub(super) struct CallDelta<'t> {
    pub(super) index: Index,
    pub(super) id: Written<'t>,
    pub(super) function: Maybe<FunctionDelta<'t>>,
    /// A tool that takes free text (`type` is `custom`).
    pub(super) custom: Maybe<FunctionDelta<'t>>,
    /// Every other field: it belongs to the call, and some servers want it back.
    pub(super) extra: Map<String, Value>,
}

impl<'t> Object<'t> for CallDelta<'t> {
    fn field<A: MapAccess<'t>>(&mut self, name: &str, fields: &mut A) -> Result<(), A::Error> {
        match name {
            "index" => self.index = fields.next_value()?,
            "id" => self.id = fields.next_value()?,
            "function" => self.function = fields.next_value()?,
            "custom" => self.custom = fields.next_value()?,
            "type" => drop(fields.next_value::<serde::de::IgnoredAny>()?),
            _ => {
                let raw: &RawValue = fields.next_value()?;
                let value = crate::providers::json::parse(raw.get(), &mut String::new());
                let value = value.ok().filter(|value: &Value| !value.is_null());
                self.extra
                    .extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        Ok(())
    }
}

impl Delta<'_> {
    /// Whether it adds to the answer: text, reasoning, or a call.
    pub(super) fn says_something(&self) -> bool {
        let texts = [&self.content, &self.reasoning_content, &self.reasoning];
        texts
            .iter()
            .any(|text| text.as_written().is_some_and(|text| text != "[]"))
            || !self.tool_calls.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Choices<'de> {
    #[inline]
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

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut chosen: Option<Choice<'de>> = None;
        let mut count = 0;
        while let Some(Maybe(choice)) = list.next_element::<Maybe<Choice<'de>>>()? {
            let Some(choice) = choice else { continue };
            let is_first = |choice: &Choice<'_>| choice.index.0.is_none_or(|index| index == 0);
            if chosen
                .as_ref()
                .is_none_or(|chosen| !is_first(chosen) && is_first(&choice))
            {
                chosen = Some(choice);
            }
            count += 1;
        }
        Ok(Choices::List(chosen, count))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let choice: Choice<'de> = read_fields(fields)?;
        let is_one = choice.delta.0.is_some()
            || choice.message.is_some()
            || choice.finish_reason.get().is_some();
        Ok(match is_one {
            true => Choices::List(Some(choice), 1),
            false => Choices::Absent,
        })
    }

    absent!(unit bool str numbers);
}
