//! Batches of the Gemini API: results in the batch, or in a file; how rows go there is in
//! `gemini_submission`. A batch is a long-running operation. Source:
//! ai.google.dev/gemini-api/docs/batch-api.

use serde_json::{json, Map, Value};

use super::fields::{document, odd, text, Fields};
use super::state::{self, State};
use super::{
    gemini_submission as submission, place, results, Answer, Answered, Asked, Batches, Step,
};
use crate::error::LlmError;
use crate::providers::operations::{address, google};
use crate::providers::EncodedRequest;
use crate::request::BatchRequest;

/// The form.
#[derive(Debug)]
pub(super) struct Gemini;

const PAGE: u64 = 100;

fn path(asked: &Asked<'_>, rest: &str) -> String {
    let version = match google::has_version(asked.target) {
        true => "",
        false => "/v1beta",
    };
    address::path(asked.target, &format!("{version}{rest}"))
}

fn batch_path(asked: &Asked<'_>, batch: &str, rest: &str) -> Result<String, LlmError> {
    let batch = match batch.contains('/') {
        true => place::id(asked, batch)?,
        false => format!("batches/{}", place::id(asked, batch)?),
    };
    Ok(path(asked, &format!("/{batch}{rest}")))
}

impl Batches for Gemini {
    fn submit(&self, request: &BatchRequest) -> Step {
        submission::first_step(request)
    }

    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
        Ok(match step {
            Step::Upload => submission::upload(asked)?,
            Step::Create { file } => submission::create(asked, file.as_deref())?,
            Step::Cancel { batch } => place::post_nothing(batch_path(asked, batch, ":cancel")?),
            Step::List { page } => {
                let mut query = vec![("pageSize", place::page_size(asked, PAGE))];
                query.extend(page.clone().map(|page| ("pageToken", page)));
                place::get(asked, path(asked, "/batches"), &query)
            }
            Step::Lines { file } => {
                let file = place::id(asked, file)?;
                let path = format!("/download/v1beta/{file}:download?alt=media");
                place::get_lines(address::beside_version(asked.target, &path))
            }
            Step::Status { batch }
            | Step::Look { batch }
            | Step::Page { batch, .. }
            | Step::Add { batch, .. } => place::get(asked, batch_path(asked, batch, "")?, &[]),
        })
    }

    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError> {
        match step {
            Step::Look { .. } => return look(answered),
            // An empty object.
            Step::Cancel { batch } => {
                let batch = batch.clone();
                return Ok(Answer::then(Step::Status { batch }));
            }
            _ => {}
        }
        let raw = document(answered)?;
        match step {
            Step::List { .. } => return Ok(list(answered, raw)),
            Step::Upload => return uploaded(answered, &raw),
            _ => {}
        }
        let Some(id) = text(&raw, "name").map(str::to_owned) else {
            return Err(odd(answered, "has no name"));
        };
        Ok(Answer {
            made: Some(id),
            ..Answer::of(vec![of(answered, raw).0])
        })
    }

    fn line(&self, answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError> {
        row(answered, answered.text, "")
    }
}

fn uploaded(answered: &Answered<'_>, raw: &Map<String, Value>) -> Result<Answer, LlmError> {
    let file = raw.get("file").and_then(Value::as_object).unwrap_or(raw);
    match text(file, "name") {
        Some(name) => Ok(Answer::then(Step::Create {
            file: Some(name.to_owned()),
        })),
        None => Err(odd(answered, "has no name")),
    }
}

/// A batch, whose metadata may stand alone in a list.
fn of(answered: &Answered<'_>, raw: Map<String, Value>) -> (Map<String, Value>, Option<LlmError>) {
    let empty = Map::new();
    let metadata = raw.get("metadata").and_then(Value::as_object);
    let metadata = metadata.unwrap_or(&empty);
    let state_raw = text(metadata, "state").unwrap_or_default();
    let name = answered.provider.name();
    let is_done = raw.get("done") == Some(&Value::Bool(true));
    let has_error = raw.get("error").is_some_and(Value::is_object);
    let word = match state_raw
        .rsplit_once("STATE_")
        .map_or(state_raw, |(_, end)| end)
    {
        "PENDING" | "QUEUED" => "validating",
        "CANCELLING" => "cancelling",
        "SUCCEEDED" | "CANCELLED" | "EXPIRED" | "PARTIALLY_SUCCEEDED" => "ended",
        "FAILED" => "failed",
        "" if has_error => "failed",
        "" if is_done => "ended",
        _ => "running",
    };
    let error = (word == "failed").then(|| failed(answered, raw.get("error")));
    let stats = metadata.get("batchStats").and_then(Value::as_object);
    // What is zero is left out.
    let count = |name| stats.map(|_| state::count(stats, name).unwrap_or(0));
    let id = text(&raw, "name")
        .or_else(|| text(metadata, "name"))
        .unwrap_or_default();
    let model = text(metadata, "model");
    let model = model.map(|model| model.strip_prefix("models/").unwrap_or(model));
    let model = model.filter(|model| !model.is_empty());
    let mark = text(metadata, "displayName").and_then(|name| name.strip_prefix(submission::NAMED));
    let state = State::new(id, name, word, state_raw.into())
        .counts([
            count("requestCount"),
            count("pendingRequestCount"),
            count("successfulRequestCount"),
            count("failedRequestCount"),
            None,
            None,
        ])
        .moment("created_at", metadata, &["createTime"])
        .moment("ended_at", metadata, &["endTime"])
        .put("model", model)
        .put("metadata", mark.map(|mark| json!({super::MARK: mark})))
        .error(error.as_ref());
    let mut raw = raw;
    // They may be large, and are the business of `results`.
    raw.shift_remove("response");
    if let Some(metadata) = raw.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("output");
    }
    (state.raw(raw), error)
}

