//! Recorded exchanges, each response as the steps that could have asked for it; where none are at
//! hand the test passes.

use super::*;
use crate::providers::test_support::recordings::{self, assert_none, Exchange};

const FOLDERS: &[(&str, &str)] = &[
    ("openai-batch", "openai"),
    ("anthropic-batch", "anthropic"),
    ("gemini-batch", "gemini"),
    ("mistral-batch", "mistral"),
    ("xai-batch", "xai"),
];
/// What is compared of a state.
const STATE: &[&str] = &[
    "id",
    "state",
    "state_raw",
    "counts",
    "created_at",
    "ended_at",
    "expires_at",
    "model",
    "endpoint",
];

fn picked(fields: &Value, names: &[&str]) -> Value {
    let own = names.iter().filter_map(|name| {
        let value = fields.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    });
    own.collect::<Map<_, _>>().into()
}

/// A row as the expectation has it, without what it leaves out where it is empty.
fn row_form(row: &Value) -> Value {
    let mut form = picked(row, &["id", "outcome"]);
    if let Some(answer) = row.get("response") {
        form["model"] = answer["model"].clone();
        form["response_id"] = answer["id"].clone();
        for name in ["text", "reasoning", "finish_reason", "finish_reason_raw"] {
            form[name] = answer.get(name).cloned().unwrap_or(json!(""));
        }
        let calls = answer["tool_calls"].as_array().unwrap().len();
        form["calls"] = calls.into();
        let counts = ["input_tokens", "total_tokens", "cached_input_tokens"];
        form["usage"] = picked(&answer["usage"], &counts);
    }
    if let (Some(error), Some("failed")) = (row.get("error"), row["outcome"].as_str()) {
        form["retryable"] = error["retryable"].clone();
        form["http_status"] = error.get("status").cloned().unwrap_or(Value::Null);
    }
    form
}

fn due_row(row: &Value) -> Value {
    let mut form = picked(row, &["id", "outcome"]);
    if let Some(answer) = row.get("answer") {
        form["model"] = answer["model"].clone();
        form["response_id"] = answer["response_id"].clone();
        for name in ["text", "reasoning", "finish_reason", "finish_reason_raw"] {
            form[name] = answer.get(name).cloned().unwrap_or(json!(""));
        }
        let calls = answer.get("tool_calls").and_then(Value::as_array);
        form["calls"] = calls.map_or(0, Vec::len).into();
        let counts = ["input_tokens", "total_tokens", "cached_input_tokens"];
        form["usage"] = picked(&answer["usage"], &counts);
    }
    if let (Some(error), Some("failed")) = (row.get("error"), row["outcome"].as_str()) {
        form["retryable"] = error["retryable"].clone();
        form["http_status"] = error.get("http_status").cloned().unwrap_or(Value::Null);
    }
    form
}

fn rows_of(name: &str, exchange: &Exchange, text: &str) -> Vec<Value> {
    let path = exchange.path.split('?').next().unwrap();
    let is_lines =
        path.ends_with("/content") || (name, path.ends_with("/results")) == ("anthropic", true);
    let results = match is_lines {
        true => {
            let lines = text.lines().filter(|text| !text.trim().is_empty());
            lines
                .map(|text| line(name, &serde_json::from_str(text).unwrap()))
                .collect()
        }
        false => {
            let step = match name {
                "xai" => Step::Page {
                    batch: "b".to_owned(),
                    token: None,
                },
                _ => look(),
            };
            decoded(name, &step, text).unwrap().results
        }
    };
    results
        .iter()
        .map(|row| row_form(&Value::Object(row.clone())))
        .collect()
}

/// What is wrong with an exchange.
fn difference(name: &str, exchange: &Exchange) -> Option<String> {
    let text = String::from_utf8(exchange.body.clone()).unwrap();
    let expected = &exchange.expected;
    let (got, due) = match expected["what"].as_str() {
        None => {
            let error = provider(name).error(exchange.status(), &exchange.body);
            let expected = &expected["error"];
            (
                json!([recordings::category(&error), error.retryable]),
                json!([expected["category"], expected["retryable"]]),
            )
        }
        Some("file") => {
            let answer = decoded(name, &Step::Upload, &text).unwrap();
            let [Step::Create { file: Some(file) }] = answer.steps.as_slice() else {
                return Some(format!("{}: {answer:?}", exchange.name));
            };
            (json!(file), expected["file"]["id"].clone())
        }
        Some("accepted") => {
            let step = Step::Add {
                batch: "b".to_owned(),
                rows: 0..1,
            };
            let answer = decoded(name, &step, &text).unwrap();
            (json!(answer.results), json!([]))
        }
        Some("batch_list") => {
            let answer = decoded(name, &Step::List { page: None }, &text).unwrap();
            let states = answer.results.into_iter().map(Value::Object);
            let states: Vec<_> = states.map(|state| picked(&state, STATE)).collect();
            let next = match answer.steps.as_slice() {
                [Step::List { page: Some(page) }] => json!(page),
                _ => Value::Null,
            };
            let batches = expected["batches"].as_array().unwrap().iter();
            let due: Vec<_> = batches.map(|state| picked(state, STATE)).collect();
            (
                json!([states, next]),
                json!([due, expected["next"]["after"]]),
            )
        }
        Some("results") => {
            let rows = expected["rows"].as_array().unwrap().iter().map(due_row);
            (json!(rows_of(name, exchange, &text)), rows.collect())
        }
        Some(_) => {
            let step = status();
            let mut answer = decoded(name, &step, &text).unwrap();
            if name == "xai" && answer.results.is_empty() {
                answer = decoded(name, &step, &text).unwrap();
            }
            let state = Value::Object(answer.results.remove(0));
            let rows = match expected.get("results") {
                Some(_) => rows_of(name, exchange, &text),
                None => Vec::new(),
            };
            let due = expected["results"]["rows"].as_array();
            let due: Vec<_> = due.into_iter().flatten().map(due_row).collect();
            (
                json!([picked(&state, STATE), rows]),
                json!([picked(&expected["batch"], STATE), due]),
            )
        }
    };
    (got != due).then(|| format!("{}\n  got  {got}\n  want {due}", exchange.name))
}

#[test]
fn recorded_exchanges_come_out_as_expected() {
    let mut wrong = Vec::new();
    for (folder, name) in FOLDERS {
        for exchange in recordings::exchanges(folder) {
            wrong.extend(difference(name, &exchange));
        }
    }
    assert_none(wrong);
}
