//! Embeddings of Cohere, in both versions of its API. Source: docs.cohere.com/reference/embed and
//! /v1/reference/embed.

use serde_json::{json, Value};

use super::form::{Call, Form};
use super::input_type::{required_word, Words};
use super::inputs::{Inputs, Part};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{cohere, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::request::EmbedRequest;

/// "at most 96 texts per call".
pub(super) const INPUTS_MAX: usize = 96;

/// The codec; the base URL chooses the version.
#[derive(Debug)]
pub(crate) struct CohereEmbeddings;

/// What the vectors are for, which every model needs to know.
const INPUT_TYPES: &Words = &[
    ("query", "search_query"),
    ("document", "search_document"),
    ("classification", "classification"),
    ("clustering", "clustering"),
];

/// Models before version 4 have one length of vectors.
pub(super) fn takes_dimensions(model: &str) -> bool {
    !["v2.0", "-v3"].iter().any(|part| model.contains(part))
}

/// The fields that Cohere has here and at Amazon.
pub(super) fn put_options(
    call: &Call<'_>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    if !body.fields.replaces("input_type") {
        let word = required_word(unsupported.provider, call.request, INPUT_TYPES)?;
        body.put("input_type", word);
    }
    body.put_some("output_dimension", call.dimensions);
    let truncate = call.request.truncate.as_deref();
    Truncate::Named("truncate").put(truncate, body, unsupported)
}

/// The inputs, and the field that holds them; only newer APIs have `inputs`.
pub(super) fn inputs(inputs: &Inputs<'_>) -> Result<(&'static str, Value), LlmError> {
    if !inputs.has_parts() {
        return Ok(("texts", json!(inputs.texts()?)));
    }
    let of_input = |(index, input)| {
        let parts = inputs.parts(index, input)?;
        let parts = parts.into_iter().map(Part::as_in_chat);
        Ok(json!({ "content": parts.collect::<Vec<_>>() }))
    };
    let list: Result<Vec<_>, LlmError> = inputs.iter().map(of_input).collect();
    Ok(("inputs", json!(list?)))
}

impl Form for CohereEmbeddings {
    fn provider(&self) -> &'static str {
        "cohere"
    }

    fn limits(&self, _: &EmbedRequest) -> EmbedLimits {
        EmbedLimits::inputs(INPUTS_MAX)
    }

    fn takes_dimensions(&self, model: &str) -> bool {
        takes_dimensions(model)
    }

    fn write(
        &self,
        call: &Call<'_>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<String, LlmError> {
        body.put("model", &call.request.model);
        let (field, value) = match cohere::is_v1(call.target) {
            true => ("texts", json!(call.inputs.texts()?)),
            false => inputs(&call.inputs)?,
        };
        body.put(field, value);
        put_options(call, body, unsupported)?;
        Ok(cohere::path(call.target, "/embed"))
    }
}