fn failed(answered: &Answered<'_>, error: Option<&Value>) -> LlmError {
    let name = answered.provider.name();
    match error {
        Some(error) => of_status(answered, &error.to_string()),
        None => state::failed(name, None, "the provider gives no reason"),
    }
}

fn list(answered: &Answered<'_>, mut raw: Map<String, Value>) -> Answer {
    let mut names = ["operations", "batches"].iter();
    let list = names.find_map(|name| match raw.get_mut(*name).map(Value::take) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    });
    let batches = list.unwrap_or_default().into_iter();
    let batches = batches.filter_map(|batch| match batch {
        Value::Object(batch) => Some(of(answered, batch).0),
        _ => None,
    });
    let next = text(&raw, "nextPageToken").map(str::to_owned);
    let steps = next.map(|page| Step::List { page: Some(page) });
    Answer {
        steps: steps.into_iter().collect(),
        ..Answer::of(batches.collect())
    }
}

/// Results in the batch, or the file that has them.
fn look(answered: &Answered<'_>) -> Result<Answer, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(answered.text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "is not a JSON object"))?;
    let metadata = fields.object("metadata");
    let within = metadata.and_then(|metadata| metadata.object("output"));
    for place in [fields.object("response"), within].into_iter().flatten() {
        let mut names = ["inlinedResponses", "inlinedEmbedContentResponses"].iter();
        if let Some(inlined) = names.find_map(|name| place.object(name)) {
            let rows = inlined.list("inlinedResponses").unwrap_or_default();
            let rows = rows.iter().enumerate();
            // Their order is that of the requests.
            let rows = rows.map(|(index, text)| row(answered, text.get(), &index.to_string()));
            return Ok(Answer::of(rows.collect::<Result<_, _>>()?));
        }
        if let Some(file) = place.text("responsesFile") {
            return Ok(Answer::then(Step::Lines { file }));
        }
    }
    let (state, error) = of(answered, document(answered)?);
    match error {
        Some(error) => Err(error),
        None if text(&state, "state") != Some("ended") => {
            Err(state::not_ended(answered.provider.name(), &state))
        }
        None => Ok(Answer::default()),
    }
}

/// One result; `position` names one without a key.
fn row(
    answered: &Answered<'_>,
    text: &str,
    position: &str,
) -> Result<Map<String, Value>, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "has a row that is not a JSON object"))?;
    let metadata = fields.object("metadata");
    let id = metadata.and_then(|own| own.text("key").or_else(|| own.text("custom_id")));
    let id = id.or_else(|| fields.text("key"));
    let id = id.unwrap_or_else(|| position.to_owned());
    if let Some(response) = fields.raw("response") {
        return Ok(results::answered(answered, &id, response));
    }
    let error = fields.raw("error").or_else(|| fields.raw("status"));
    let error = of_status(answered, error.unwrap_or("{}"));
    Ok(results::failed(&id, results::FAILED, error))
}

/// An error as google.rpc.Status has it: its code is a number of gRPC's, each of which has a status
/// of HTTP (google/rpc/code.proto).
fn of_status(answered: &Answered<'_>, text: &str) -> LlmError {
    let mut repaired = String::new();
    let fields = Fields::parse(text, &mut repaired).unwrap_or_default();
    let status = match fields.value::<u16>("code") {
        Some(1) => 499,
        Some(3 | 9 | 11) => 400,
        Some(4) => 504,
        Some(5) => 404,
        Some(6 | 10) => 409,
        Some(7) => 403,
        Some(8) => 429,
        Some(12) => 501,
        Some(14) => 503,
        Some(16) => 401,
        Some(status) if status >= 400 => status,
        _ => 500,
    };
    let message = fields
        .text("message")
        .unwrap_or_else(|| "without a message".to_owned());
    let body = json!({"error": {"code": status, "message": message}}).to_string();
    let mut error = answered.provider.error(status, body.as_bytes());
    error.status = None;
    error
}
