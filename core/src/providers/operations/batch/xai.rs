//! Batches of xAI: an empty batch, to which rows are added, and pages of results, which may be read
//! before the end. Source: docs.x.ai, "Batch API".

use serde_json::value::RawValue;
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;

use serde::Serialize;

use super::fields::{document, odd, take_list, text, Fields};
use super::state::{self, State};
use super::{place, results, rows, Answer, Answered, Asked, Batches, Step};
use crate::error::LlmError;
use crate::providers::errors;
use crate::providers::operations::address;
use crate::providers::operations::body::Body;
use crate::providers::{error_body, EncodedRequest};

/// The form.
#[derive(Debug)]
pub(super) struct Xai;

/// Rows that are added at once.
const ADDED_MAX: usize = 500;
const PAGE: u64 = 100;
/// What the name of a batch begins with, behind which our mark stands.
const NAMED: &str = "liter-batch-";

#[derive(Serialize)]
struct Line<'r> {
    batch_request_id: &'r str,
    batch_request: BTreeMap<&'static str, &'r RawValue>,
}

fn path(asked: &Asked<'_>, batch: &str, rest: &str) -> Result<String, LlmError> {
    let batch = place::id(asked, batch)?;
    Ok(address::path(
        asked.target,
        &format!("/batches/{batch}{rest}"),
    ))
}

impl Batches for Xai {
    fn results(&self, batch: String) -> Step {
        Step::Page { batch, token: None }
    }

    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
        Ok(match step {
            Step::Create { .. } | Step::Upload => create(asked)?,
            Step::Add { batch, rows } => add(asked, batch, rows.clone())?,
            Step::Cancel { batch } => place::post_nothing(path(asked, batch, ":cancel")?),
            Step::List { page } => {
                let mut query = vec![("limit", place::page_size(asked, PAGE))];
                query.extend(page.clone().map(|page| ("pagination_token", page)));
                place::get(asked, address::path(asked.target, "/batches"), &query)
            }
            Step::Page { batch, token } => {
                let mut query = vec![("limit", PAGE.to_string())];
                query.extend(token.clone().map(|token| ("pagination_token", token)));
                place::get(asked, path(asked, batch, "/results")?, &query)
            }
            Step::Status { batch } | Step::Look { batch } | Step::Lines { file: batch } => {
                place::get(asked, path(asked, batch, "")?, &[])
            }
        })
    }

    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError> {
        match step {
            // A null.
            Step::Add { .. } => Ok(Answer::default()),
            Step::Cancel { batch } => {
                let batch = batch.clone();
                Ok(Answer::then(Step::Status { batch }))
            }
            Step::Page { batch, .. } => page(answered, batch),
            Step::List { .. } => list(answered),
            Step::Create { .. } => {
                let raw = document(answered)?;
                match text(&raw, "batch_id") {
                    Some(id) => Ok(added(answered, id)),
                    None => Err(odd(answered, "has no batch_id")),
                }
            }
            _ => {
                let raw = document(answered)?;
                match text(&raw, "batch_id") {
                    Some(_) => Ok(Answer::of(vec![of(answered, raw)])),
                    None => Err(odd(answered, "has no batch_id")),
                }
            }
        }
    }

    fn line(&self, answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError> {
        row(answered, answered.text)
    }
}

fn create(asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
    if rows::are_embeddings(asked) {
        let what = "operation: its batches have no embeddings";
        let error = errors::invalid_request(asked.provider.name(), what);
        return Err(crate::request::in_row(0, error));
    }
    // Nothing is made before every row is known to be right.
    let mut warnings = rows::encode(asked)?.warnings;
    place::refuse(asked, &["expires_after_s"], &mut warnings)?;
    place::refuse_all_but_mark(asked, &mut warnings)?;
    let none = Map::new();
    let mut body = Body::new(&asked.request.extra, &none);
    body.put("name", format!("{NAMED}{}", asked.mark));
    let path = address::path(asked.target, "/batches");
    body.post(asked.provider.name(), path, warnings)
}

/// The steps that fill a batch, and then show it.
fn added(answered: &Answered<'_>, id: &str) -> Answer {
    let count = answered.request.requests.len();
    let starts = (0..count).step_by(ADDED_MAX);
    let steps = starts.map(|start| Step::Add {
        batch: id.to_owned(),
        rows: start..(start + ADDED_MAX).min(count),
    });
    let batch = id.to_owned();
    Answer {
        steps: steps.chain([Step::Status { batch }]).collect(),
        made: Some(id.to_owned()),
        ..Answer::default()
    }
}

