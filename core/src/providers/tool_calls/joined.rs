//! For property tests: a call is what its deltas add up to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{json, Map, Value};

use super::Arguments;

/// Asserts that a TOOL_CALL, as the vectors write it, is made of the TOOL_DELTAs of its index.
pub(crate) fn assert_joined(events: &[Value], call: &Value) {
    let index = &call["index"];
    let mut joined = Map::from_iter([("index".to_owned(), index.clone())]);
    let mut arguments = Arguments::default();
    let mut name = String::new();
    let deltas = events.iter().filter(|event| event[0] == "TOOL_DELTA");
    for delta in deltas.filter(|delta| delta[1]["index"] == *index) {
        name.push_str(delta[1]["name"].as_str().unwrap_or_default());
        arguments.push(delta[1]["arguments"].as_str().unwrap());
        if let Some(id) = delta[1].get("id") {
            let before = joined.insert("id".to_owned(), id.clone());
            assert!(before.is_none(), "an id came twice: {events:?}");
        }
    }
    // What no delta holds is made, or stays empty.
    joined.entry("id").or_insert_with(|| call["id"].clone());
    joined.insert("name".to_owned(), json!(name));
    joined.insert("arguments".to_owned(), json!(arguments.finish()));
    assert_eq!(Value::Object(joined), *call, "{events:?}");
}

/// Asserts that no two calls have one id.
pub(crate) fn assert_ids_differ(calls: &[&Value]) {
    let mut ids: Vec<&str> = calls
        .iter()
        .map(|call| call["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    assert!(ids.iter().all(|id| !id.trim().is_empty()), "{ids:?}");
}
