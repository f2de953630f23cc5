//! Rerank in the shapes of the providers: `results` as Cohere, Jina and vLLM have them, `data` as
//! Voyage does (under a path with `/voyage/`), a bare list as text-embeddings-inference does.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{json, Value};

use super::{tokens_of, Asked};

pub fn answer(asked: &Asked<'_>) -> Option<(String, Option<usize>)> {
    if !asked.ends_with("/rerank") && !asked.ends_with("/invoke") {
        return None;
    }
    let query = asked.body.get("query")?.as_str()?;
    let of_tei = asked.list("texts");
    let texts: Vec<String> = of_tei
        .or_else(|| asked.list("documents"))?
        .iter()
        .map(document)
        .collect();
    let tokens = texts.iter().map(|text| tokens_of(text)).sum::<usize>() + tokens_of(query);
    let ranked = ranked(query, &texts);
    let most = ["top_n", "top_k"]
        .iter()
        .find_map(|name| asked.body.get(name)?.as_u64())
        .map_or(usize::MAX, |most| most as usize);
    let word = if of_tei.is_some() {
        "score"
    } else {
        "relevance_score"
    };
    let rows: Vec<Value> = ranked
        .iter()
        .take(most)
        .map(|(index, score)| json!({"index": index, word: score}))
        .collect();
    let usage = json!({"total_tokens": tokens});
    let document = if of_tei.is_some() {
        json!(rows)
    } else if asked.path.contains("/voyage/") {
        json!({"object": "list", "data": rows, "model": asked.model(), "usage": usage})
    } else if asked.ends_with("/invoke") {
        json!({ "results": rows })
    } else {
        json!({"id": "rerank-1", "model": asked.model(), "results": rows, "usage": usage,
            "meta": {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}})
    };
    Some((document.to_string(), Some(tokens)))
}

fn document(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => match fields.get("text").and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// The share of a document's words that the query has too, best first; ties keep their order.
fn ranked(query: &str, texts: &[String]) -> Vec<(usize, f64)> {
    let wanted: HashSet<&str> = query.split_whitespace().collect();
    let score = |text: &String| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let shared = words.iter().filter(|word| wanted.contains(*word)).count();
        (shared as f64 + 0.5) / (words.len() as f64 + 1.0)
    };
    let mut ranked: Vec<(usize, f64)> = texts.iter().map(score).enumerate().collect();
    ranked.sort_by(|one, other| other.1.partial_cmp(&one.1).unwrap_or(Ordering::Equal));
    ranked
}
