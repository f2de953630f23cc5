//! Batches of Mistral: rows in the request itself, or a file of them where there are many; results
//! in the response, or two files. Source: Mistral's API reference, "Batch".

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{document, odd, take_list, text, Fields};
use super::openai::metadata;
use super::rows::{self, endpoint};
use super::state::{self, State};
use super::{lines, multipart, place, Answer, Answered, Asked, Batches, Step};
use crate::error::LlmError;
use crate::providers::operations::address;
use crate::providers::operations::body::Body;
use crate::providers::EncodedRequest;
use crate::request::BatchRequest;

/// The form.
#[derive(Debug)]
pub(super) struct Mistral;

/// Rows that a request takes itself ("inline batching", for fewer than 10,000 requests).
const INLINE_MAX: usize = 9_999;
const PAGE: u64 = 100;

#[derive(Serialize)]
struct Line<'r> {
    custom_id: &'r str,
    body: &'r RawValue,
}

fn job_path(asked: &Asked<'_>, batch: &str, rest: &str) -> Result<String, LlmError> {
    let batch = place::id(asked, batch)?;
    Ok(address::path(
        asked.target,
        &format!("/batch/jobs/{batch}{rest}"),
    ))
}

impl Batches for Mistral {
    fn submit(&self, request: &BatchRequest) -> Step {
        match request.requests.len() > INLINE_MAX {
            true => Step::Upload,
            false => Step::Create { file: None },
        }
    }

    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
        Ok(match step {
            Step::Upload => upload(asked)?,
            Step::Create { file } => create(asked, file.as_deref())?,
            Step::Cancel { batch } => place::post_nothing(job_path(asked, batch, "/cancel")?),
            Step::List { page } => {
                let mut query = vec![("page_size", place::page_size(asked, PAGE))];
                query.extend(page.clone().map(|page| ("page", page)));
                let path = address::path(asked.target, "/batch/jobs");
                place::get(asked, path, &query)
            }
            Step::Lines { file } => {
                let file = place::id(asked, file)?;
                let path = format!("/files/{file}/content");
                place::get_lines(address::path(asked.target, &path))
            }
            Step::Look { batch } => {
                let query = [("inline", "true".to_owned())];
                place::get(asked, job_path(asked, batch, "")?, &query)
            }
            Step::Status { batch } | Step::Page { batch, .. } | Step::Add { batch, .. } => {
                place::get(asked, job_path(asked, batch, "")?, &[])
            }
        })
    }

    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError> {
        if matches!(step, Step::Look { .. }) {
            return look(answered);
        }
        let raw = document(answered)?;
        if let Step::List { page } = step {
            return list(answered, raw, page.as_deref());
        }
        let Some(id) = text(&raw, "id").map(str::to_owned) else {
            return Err(odd(answered, "has no id"));
        };
        match step {
            Step::Upload => Ok(Answer::then(Step::Create { file: Some(id) })),
            _ => Ok(Answer {
                made: Some(id),
                ..Answer::of(vec![of(answered, raw).0])
            }),
        }
    }

    fn line(&self, answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError> {
        lines::row(answered, answered.text)
    }
}

fn upload(asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
    rows::one_model(asked)?;
    let mut encoded = rows::encode(asked)?;
    place::refuse(asked, &["expires_after_s"], &mut encoded.warnings)?;
    let file = rows::lines(asked, &encoded.rows, |row| Line {
        custom_id: row.id,
        body: &row.body,
    })?;
    let fields = [("purpose", "batch".to_owned())];
    let path = address::path(asked.target, "/files");
    Ok(multipart::post(path, &fields, &file, encoded.warnings))
}

fn create(asked: &Asked<'_>, file: Option<&str>) -> Result<EncodedRequest, LlmError> {
    let model = rows::one_model(asked)?;
    let none = Map::new();
    let mut warnings = Vec::new();
    let mut body = Body::new(&asked.request.extra, &none);
    body.put("endpoint", endpoint(asked));
    body.put("model", model);
    body.put("metadata", metadata(asked));
    match file {
        Some(file) => body.put("input_files", [file]),
        None => {
            let encoded = rows::encode(asked)?;
            warnings = encoded.warnings;
            place::refuse(asked, &["expires_after_s"], &mut warnings)?;
            let rows = encoded.rows.iter().map(|row| Line {
                custom_id: row.id,
                body: &row.body,
            });
            body.put("requests", rows.collect::<Vec<_>>());
        }
    }
    let path = address::path(asked.target, "/batch/jobs");
    body.post(asked.provider.name(), path, warnings)
}

fn of(answered: &Answered<'_>, raw: Map<String, Value>) -> (Map<String, Value>, Option<LlmError>) {
    let status = text(&raw, "status").unwrap_or_default();
    let word = match status {
        "QUEUED" => "validating",
        "CANCELLATION_REQUESTED" => "cancelling",
        "SUCCESS" | "TIMEOUT_EXCEEDED" | "CANCELLED" => "ended",
        "FAILED" => "failed",
        _ => "running",
    };
    let count = |name| state::count(Some(&raw), name);
    let succeeded = count("succeeded_requests");
    let failed = count("failed_requests");
    let name = answered.provider.name();
    let id = text(&raw, "id").unwrap_or_default();
    let state = State::new(id, name, word, status.into())
        .counts([count("total_requests"), None, succeeded, failed, None, None])
        .moment("created_at", &raw, &["created_at"])
        .moment("ended_at", &raw, &["completed_at"])
        .put("model", text(&raw, "model"))
        .put("endpoint", text(&raw, "endpoint"))
        .put("metadata", raw.get("metadata").cloned());
    let error = state
        .is("failed")
        .then(|| state::failed(name, raw.get("errors"), "the provider gives no reason"));
    let mut raw = raw;
    // They may be large, and are the business of `results`.
    raw.shift_remove("outputs");
    (state.error(error.as_ref()).raw(raw), error)
}

fn list(
    answered: &Answered<'_>,
    mut raw: Map<String, Value>,
    page: Option<&str>,
) -> Result<Answer, LlmError> {
    let batches = take_list(answered, &mut raw, "data")?.into_iter();
    let batches = batches.map(|batch| of(answered, batch).0);
    let results: Vec<_> = batches.collect();
    // Pages have numbers, from 0; one that is not full is the last.
    let number: u64 = page.and_then(|page| page.parse().ok()).unwrap_or(0);
    let size = answered.request.limit.unwrap_or(PAGE).min(PAGE);
    let is_full = results.len() as u64 >= size;
    let steps = is_full.then(|| Step::List {
        page: Some(number.saturating_add(1).to_string()),
    });
    Ok(Answer {
        steps: steps.into_iter().collect(),
        ..Answer::of(results)
    })
}

fn look(answered: &Answered<'_>) -> Result<Answer, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(answered.text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "is not a JSON object"))?;
    if let Some(rows) = fields.list("outputs") {
        return Ok(Answer::of(lines::inline(answered, &rows)?));
    }
    let files = ["output_file", "error_file"].iter();
    let files = files.filter_map(|name| fields.text(name));
    let steps: Vec<_> = files.map(|file| Step::Lines { file }).collect();
    let (state, error) = of(answered, document(answered)?);
    match (error, steps.is_empty()) {
        (Some(error), true) => Err(error),
        (None, true) if text(&state, "state") != Some("ended") => {
            Err(state::not_ended(answered.provider.name(), &state))
        }
        _ => Ok(Answer {
            steps,
            ..Answer::default()
        }),
    }
}
