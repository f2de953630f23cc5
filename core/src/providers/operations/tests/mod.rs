//! What the tests of all operations share: requests in, JSON out, through the traits alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod count_tokens;
mod embed;
mod embed_responses;
mod models;
mod property;
mod recordings;
mod rerank;
mod vendors;

use http::HeaderMap;
use serde_json::{json, Map, Value};

use super::{CountTokens, Embeddings, Models, Rerank, WholeResponse};
use crate::error::LlmError;
use crate::providers::{EncodedRequest, Target};
use crate::request::{CloudOptions, EmbedInput, EmbedRequest, RerankDocument, RerankRequest};

/// The codec of a name, also where this build has no provider of that name.
fn embeddings(name: &str) -> &'static dyn Embeddings {
    let (name, api) = name.split_once('/').unwrap_or((name, ""));
    super::embeddings::of(name, api).unwrap()
}

fn rerank_of(name: &str) -> &'static dyn Rerank {
    super::rerank::of(name).unwrap()
}

fn models_of(name: &str) -> &'static dyn Models {
    let (name, api) = name.split_once('/').unwrap_or((name, ""));
    super::models::of(name, api).unwrap()
}

fn counting(name: &str) -> Option<&'static dyn CountTokens> {
    super::count_tokens::of(name)
}

fn target<'t>(base_path: &'t str, cloud: &'t CloudOptions) -> Target<'t> {
    Target {
        cloud,
        own_endpoint: true,
        host: "host",
        base_path,
        query: "",
        stream: false,
        lenient: false,
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A request in the form in which callers write it.
fn embed_request(mut value: Value) -> EmbedRequest {
    let fields = value.as_object_mut().unwrap();
    let input = fields.shift_remove("input").unwrap_or(json!(["a", "b"]));
    let input = input.as_array().unwrap().iter().map(|input| match input {
        Value::String(text) => EmbedInput::Text(text.clone()),
        Value::Array(list) if list.iter().all(Value::is_u64) => {
            EmbedInput::Tokens(list.iter().map(|id| id.as_u64().unwrap()).collect())
        }
        Value::Array(list) => EmbedInput::Parts(list.iter().cloned().map(object).collect()),
        other => panic!("{other}"),
    });
    let input = input.collect();
    let mut text = |name: &str| {
        let text = fields.shift_remove(name)?;
        text.as_str().map(str::to_owned)
    };
    let request = EmbedRequest {
        model: text("model").unwrap_or("model".to_owned()),
        input,
        input_type: text("input_type"),
        truncate: text("truncate"),
        user: text("user"),
        dimensions: fields.shift_remove("dimensions").and_then(|it| it.as_u64()),
        extra_body: fields
            .shift_remove("extra_body")
            .map(object)
            .unwrap_or_default(),
        ..EmbedRequest::default()
    };
    EmbedRequest {
        extra: object(value),
        ..request
    }
}

fn rerank_request(mut value: Value) -> RerankRequest {
    let fields = value.as_object_mut().unwrap();
    let documents = fields
        .shift_remove("documents")
        .unwrap_or(json!(["a", "b"]));
    let documents = documents.as_array().unwrap().iter().map(|one| match one {
        Value::String(text) => RerankDocument::Text(text.clone()),
        other => RerankDocument::Fields(object(other.clone())),
    });
    let documents = documents.collect();
    let mut text = |name: &str| {
        let text = fields.shift_remove(name)?;
        text.as_str().map(str::to_owned)
    };
    let request = RerankRequest {
        model: text("model").unwrap_or("model".to_owned()),
        query: text("query").unwrap_or("query".to_owned()),
        truncate: text("truncate"),
        documents,
        top_n: fields.shift_remove("top_n").and_then(|it| it.as_u64()),
        max_tokens_per_doc: fields
            .shift_remove("max_tokens_per_doc")
            .and_then(|it| it.as_u64()),
        ..RerankRequest::default()
    };
    RerankRequest {
        extra: object(value),
        ..request
    }
}

/// Path, body and warnings of a request, or the error's message.
fn written(encoded: Result<EncodedRequest, LlmError>) -> Value {
    match encoded {
        Ok(encoded) => {
            let body = match encoded.body.is_empty() {
                true => Value::Null,
                false => serde_json::from_slice(&encoded.body).unwrap(),
            };
            let mut form = json!([encoded.path, body]);
            if !encoded.warnings.is_empty() {
                form.as_array_mut().unwrap().push(json!(encoded.warnings));
            }
            form
        }
        Err(error) => json!(error.message),
    }
}

fn response<'b>(body: &'b [u8], headers: &'b HeaderMap) -> WholeResponse<'b> {
    WholeResponse { headers, body }
}
