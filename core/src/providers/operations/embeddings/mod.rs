//! Texts become vectors. Owns what all providers share: how a response is decoded. Which fields a
//! request has is a row of `rows` where providers differ in names only, else a form of its own.

mod base64_text;
mod bedrock;
mod cohere;
mod document;
mod form;
mod gemini;
mod input_type;
mod inputs;
mod number;
mod ollama;
mod packed;
mod row;
mod rows;
mod scanner;
mod tei;
mod vectors;
mod vertex;

use serde_json::Map;

use super::{facts, Embedded, Embeddings, WholeResponse};
use crate::error::LlmError;
use crate::json;
use crate::providers::errors::protocol_error;
use crate::providers::{by_name, error_body, lenient_json};
use bedrock::BedrockEmbeddings;
use cohere::CohereEmbeddings;
use document::Document;
use gemini::GeminiEmbeddings;
use ollama::OllamaEmbeddings;
use scanner::Fault;
use tei::TeiEmbeddings;
use vectors::Expected;
use vertex::VertexEmbeddings;

/// The embeddings of a provider, in one of its APIs. A build holds the codecs of its own wires; the
/// tests of a codec run in all.
pub(crate) fn of(provider: &str, api: &str) -> Option<&'static dyn Embeddings> {
    match (provider, api) {
        #[cfg(any(test, feature = "bedrock"))]
        ("bedrock", _) => Some(&BedrockEmbeddings),
        #[cfg(any(test, feature = "cohere"))]
        ("cohere", _) => Some(&CohereEmbeddings),
        #[cfg(any(test, feature = "gemini"))]
        ("gemini", _) => Some(&GeminiEmbeddings),
        #[cfg(any(test, feature = "ollama"))]
        ("ollama", "native") => Some(&OllamaEmbeddings),
        ("tei", _) => Some(&TeiEmbeddings),
        #[cfg(any(test, feature = "gemini"))]
        ("vertex", _) => Some(&VertexEmbeddings),
        (name, _) => rows::of(name),
    }
}

/// Decodes a response of any shape.
fn decode(
    provider: &'static str,
    expected: Expected,
    response: WholeResponse<'_>,
) -> Result<Embedded, LlmError> {
    let parsed = Document::parse(response.body, expected);
    let text = || String::from_utf8_lossy(response.body);
    let document = match parsed {
        Ok(document) => document,
        Err(Fault::NotJson) => {
            // NaN and lone surrogates in fields that do not matter here.
            return match json::repair(&text()) {
                Some(repaired) if !repaired.is_empty() => {
                    let response = WholeResponse {
                        body: repaired.as_bytes(),
                        ..response
                    };
                    decode_repaired(provider, expected, response)
                }
                _ => Err(not_json(provider, &text())),
            };
        }
        Err(fault) => return Err(faulty(provider, fault, &text())),
    };
    finish(provider, document, response)
}

fn decode_repaired(
    provider: &'static str,
    expected: Expected,
    response: WholeResponse<'_>,
) -> Result<Embedded, LlmError> {
    let text = || String::from_utf8_lossy(response.body);
    match Document::parse(response.body, expected) {
        Ok(document) => finish(provider, document, response),
        Err(Fault::NotJson) => Err(not_json(provider, &text())),
        Err(fault) => Err(faulty(provider, fault, &text())),
    }
}

fn finish(
    provider: &'static str,
    document: Document<'_>,
    response: WholeResponse<'_>,
) -> Result<Embedded, LlmError> {
    let mut fields = Map::new();
    for (name, raw) in &document.fields {
        if facts::is_fact(name) {
            let value = json::parse(raw.get(), &mut String::new()).unwrap_or_default();
            fields.insert(name.clone().into_owned(), value);
        }
        let is_error = *name == "error" && lenient_json::is_truthy(raw);
        if let (true, Ok(codec)) = (is_error, by_name(provider)) {
            let text = String::from_utf8_lossy(response.body);
            return Err(error_body::in_response(codec, &text));
        }
    }
    let mut facts = facts::of(&fields, response.headers);
    if !document.statistics.is_empty() {
        facts.usage = Some(vertex::usage(facts.usage, document.statistics));
    }
    let mut truncated = document.truncated;
    truncated.sort_unstable();
    truncated.dedup();
    Ok(Embedded {
        facts,
        values: document.values,
        dimensions: document.dimensions,
        truncated,
    })
}

fn not_json(provider: &'static str, text: &str) -> LlmError {
    protocol_error(provider, "the response", "is not JSON", text)
}

/// A response that is no list of vectors: the error of a gateway, or nonsense.
fn faulty(provider: &'static str, fault: Fault, text: &str) -> LlmError {
    let known = by_name(provider).ok();
    let known = known.and_then(|codec| error_body::find_in_response(codec, text));
    match (known, fault) {
        (Some(error), _) => error,
        (None, Fault::At(what, how)) => protocol_error(provider, &what, &how, text),
        (None, Fault::NotJson) => not_json(provider, text),
    }
}
