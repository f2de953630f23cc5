//! The numbers and names of the header are those of the core's one list, `core/schema/schema.json`,
//! and the JSON that the header shows has no field but those of that list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{LlmError, LLM_ABI_VERSION, LLM_ERROR_OK};
use crate::error::error_name;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn header() -> String {
    read("../../include/liter_llm.h")
}

fn schema() -> Value {
    serde_json::from_str(&read("../schema/schema.json")).unwrap()
}

/// The constants of the header that begin like this, without that beginning.
fn defined(prefix: &str) -> BTreeMap<String, i64> {
    let header = header();
    let lines = header.lines().filter_map(|line| {
        let (name, number) = line.strip_prefix("#define ")?.split_once(' ')?;
        let name = name.strip_prefix(prefix)?.to_owned();
        Some((name, number.parse().ok()?))
    });
    lines.collect()
}

/// Name and number of every entry of a list of the schema.
fn listed(list: &str) -> BTreeMap<String, i64> {
    let schema = schema();
    let entries = schema[list].as_array().unwrap().iter();
    let entries = entries.map(|entry| {
        let name = entry["name"].as_str().unwrap().to_owned();
        (name, entry["number"].as_i64().unwrap())
    });
    entries.collect()
}

#[test]
fn error_numbers_are_those_of_the_core() {
    let mut expected = listed("error_kinds");
    assert!(expected.len() >= 19);
    expected.insert("OK".to_owned(), i64::from(LLM_ERROR_OK));
    assert_eq!(defined("LLM_ERROR_"), expected);
}

#[test]
fn error_names_are_those_of_the_core() {
    let mut expected: BTreeMap<LlmError, String> = BTreeMap::new();
    for (name, number) in listed("error_kinds") {
        expected.insert(number.try_into().unwrap(), name);
    }
    expected.insert(LLM_ERROR_OK, "OK".to_owned());
    for number in (-100..1000).chain([LlmError::MIN, LlmError::MAX]) {
        let name = expected.get(&number).map_or("UNKNOWN", String::as_str);
        assert_eq!(error_name(number).to_str().unwrap(), name);
    }
}

#[test]
fn event_numbers_are_those_of_the_core() {
    let expected = listed("event_kinds");
    assert!(expected.len() >= 8);
    assert_eq!(defined("LLM_EVENT_"), expected);
}

#[test]
fn the_abi_version_is_that_of_the_core() {
    assert_eq!(schema()["abi_version"], LLM_ABI_VERSION);
    let defined = defined("LLM_ABI_");
    assert_eq!(defined.get("VERSION"), Some(&i64::from(LLM_ABI_VERSION)));
}

/// The documents between `@code{.json}` and `@endcode`: START, END, error.
fn samples() -> Vec<Value> {
    let header = header();
    let (_, code) = header.split_once("@code{.json}\n").unwrap();
    let (code, _) = code.split_once("@endcode").unwrap();
    let code: String = code
        .lines()
        .map(|line| line.trim_start_matches('/'))
        .collect();
    let documents = serde_json::Deserializer::from_str(&code).into_iter();
    documents.collect::<Result<_, _>>().unwrap()
}

/// Every field of the sample is one of that list.
fn check_fields(sample: &Value, list: &str) {
    let schema = schema();
    let fields = schema[list].as_array().unwrap().iter();
    let known: BTreeSet<_> = fields
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    for name in sample.as_object().unwrap().keys() {
        assert!(known.contains(name.as_str()), "{name} is not in {list}");
    }
}

#[test]
fn the_json_in_the_header_has_the_fields_of_the_core() {
    let samples = samples();
    let [start, end, error] = samples.as_slice() else {
        panic!("{} samples", samples.len());
    };
    check_fields(start, "start_fields");
    check_fields(end, "receipt_fields");
    check_fields(&end["usage"], "usage_fields");
    check_fields(&end["timings"], "timing_fields");
    check_fields(error, "error_fields");
    let kind = error["kind"].as_str().unwrap();
    assert_eq!(
        listed("error_kinds").get(kind),
        error["number"].as_i64().as_ref()
    );
}
