//! What responses say beside their results: id, model, and what was counted, in the body or in
//! headers. Owns the names of both. Pure.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::ResponseFacts;
use crate::event::Usage;
use crate::providers::response_headers::COUNT_NAMES;
use crate::providers::token_counts::{parse_count, parse_usage};

/// Objects of counts, by provider.
const USAGES: &[&str] = &["usage", "usageMetadata"];
/// Fields of the response itself that count its input: Ollama's, Titan's, Nova's.
const COUNTS: &[&str] = &[
    "prompt_eval_count",
    "inputTextTokenCount",
    "inputTokenCount",
];
/// The fields of a response that are of use here.
pub(super) fn is_fact(name: &str) -> bool {
    let others = ["id", "model", "meta", "metadata"];
    others.contains(&name) || USAGES.contains(&name) || COUNTS.contains(&name)
}

/// Collects what the fields of a response and its headers say.
pub(super) fn of(fields: &Map<String, Value>, headers: &HeaderMap) -> ResponseFacts {
    let text = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    ResponseFacts {
        id: text("id"),
        model: text("model"),
        usage: usage(fields, headers),
    }
}

fn usage(fields: &Map<String, Value>, headers: &HeaderMap) -> Option<Usage> {
    let object = |name: &&str| fields.get(*name).and_then(Value::as_object);
    let mut usage = match USAGES.iter().find_map(object) {
        Some(raw) => of_object(raw),
        None => Usage::default(),
    };
    if let Some(meta) = object(&"meta") {
        let billed = meta.get("billed_units");
        let billed = billed.and_then(|billed| billed.get("input_tokens"));
        usage.billed_input_tokens = parse_count(billed);
        usage.raw.extend(meta.clone());
    }
    if let Some(metadata) = object(&"metadata") {
        usage
            .raw
            .insert("metadata".to_owned(), metadata.clone().into());
    }
    for name in COUNTS {
        if let Some(count) = parse_count(fields.get(*name)) {
            usage.input_tokens = usage.input_tokens.or(Some(count));
            usage.raw.insert((*name).to_owned(), count.into());
        }
    }
    usage.input_tokens = usage.input_tokens.or_else(|| counted_in(headers));
    (usage != Usage::default()).then_some(usage)
}

/// Counts of an object; a total alone is that of the input, since nothing else was generated.
fn of_object(raw: &Map<String, Value>) -> Usage {
    let mut usage = parse_usage(raw.clone());
    let gemini = |name: &str| parse_count(raw.get(name));
    usage.input_tokens = usage.input_tokens.or_else(|| gemini("promptTokenCount"));
    usage.total_tokens = usage.total_tokens.or_else(|| gemini("totalTokenCount"));
    usage.input_tokens = usage.input_tokens.or(usage.total_tokens);
    usage
}

fn counted_in(headers: &HeaderMap) -> Option<u64> {
    let value = |name: &&str| headers.get(*name)?.to_str().ok()?.trim().parse().ok();
    COUNT_NAMES.iter().find_map(value)
}
