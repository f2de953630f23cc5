//! Embeddings of Cohere, in both versions of its API. Source: docs.cohere.com/reference/embed and
//! /v1/reference/embed.

use std::ops::Range;

use serde_json::{json, Value};

use super::inputs::{Inputs, Part};
use super::{decode, dimensions, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::operations::body::Body;
use crate::providers::operations::{cohere, EmbedLimits};
use crate::providers::unsupported::Unsupported;
use crate::providers::{EncodedRequest, Target};
use crate::request::EmbedRequest;

const NAME: &str = "cohere";
/// "at most 96 texts per call".
pub(super) const INPUTS_MAX: usize = 96;

/// The codec; the base URL chooses the version.
#[derive(Debug)]
pub(crate) struct CohereEmbeddings;

/// What the vectors are for, which every model needs to know.
pub(super) fn input_type<'r>(
    provider: &'static str,
    request: &'r EmbedRequest,
) -> Result<&'r str, LlmError> {
    const WORDS: &str = "query, document, classification or clustering";
    match request.input_type.as_deref() {
        Some("query") => Ok("search_query"),
        Some("document") => Ok("search_document"),
        Some(word @ ("similarity" | "code_query")) => {
            let what = format!("input_type \"{word}\" is none of its own; write {WORDS}");
            Err(invalid_request(provider, &what))
        }
        Some(word) if !word.is_empty() => Ok(word),
        _ => {
            let what = format!("input_type is missing, which it requires; write {WORDS}");
            Err(invalid_request(provider, &what))
        }
    }
}

/// Whether the field that says it is the caller's own.
pub(super) fn has_input_type(body: &Body<'_>) -> bool {
    body.fields.replaces("input_type")
}

/// Models before version 4 have one length of vectors.
pub(super) fn takes_dimensions(model: &str) -> bool {
    !["v2.0", "-v3"].iter().any(|part| model.contains(part))
}

/// The fields that Cohere has here and at Amazon.
pub(super) fn put_options(
    request: &EmbedRequest,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    if !has_input_type(body) {
        body.put("input_type", input_type(unsupported.provider, request)?);
    }
    if let Some(dimensions) = request.dimensions {
        match takes_dimensions(&request.model) {
            true => body.put("output_dimension", dimensions),
            false => unsupported.refuse("dimensions", "the model has one length of vectors")?,
        }
    }
    if let Some(end) = &request.truncate {
        body.put("truncate", end.to_ascii_uppercase());
    }
    match request.user {
        Some(_) => unsupported.refuse("user", "the provider does not take it"),
        None => Ok(()),
    }
}

/// The inputs, and the field that holds them; only newer APIs have `inputs`.
pub(super) fn inputs(inputs: &Inputs<'_>) -> Result<(&'static str, Value), LlmError> {
    if !inputs.has_parts() {
        return Ok(("texts", json!(inputs.texts()?)));
    }
    let of_input = |(index, input)| {
        let parts = inputs.parts(index, input)?;
        let parts = parts.into_iter().map(|part| match part {
            Part::Text(text) => json!({"type": "text", "text": text}),
            Part::Image(url) => json!({"type": "image_url", "image_url": {"url": url}}),
            Part::Own(own) => json!(own),
        });
        Ok(json!({ "content": parts.collect::<Vec<_>>() }))
    };
    let list: Result<Vec<_>, LlmError> = inputs.iter().map(of_input).collect();
    Ok(("inputs", json!(list?)))
}

impl Embeddings for CohereEmbeddings {
    fn limits(&self, _: &EmbedRequest, _: &Target<'_>) -> EmbedLimits {
        EmbedLimits {
            inputs_max: INPUTS_MAX,
            tokens_max: None,
        }
    }

    fn encode(
        &self,
        request: &EmbedRequest,
        range: Range<usize>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let list = Inputs::new(NAME, request, range)?;
        let mut warnings = Vec::new();
        let unsupported = &mut Unsupported::new(NAME, target, &mut warnings);
        let mut body = Body::new(&request.extra, &request.extra_body);
        body.put("model", &request.model);
        let (field, value) = match cohere::is_v1(target) {
            true => ("texts", json!(list.texts()?)),
            false => inputs(&list)?,
        };
        body.put(field, value);
        put_options(request, &mut body, unsupported)?;
        body.post(NAME, cohere::path(target, "/embed"), warnings)
    }

    fn decode(
        &self,
        request: &EmbedRequest,
        inputs: usize,
        response: WholeResponse<'_>,
    ) -> Result<Embedded, LlmError> {
        let takes_dimensions = takes_dimensions(&request.model);
        let dimensions = dimensions(request).filter(|_| takes_dimensions);
        decode(NAME, dimensions, inputs, response)
    }
}
