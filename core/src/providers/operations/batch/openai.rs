//! Batches of OpenAI, and of Azure and Groq, which have them in its form: a file of rows, a batch
//! of the file, and two files of results. Source: OpenAI's API reference, "Batch" and "Files".

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::fields::{document, odd, take_list, text};
use super::rows::{self, endpoint};
use super::state::{self, State};
use super::{lines, multipart, place, Answer, Answered, Asked, Batches, Step, MARK};
use crate::error::LlmError;
use crate::providers::operations::body::Body;
use crate::providers::operations::{address, azure};
use crate::providers::EncodedRequest;
use crate::request::BatchRequest;

/// The form.
#[derive(Debug)]
pub(super) struct OpenAi;

/// "The limit can range between 1 and 100."
const PAGE: u64 = 100;

/// When a batch came to its end, whichever end that was.
const ENDS: &[&str] = &["completed_at", "failed_at", "expired_at", "cancelled_at"];

#[derive(Serialize)]
struct Line<'r> {
    custom_id: &'r str,
    method: &'static str,
    url: &'static str,
    body: &'r RawValue,
}

/// The path of a resource.
fn path(asked: &Asked<'_>, path: &str) -> String {
    match asked.provider.name() {
        azure::NAME => azure::resource_path(asked.target, path),
        _ => address::path(asked.target, path),
    }
}

/// The path of what a batch has.
fn batch_path(asked: &Asked<'_>, batch: &str, rest: &str) -> Result<String, LlmError> {
    let batch = place::id(asked, batch)?;
    Ok(path(asked, &format!("/batches/{batch}{rest}")))
}

impl Batches for OpenAi {
    fn submit(&self, _: &BatchRequest) -> Step {
        Step::Upload
    }

    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
        Ok(match step {
            Step::Upload => upload(asked)?,
            Step::Create { file } => create(asked, file.as_deref().unwrap_or_default())?,
            Step::Cancel { batch } => place::post_nothing(batch_path(asked, batch, "/cancel")?),
            Step::List { page } => {
                let mut query = vec![("limit", place::page_size(asked, PAGE))];
                query.extend(page.clone().map(|page| ("after", page)));
                place::get(asked, path(asked, "/batches"), &query)
            }
            Step::Lines { file } => {
                let file = place::id(asked, file)?;
                place::get_lines(path(asked, &format!("/files/{file}/content")))
            }
            Step::Status { batch } | Step::Look { batch } | Step::Page { batch, .. } => {
                place::get(asked, batch_path(asked, batch, "")?, &[])
            }
            Step::Add { batch, .. } => place::get(asked, batch_path(asked, batch, "")?, &[]),
        })
    }

    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError> {
        let raw = document(answered)?;
        if matches!(step, Step::List { .. }) {
            return list(answered, raw);
        }
        let Some(id) = text(&raw, "id").map(str::to_owned) else {
            return Err(odd(answered, "has no id"));
        };
        match step {
            Step::Upload => Ok(Answer::then(Step::Create { file: Some(id) })),
            Step::Look { .. } => look(answered, raw),
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
    let encoded = rows::encode(asked)?;
    let url = endpoint(asked);
    let file = rows::lines(asked, &encoded.rows, |row| Line {
        custom_id: row.id,
        method: "POST",
        url,
        body: &row.body,
    })?;
    let mut fields = vec![("purpose", "batch".to_owned())];
    if let Some(seconds) = asked.request.expires_after_s {
        fields.push(("expires_after[anchor]", "created_at".to_owned()));
        fields.push(("expires_after[seconds]", seconds.to_string()));
    }
    let path = path(asked, "/files");
    Ok(multipart::post(path, &fields, &file, encoded.warnings))
}

fn create(asked: &Asked<'_>, file: &str) -> Result<EncodedRequest, LlmError> {
    let request = asked.request;
    let none = Map::new();
    let mut body = Body::new(&request.extra, &none);
    body.put("input_file_id", file);
    body.put("endpoint", endpoint(asked));
    body.put("completion_window", "24h");
    body.put("metadata", metadata(asked));
    let expiry = request.expires_after_s;
    let expiry = expiry.map(|seconds| json!({"anchor": "created_at", "seconds": seconds}));
    body.put_some("output_expires_after", expiry);
    body.post(asked.provider.name(), path(asked, "/batches"), Vec::new())
}

/// The caller's labels and our mark.
pub(super) fn metadata(asked: &Asked<'_>) -> Map<String, Value> {
    let mut metadata = asked.request.metadata.clone().unwrap_or_default();
    metadata.insert(MARK.to_owned(), asked.mark.into());
    metadata
}

/// The state of a batch, and whether it failed before it ran.
fn of(answered: &Answered<'_>, raw: Map<String, Value>) -> (Map<String, Value>, Option<LlmError>) {
    let status = text(&raw, "status").unwrap_or_default();
    let word = match status {
        "validating" => "validating",
        "cancelling" => "cancelling",
        "completed" | "expired" | "cancelled" => "ended",
        "failed" => "failed",
        _ => "running",
    };
    let counts = raw.get("request_counts").and_then(Value::as_object);
    let count = |name| state::count(counts, name);
    let name = answered.provider.name();
    let id = text(&raw, "id").unwrap_or_default();
    let state = State::new(id, name, word, status.into())
        .counts([
            count("total"),
            None,
            count("completed"),
            count("failed"),
            None,
            None,
        ])
        .moment("created_at", &raw, &["created_at"])
        .moment("ended_at", &raw, ENDS)
        .moment("expires_at", &raw, &["expires_at"])
        .put("model", text(&raw, "model"))
        .put("endpoint", text(&raw, "endpoint"))
        .put("metadata", raw.get("metadata").cloned());
    let error = state
        .is("failed")
        .then(|| state::failed(name, raw.get("errors"), "the provider gives no reason"));
    (state.error(error.as_ref()).raw(raw), error)
}

fn list(answered: &Answered<'_>, mut raw: Map<String, Value>) -> Result<Answer, LlmError> {
    let batches = take_list(answered, &mut raw, "data")?.into_iter();
    let batches = batches.map(|batch| of(answered, batch).0);
    let results: Vec<_> = batches.collect();
    let more = raw.get("has_more") == Some(&Value::Bool(true));
    let last = text(&raw, "last_id").or_else(|| text(results.last()?, "id"));
    let next = last.filter(|_| more).map(str::to_owned);
    let steps = next.map(|last| Step::List { page: Some(last) });
    Ok(Answer {
        steps: steps.into_iter().collect(),
        ..Answer::of(results)
    })
}

/// The files with results: what was answered, then what failed.
fn look(answered: &Answered<'_>, raw: Map<String, Value>) -> Result<Answer, LlmError> {
    let files = ["output_file_id", "error_file_id"];
    let files = files.iter().filter_map(|name| text(&raw, name));
    let files = files.map(|file| Step::Lines {
        file: file.to_owned(),
    });
    let steps: Vec<_> = files.collect();
    let (state, error) = of(answered, raw);
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
