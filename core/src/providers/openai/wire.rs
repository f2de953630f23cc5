//! The shape of a chunk and of a whole response: the fields that are used, borrowed from the text.
//! What is rarely there stays raw until it is needed. Every field may be absent or unusable.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json;
use crate::providers::lenient_json::Text;
use crate::providers::lenient_json::{
    absent, object, Index, Lenient, List, Maybe, Mode, Object, Written,
};

object! {
    /// A chunk of a stream, or a whole response.
    pub(super) struct Chunk<'t> {
        id: Text<'t>,
        object: Text<'t>,
        model: Text<'t>,
        choices: Choices<'t>,
        usage: Option<&'t RawValue>,
        x_groq: Maybe<Groq<'t>>,
        error: Option<&'t RawValue>,
        /// In every response of MiniMax: a code, which is not 0 for an error.
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
        /// Used where there is no delta: some servers send both in a stream.
        message: Option<&'t RawValue>,
        finish_reason: Text<'t>,
        logprobs: Option<&'t RawValue>,
        /// Moonshot counts here.
        usage: Option<&'t RawValue>,
        error: Option<&'t RawValue>,
    }

    /// A delta, or a whole message.
    pub(super) struct Delta<'t> {
        /// Sent once, by the chunk that opens the message; some servers send it in every one.
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

/// What `choices` is. One response has one choice: others come of `n` > 1.
#[derive(Debug, Default)]
pub(super) struct Choices<'t> {
    pub(super) is_list: bool,
    /// The first choice with index 0, else the first.
    pub(super) choice: Maybe<Choice<'t>>,
    pub(super) count: u32,
}

/// A piece of a tool call.
#[derive(Debug, Default)]
pub(super) struct CallDelta<'t> {
    pub(super) index: Index,
    pub(super) id: Written<'t>,
    pub(super) function: Maybe<FunctionDelta<'t>>,
    /// A tool that takes free text (`type` is `custom`).
    pub(super) custom: Maybe<FunctionDelta<'t>>,
    /// What some servers send without a function around it.
    pub(super) flat: FunctionDelta<'t>,
    /// Every other field: it belongs to the call, and some servers need it back.
    pub(super) extra: Map<String, Value>,
}

/// A field of a call.
#[derive(Debug)]
pub(super) enum CallField {
    Index,
    Id,
    Kind,
    Function,
    Custom,
    Name,
    Arguments,
    Other(String),
}

impl<'t> Object<'t> for CallDelta<'t> {
    type Name = CallField;

    fn name(name: &str) -> CallField {
        match name {
            "index" => CallField::Index,
            "id" => CallField::Id,
            "type" => CallField::Kind,
            "function" => CallField::Function,
            "custom" => CallField::Custom,
            "name" => CallField::Name,
            "arguments" => CallField::Arguments,
            _ => CallField::Other(name.to_owned()),
        }
    }

    fn field<A: MapAccess<'t>>(
        &mut self,
        name: CallField,
        fields: &mut A,
        mode: Mode,
    ) -> Result<(), A::Error> {
        match name {
            CallField::Index => fields.next_value_seed(self.index.place(mode)),
            CallField::Id => fields.next_value_seed(self.id.place(mode)),
            CallField::Kind => fields.next_value::<IgnoredAny>().map(drop),
            CallField::Function => fields.next_value_seed(self.function.place(mode)),
            CallField::Custom => fields.next_value_seed(self.custom.place(mode)),
            CallField::Name => fields.next_value_seed(self.flat.name.place(mode)),
            CallField::Arguments => fields.next_value_seed(self.flat.arguments.place(mode)),
            CallField::Other(name) => {
                let raw: &RawValue = fields.next_value()?;
                let value = json::parse(raw.get(), &mut String::new()).ok();
                let value = value.filter(|value: &Value| !value.is_null());
                self.extra.extend(value.map(|value| (name, value)));
                Ok(())
            }
        }
    }
}

impl Chunk<'_> {
    /// The text of a chunk of one choice that has nothing beside it.
    pub(super) fn text_alone(&self) -> Option<&str> {
        let choice = self.choices.choice.0.as_ref()?;
        let delta = choice.delta.0.as_ref()?;
        let beside = [
            self.usage,
            self.error,
            self.base_resp,
            self.citations,
            self.search_results,
            choice.message,
            choice.logprobs,
            choice.usage,
            choice.error,
            delta.reasoning_details,
            delta.annotations,
            delta.audio,
            delta.images,
        ];
        let is_one = self.choices.is_list && self.choices.count == 1;
        let is_first = choice.index.0.is_none_or(|index| index == 0);
        let is_alone = beside.iter().all(Option::is_none)
            && self.x_groq.0.is_none()
            && choice.finish_reason.get().is_none()
            && delta.reasoning_content.as_written().is_none()
            && delta.reasoning.as_written().is_none()
            && delta.refusal.get().is_none()
            && delta.tool_calls.0.is_empty()
            && delta.function_call.0.is_none();
        delta
            .content
            .get()
            .filter(|_| is_one && is_first && is_alone)
    }
}

impl Delta<'_> {
    /// Whether it adds to the response: text, reasoning, or a call.
    pub(super) fn has_content(&self) -> bool {
        let texts = [&self.content, &self.reasoning_content, &self.reasoning];
        texts
            .iter()
            .any(|text| text.as_written().is_some_and(|text| text != "[]"))
            || !self.tool_calls.0.is_empty()
    }
}

impl<'t> Lenient<'t> for Choices<'t> {
    #[inline]
    fn parse_into<D: Deserializer<'t>>(
        &mut self,
        deserializer: D,
        mode: Mode,
    ) -> Result<(), D::Error> {
        *self = Self::default();
        deserializer.deserialize_any(ChoicesVisitor(self, mode))
    }
}

struct ChoicesVisitor<'p, 't>(&'p mut Choices<'t>, Mode);

impl<'de> Visitor<'de> for ChoicesVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of choices")
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(choices, mode) = self;
        choices.is_list = true;
        if list
            .next_element_seed(choices.choice.place(mode))?
            .is_none()
        {
            return Ok(());
        }
        choices.count = u32::from(choices.choice.0.is_some());
        let mut other = Maybe::<Choice<'de>>::default();
        while list.next_element_seed(other.place(mode))?.is_some() {
            choices.add(other.0.take());
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        let Self(choices, mode) = self;
        let mut choice = Choice::default();
        choice.fields(fields, mode)?;
        choices.is_list = choice.delta.0.is_some()
            || choice.message.is_some()
            || choice.finish_reason.get().is_some();
        choices.add(Some(choice).filter(|_| choices.is_list));
        Ok(())
    }

    absent!(unit bool str numbers);
}

impl<'t> Choices<'t> {
    /// Adds another choice of the list.
    fn add(&mut self, choice: Option<Choice<'t>>) {
        let Some(choice) = choice else { return };
        let is_first = |choice: &Choice<'_>| choice.index.0.is_none_or(|index| index == 0);
        let chosen = self.choice.0.as_ref();
        if chosen.is_none_or(|chosen| !is_first(chosen) && is_first(&choice)) {
            self.choice.0 = Some(choice);
        }
        self.count += 1;
    }
}
