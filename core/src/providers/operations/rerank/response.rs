//! A response with scores, in any of the shapes that providers have: a list, bare or as `results`
//! or `data`, of objects with `index` and a score. Owns what is right about it, and the order of
//! what comes out: best first, of equal scores the lower index, and last what has no score.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::json;
use crate::providers::errors::protocol_error;
use crate::providers::operations::{facts, Ranked, Reranked, WholeResponse};
use crate::providers::token_counts::parse_count;
use crate::providers::{by_name, error_body};

/// Names of the list.
const LISTS: &[&str] = &["results", "data"];
/// Names of a score.
const SCORES: &[&str] = &["relevance_score", "score", "relevanceScore"];

/// Decodes the response to so many documents; at most `top_n` results come out.
pub(super) fn decode(
    provider: &'static str,
    documents: usize,
    top_n: Option<u64>,
    response: WholeResponse<'_>,
) -> Result<Reranked, LlmError> {
    let text = String::from_utf8_lossy(response.body);
    let document = json::parse::<Value>(&text, &mut String::new());
    let document = document.map_err(|error| {
        let how = json::error_place(&error);
        protocol_error(provider, "the response", &how, &text)
    })?;
    let in_response = || {
        let codec = by_name(provider).ok()?;
        error_body::find_in_response(codec, &text)
    };
    let (name, list, fields) = match document {
        Value::Array(list) => ("", list, Map::new()),
        Value::Object(mut fields) => {
            let list = LISTS.iter().find_map(|name| match fields.get_mut(*name) {
                Some(Value::Array(list)) => Some((*name, std::mem::take(list))),
                _ => None,
            });
            let (name, list) = list.ok_or_else(|| {
                let none = || protocol_error(provider, "the response", "has no results", &text);
                in_response().unwrap_or_else(none)
            })?;
            (name, list, fields)
        }
        _ => {
            return Err(protocol_error(
                provider,
                "the response",
                "is not a list",
                &text,
            ))
        }
    };
    let faulty = |(what, how): (String, String)| protocol_error(provider, &what, &how, &text);
    let mut results = results(name, &list, documents).map_err(faulty)?;
    results.sort_by(order);
    let top_n = top_n.and_then(|top_n| usize::try_from(top_n).ok());
    results.truncate(top_n.unwrap_or(results.len()));
    Ok(Reranked {
        facts: facts::of(&fields, response.headers),
        results,
    })
}

fn results(name: &str, list: &[Value], documents: usize) -> Result<Vec<Ranked>, (String, String)> {
    let mut places: Vec<Option<usize>> = vec![None; documents];
    let mut results = Vec::with_capacity(list.len().min(documents));
    for (position, entry) in list.iter().enumerate() {
        let what = || format!("{name}[{position}].index");
        let index = match entry.get("index") {
            None | Some(Value::Null) => return Err((what(), "is missing".to_owned())),
            Some(index) => index,
        };
        let is_whole = index.as_f64().is_none_or(|index| index.fract() == 0.0);
        let count = parse_count(Some(index)).filter(|_| is_whole);
        let count = count.and_then(|count| usize::try_from(count).ok());
        let outside = || (what(), format!("is {index}, of {documents} documents"));
        let count = count.ok_or_else(outside)?;
        let place = places.get_mut(count).ok_or_else(outside)?;
        if let Some(other) = place.replace(position) {
            let how = format!("is {count}, which {name}[{other}] has too");
            return Err((what(), how));
        }
        results.push(Ranked {
            index: count,
            score: score(entry),
        });
    }
    Ok(results)
}

/// The score; not a number where there is none.
fn score(entry: &Value) -> f64 {
    let value = SCORES.iter().find_map(|name| entry.get(*name));
    match value {
        Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

fn order(one: &Ranked, other: &Ranked) -> Ordering {
    let by_score = match (one.score.is_nan(), other.score.is_nan()) {
        (false, false) => other.score.partial_cmp(&one.score),
        (is_last, other_is_last) => Some(is_last.cmp(&other_is_last)),
    };
    let by_score = by_score.unwrap_or(Ordering::Equal);
    by_score.then(one.index.cmp(&other.index))
}
