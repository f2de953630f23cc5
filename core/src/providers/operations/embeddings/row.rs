//! Embeddings in OpenAI's form, as most providers have them: they differ in names, which a row
//! holds. Owns what a row can express, and the codec that it makes.

use serde_json::{json, Value};

use super::form::{Call, Form};
use super::input_type::{word_of, Words};
use super::inputs::{Inputs, Part};
use super::packed::Packed;
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{address, azure, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// One provider.
#[derive(Debug)]
pub(crate) struct Row {
    pub(super) provider: &'static str,
    /// What the path begins with, where the base URL of the chat names no version.
    pub(super) version: &'static str,
    pub(super) inputs_max: usize,
    pub(super) tokens_max: Option<usize>,
    /// Sends base64 of float32 on request, which is a third of the bytes and costs no parsing.
    pub(super) base64: bool,
    /// What a vector is that comes as text.
    pub(super) packed: Packed,
    pub(super) input_type: InputType,
    /// The name of the length; empty where none can be chosen.
    pub(super) dimensions: &'static str,
    /// Models whose vectors have one length: what their names hold.
    pub(super) fixed: &'static [&'static str],
    pub(super) truncate: Truncate,
    /// Takes token ids.
    pub(super) tokens: bool,
    pub(super) parts: Parts,
    /// Takes `user`.
    pub(super) user: bool,
}

/// What a provider wants to know about the use of vectors.
#[derive(Debug)]
pub(super) enum InputType {
    /// Nothing: its models make no difference.
    Ignored,
    /// This field; of our words those that it has, and their names. A word of the provider's own
    /// goes out as it is.
    Field(&'static str, &'static Words),
}

/// How inputs of several parts go out.
#[derive(Debug)]
pub(super) enum Parts {
    /// Not at all.
    None,
    /// One input each: `{"text": …}` or `{"image": …}`, as Jina has them.
    Single,
    /// `{"content": [parts]}` each, as OpenRouter has them.
    Content,
    /// One conversation per request, as vLLM has it.
    Messages,
}

/// A provider without peculiarities.
pub(super) const PLAIN: Row = Row {
    provider: "",
    version: "",
    inputs_max: 2048,
    tokens_max: None,
    base64: false,
    packed: Packed::Float32,
    input_type: InputType::Ignored,
    dimensions: "dimensions",
    fixed: &[],
    truncate: Truncate::Never,
    tokens: false,
    parts: Parts::None,
    user: false,
};

impl Row {
    /// The inputs, and the field that holds them.
    fn inputs(&self, inputs: &Inputs<'_>) -> Result<(&'static str, Value), LlmError> {
        let content = || -> Result<Vec<Vec<Value>>, LlmError> {
            let of_input = |(index, input)| {
                let parts = inputs.parts(index, input)?;
                Ok(parts.into_iter().map(Part::as_in_chat).collect())
            };
            inputs.iter().map(of_input).collect()
        };
        match self.parts {
            _ if !inputs.has_parts() && self.tokens => Ok(("input", inputs.texts_or_tokens()?)),
            _ if !inputs.has_parts() => Ok(("input", json!(inputs.texts()?))),
            Parts::None => Ok(("input", json!(inputs.texts()?))),
            Parts::Single => {
                let of_input = |(index, input)| match *inputs.parts(index, input)? {
                    [Part::Text(text)] => Ok(json!({ "text": text })),
                    [Part::Image(url)] => Ok(json!({ "image": url })),
                    [Part::Own(own)] => Ok(json!(own)),
                    _ => Err(inputs.refused(index, input)),
                };
                let list: Result<Vec<_>, LlmError> = inputs.iter().map(of_input).collect();
                Ok(("input", json!(list?)))
            }
            Parts::Content => {
                let contents = content()?.into_iter();
                let list: Vec<_> = contents.map(|parts| json!({ "content": parts })).collect();
                Ok(("input", json!(list)))
            }
            Parts::Messages => {
                inputs.one()?;
                let content = content()?.into_iter().next();
                let messages = json!([{"role": "user", "content": content}]);
                Ok(("messages", messages))
            }
        }
    }

    fn put_input_type(&self, request: &EmbedRequest, body: &mut Body<'_>) {
        let InputType::Field(field, words) = self.input_type else {
            return;
        };
        // Its models make no difference between a use without a word and others.
        let word = request.input_type.as_deref();
        body.put_some(field, word.and_then(|word| word_of(word, words)));
    }
}

impl Form for Row {
    fn provider(&self) -> &'static str {
        self.provider
    }

    fn limits(&self, request: &EmbedRequest) -> EmbedLimits {
        let all = 0..request.input.len();
        let has_parts = || {
            let inputs = Inputs::new(self.provider, request, all);
            inputs.is_ok_and(|inputs| inputs.has_parts())
        };
        let is_one = matches!(self.parts, Parts::Messages) && has_parts();
        EmbedLimits {
            inputs_max: if is_one { 1 } else { self.inputs_max },
            tokens_max: self.tokens_max,
        }
    }

    fn takes_dimensions(&self, model: &str) -> bool {
        let is_fixed = self.fixed.iter().any(|part| model.contains(part));
        !self.dimensions.is_empty() && !is_fixed
    }

    fn takes_user(&self) -> bool {
        self.user
    }

    fn packed(&self) -> Packed {
        self.packed
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        let (request, target) = (call.request, call.target);
        body.put("model", &request.model);
        let (field, value) = self.inputs(&call.inputs)?;
        body.put(field, value);
        self.put_input_type(request, body);
        body.put_some(self.dimensions, call.dimensions);
        let truncate = request.truncate.as_deref();
        self.truncate.put(truncate, body, unsupported)?;
        // Ours to choose, as OpenAI's own packages do with every server: both forms are decoded.
        if self.base64 {
            body.put("encoding_format", "base64");
        }
        Ok(match self.provider {
            azure::NAME => azure::path(target, &request.model, "/embeddings"),
            _ if self.version.is_empty() => address::path(target, "/embeddings"),
            _ => address::with_version(target, self.version, "/embeddings"),
        })
    }
}
