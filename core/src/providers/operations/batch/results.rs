//! The result of one row, in one vocabulary for all providers: what the decoder of a whole response
//! makes of its body, or its error. Owns how a body shows what it answers.

use http::HeaderMap;
use serde::de::IgnoredAny;
use serde_json::{Map, Number, Value};

use super::fields::Fields;
use super::Answered;
use crate::error::LlmError;
use crate::event::{EventBatch, LlmResponse, Start};
use crate::framing::Framing;
use crate::providers::completion::check_complete;
use crate::providers::errors::protocol_error;
use crate::providers::operations::WholeResponse;
use crate::providers::{by_name_and_api, Provider};
use crate::request::EmbedRequest;

pub(super) const SUCCEEDED: &str = "succeeded";
pub(super) const FAILED: &str = "failed";
pub(super) const CANCELLED: &str = "cancelled";
pub(super) const EXPIRED: &str = "expired";

/// A row that was answered with this body; one that is no response has failed.
pub(super) fn answered(answered: &Answered<'_>, id: &str, body: &str) -> Map<String, Value> {
    match response(answered.provider, id, body) {
        Ok(response) => {
            let mut row = begin(id, SUCCEEDED);
            row.insert("response".to_owned(), response.into());
            row
        }
        Err(error) => failed(id, FAILED, error),
    }
}

/// A row with an error.
pub(super) fn failed(id: &str, outcome: &str, mut error: LlmError) -> Map<String, Value> {
    error.attempts = 1;
    // The provider took it, and has run what it answers with an error of its own.
    error.maybe_executed |= outcome == FAILED && error.status.is_none_or(|status| status >= 500);
    let mut row = begin(id, outcome);
    row.insert(
        "error".to_owned(),
        serde_json::to_value(error).unwrap_or_default(),
    );
    row
}

/// A row that never ran.
pub(super) fn not_run(id: &str, outcome: &str) -> Map<String, Value> {
    begin(id, outcome)
}

fn begin(id: &str, outcome: &str) -> Map<String, Value> {
    let fields = [("id", id), ("outcome", outcome)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
    fields.into_iter().collect()
}

/// The response of a chat, or vectors.
fn response(
    provider: &'static dyn Provider,
    id: &str,
    body: &str,
) -> Result<Map<String, Value>, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(body, &mut repaired).unwrap_or_default();
    if let Some(inputs) = vectors(&fields) {
        return embedded(provider, inputs, body);
    }
    // A batch of OpenAI's has the rows of one API, and xAI answers all in that of chats.
    let api = match fields.text("object").as_deref() {
        Some("response") => Some("responses"),
        Some("chat.completion") => Some("chat"),
        _ => None,
    };
    let other = api.and_then(|api| by_name_and_api(provider.name(), Some(api)).ok());
    chat(other.unwrap_or(provider), id, body)
}

/// How many vectors a body has, if it is one of vectors.
fn vectors(fields: &Fields<'_>) -> Option<usize> {
    if ["choices", "output", "candidates", "content"]
        .iter()
        .any(|name| fields.raw(name).is_some())
    {
        return None;
    }
    if fields.raw("embedding").is_some() {
        return Some(1);
    }
    let mut lists = ["data", "embeddings"].into_iter();
    let list = lists.find_map(|name| fields.value::<Vec<IgnoredAny>>(name));
    list.map(|list| list.len())
}

fn embedded(
    provider: &'static dyn Provider,
    inputs: usize,
    body: &str,
) -> Result<Map<String, Value>, LlmError> {
    let none = || protocol_error(provider.name(), "the response", "has vectors", body);
    let codec = provider.embeddings().ok_or_else(none)?;
    let response = WholeResponse {
        headers: &HeaderMap::new(),
        body: body.as_bytes(),
    };
    let embedded = codec.decode(&EmbedRequest::default(), inputs, response)?;
    let vectors = embedded.values.chunks(embedded.dimensions.max(1));
    let vectors = vectors.map(|vector| Value::Array(vector.iter().map(number).collect()));
    let mut fields = Map::new();
    let facts = embedded.facts;
    put(&mut fields, "id", facts.id.map(Value::from));
    put(&mut fields, "model", facts.model.map(Value::from));
    put(&mut fields, "dimensions", Some(embedded.dimensions.into()));
    put(
        &mut fields,
        "vectors",
        Some(Value::Array(vectors.collect())),
    );
    let usage = facts
        .usage
        .and_then(|usage| serde_json::to_value(usage).ok());
    put(&mut fields, "usage", usage);
    Ok(fields)
}

/// A number with the digits that tell it from its neighbours.
fn number(value: &f32) -> Value {
    let exact = f64::from(*value);
    let short: f64 = value.to_string().parse().unwrap_or(exact);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "compared with what it came from"
    )]
    let is_same = (short as f32).to_bits() == value.to_bits();
    let number = Number::from_f64(if is_same { short } else { exact });
    number.map_or(Value::Null, Value::Number)
}

fn chat(
    provider: &'static dyn Provider,
    id: &str,
    body: &str,
) -> Result<Map<String, Value>, LlmError> {
    let start = Start {
        provider: provider.name(),
        seed: seed(id),
        ..Start::default()
    };
    let mut decoder = provider.decoder(start, Framing::Sse);
    let mut batch = EventBatch::default();
    decoder.decode_body(body.as_bytes(), &mut batch)?;
    check_complete(decoder.completion_state())?;
    decoder.close(&mut batch);
    batch.check()?;
    let mut response = LlmResponse::default();
    batch
        .drain()
        .into_iter()
        .for_each(|event| response.push(event));
    let summary = decoder.summary();
    let mut fields = Map::new();
    put(&mut fields, "id", response.start.id.map(Value::from));
    put(&mut fields, "model", Some(response.start.model.into()));
    put(&mut fields, "text", Some(response.text.into()));
    let reasoning = Some(response.reasoning).filter(|text| !text.is_empty());
    put(&mut fields, "reasoning", reasoning.map(Value::from));
    put(&mut fields, "refusal", response.refusal.map(Value::from));
    let calls = serde_json::to_value(&response.tool_calls).ok();
    put(&mut fields, "tool_calls", calls);
    let parts = Some(response.parts).filter(|parts| !parts.is_empty());
    put(&mut fields, "parts", parts.map(Value::from));
    let reason = summary
        .reason
        .and_then(|reason| serde_json::to_value(reason).ok());
    put(&mut fields, "finish_reason", reason);
    put(
        &mut fields,
        "finish_reason_raw",
        summary.reason_raw.map(Value::from),
    );
    let usage = summary
        .usage
        .and_then(|usage| serde_json::to_value(usage).ok());
    put(&mut fields, "usage", usage);
    Ok(fields)
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

/// What the ids of calls are made of that have none: the same in every run, another in every row
/// (FNV-1a).
fn seed(id: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    id.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
