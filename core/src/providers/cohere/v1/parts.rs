//! What a v1 response has beside what both versions have: its searches.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::Response;
use crate::event::Event;
use crate::json;
use crate::providers::cohere::parts::part;

/// An event of the search, with all its fields.
pub(super) fn search(kind: &str, data: &str) -> Event {
    let mut fields = json::parse_object(data).unwrap_or_default();
    fields.retain(|name, _| !matches!(name.as_str(), "is_finished" | "event_type"));
    part(kind, fields)
}

/// The searches of a whole response: the documents are part of the results.
pub(super) fn searches(response: &Response<'_>) -> impl Iterator<Item = Event> {
    let queries = [("search_queries", response.search_queries)];
    let results = [
        ("search_results", response.search_results),
        ("documents", response.documents),
    ];
    let queries: Map<_, _> = queries.into_iter().filter_map(field).collect();
    let results: Map<_, _> = results.into_iter().filter_map(field).collect();
    let searches = [("search_queries", queries), ("search_results", results)];
    let searches = searches.into_iter();
    let searches = searches.filter(|(_, fields)| !fields.is_empty());
    searches.map(|(kind, fields)| part(kind, fields))
}

/// A field that is a list and not empty.
fn field((name, raw): (&str, Option<&RawValue>)) -> Option<(String, Value)> {
    let value: Value = json::parse(raw?.get(), &mut String::new()).ok()?;
    let is_empty = value.as_array().is_none_or(Vec::is_empty);
    (!is_empty).then(|| (name.to_owned(), value))
}