fn add(
    asked: &Asked<'_>,
    batch: &str,
    range: std::ops::Range<usize>,
) -> Result<EncodedRequest, LlmError> {
    let kind = match asked.provider.api() {
        "responses" => "responses",
        _ => "chat_get_completion",
    };
    let encoded = rows::encode_range(asked, range)?;
    let rows = encoded.rows.iter().map(|row| Line {
        batch_request_id: row.id,
        batch_request: BTreeMap::from([(kind, &*row.body)]),
    });
    let none = Map::new();
    let mut body = Body::new(&none, &none);
    body.put("batch_requests", rows.collect::<Vec<_>>());
    let path = path(asked, batch, "/requests")?;
    body.post(asked.provider.name(), path, Vec::new())
}

fn of(answered: &Answered<'_>, raw: Map<String, Value>) -> Map<String, Value> {
    let told = raw.get("state").and_then(Value::as_object);
    let count = |name| state::count(told, name);
    let total = count("num_requests");
    let pending = count("num_pending");
    let error = told.and_then(|told| told.get("error"));
    let has_error = error.is_some_and(|error| !error.is_null());
    let is_set = |name: &str| raw.get(name).is_some_and(|value| !value.is_null());
    let word = match (total, pending) {
        _ if has_error => "failed",
        (_, Some(1..)) if is_set("cancel_time") => "cancelling",
        (None | Some(0), _) if !is_set("cancel_time") => "validating",
        (_, Some(1..)) => "running",
        _ => "ended",
    };
    let name = answered.provider.name();
    let failed = has_error.then(|| {
        let text = error.and_then(Value::as_str).map(str::to_owned);
        let text = text.or_else(|| error.map(Value::to_string));
        state::failed(name, None, &text.unwrap_or_default())
    });
    let mark = text(&raw, "name").and_then(|name| name.strip_prefix(NAMED));
    let id = text(&raw, "batch_id").unwrap_or_default();
    let state_raw = raw.get("state").cloned().unwrap_or_default();
    State::new(id, name, word, state_raw)
        .counts([
            total,
            pending,
            count("num_success"),
            count("num_error"),
            count("num_cancelled"),
            None,
        ])
        .moment("created_at", &raw, &["create_time"])
        .moment("expires_at", &raw, &["expire_time"])
        .put("metadata", mark.map(|mark| json!({super::MARK: mark})))
        .error(failed.as_ref())
        .raw(raw)
}

fn list(answered: &Answered<'_>) -> Result<Answer, LlmError> {
    let mut raw = document(answered)?;
    let batches = take_list(answered, &mut raw, "batches")?.into_iter();
    let batches = batches.map(|batch| of(answered, batch));
    let next = text(&raw, "pagination_token").map(str::to_owned);
    let steps = next.map(|page| Step::List { page: Some(page) });
    Ok(Answer {
        steps: steps.into_iter().collect(),
        ..Answer::of(batches.collect())
    })
}

fn page(answered: &Answered<'_>, batch: &str) -> Result<Answer, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(answered.text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "is not a JSON object"))?;
    let Some(rows) = fields.list("results") else {
        return Err(odd(answered, "has no results"));
    };
    let rows = rows.iter().map(|text| row(answered, text.get()));
    let results = rows.collect::<Result<Vec<_>, _>>()?;
    let token = fields.text("pagination_token");
    let steps = token.map(|token| Step::Page {
        batch: batch.to_owned(),
        token: Some(token),
    });
    Ok(Answer {
        steps: steps.into_iter().collect(),
        ..Answer::of(results)
    })
}

fn row(answered: &Answered<'_>, text: &str) -> Result<Map<String, Value>, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "has a row that is not a JSON object"))?;
    let id = fields.text("batch_request_id").unwrap_or_default();
    let result = fields.object("batch_result");
    let response = result.as_ref().and_then(|result| result.object("response"));
    // Also the response to a request of the other API.
    let names = ["chat_get_completion", "responses"];
    let body = response.and_then(|response| {
        let body = names.iter().find_map(|name| response.raw(name));
        body.or_else(|| response.only())
    });
    if let Some(body) = body {
        return Ok(results::answered(answered, &id, body));
    }
    if matches!(
        fields.text("state").as_deref(),
        Some("cancelled" | "CANCELLED")
    ) {
        return Ok(results::not_run(&id, results::CANCELLED));
    }
    let raw = result.as_ref().and_then(|result| result.raw("error"));
    let message = fields.text("error_message");
    let error = match (raw, message) {
        (Some(raw), _) => format!("{{\"error\":{raw}}}"),
        (None, Some(message)) => json!({"error": {"message": message}}).to_string(),
        (None, None) => "{}".to_owned(),
    };
    let error = error_body::in_response(answered.provider, &error);
    Ok(results::failed(&id, results::FAILED, error))
}
