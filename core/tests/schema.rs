//! `core/schema/schema.json` is made from the declarations of this crate: `make schema` writes it,
//! without that the test fails when it is stale.
#![cfg(all(
    feature = "anthropic",
    feature = "cohere",
    feature = "gemini",
    feature = "openai"
))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/schema.json")
}

#[test]
fn schema_is_fresh() {
    let rendered = liter_llm::schema::render();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path(), &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(path()).unwrap();
    assert!(
        committed == rendered,
        "core/schema/schema.json is stale; run `make schema`"
    );
}

#[test]
fn every_entry_has_a_name_of_its_own_and_one_plain_sentence() {
    let document = liter_llm::schema::document();
    for (list, entries) in document.as_object().unwrap() {
        let Some(entries) = entries.as_array() else {
            assert!(list == "about" || list == "abi_version", "{list}");
            continue;
        };
        let names: BTreeSet<_> = entries.iter().map(|entry| entry["name"].as_str()).collect();
        assert_eq!(names.len(), entries.len(), "{list}: a name stands twice");
        for entry in entries.iter().filter(|_| list != "providers") {
            let text = entry["description"].as_str().unwrap();
            let is_sentence = text.ends_with('.') && !text.contains(". ") && text.len() > 5;
            assert!(is_sentence, "{list}.{}: {text}", entry["name"]);
            assert!(!text.contains("[`"), "a link of Rust's: {text}");
        }
    }
}

#[test]
fn numbers_are_dense_from_1() {
    let document = liter_llm::schema::document();
    for list in ["error_kinds", "event_kinds"] {
        let entries = document[list].as_array().unwrap();
        let numbers: Vec<_> = entries
            .iter()
            .map(|entry| entry["number"].as_i64())
            .collect();
        let expected: Vec<_> = (1_i64..).map(Some).take(entries.len()).collect();
        assert_eq!(numbers, expected, "{list}");
    }
}

#[test]
fn what_a_call_inherits_is_an_option_of_the_client_too() {
    let document = liter_llm::schema::document();
    let options = document["client_options"].as_array().unwrap();
    let option = |name: &Value| options.iter().find(|option| option["name"] == *name);
    for call in document["call_options"].as_array().unwrap() {
        let client = option(&call["name"]);
        assert_eq!(call["inherits"], client.is_some(), "{call}");
        if let Some(client) = client {
            assert_eq!(client["type"], call["type"], "{call}");
            assert_eq!(client["unit"], call["unit"], "{call}");
        }
    }
}
