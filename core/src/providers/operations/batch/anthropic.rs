//! Message batches of Anthropic: rows in the request itself, results as lines. `results_url` is not
//! followed, since the key would go with it: the results are beside the batch. Source: Anthropic's
//! API reference, "Message Batches".

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{document, odd, take_list, text, Fields};
use super::state::{self, State};
use super::{place, results, rows, Answer, Answered, Asked, Batches, Step};
use crate::error::{invalid_request, LlmError};
use crate::providers::operations::address;
use crate::providers::operations::body::Body;
use crate::providers::{error_body, EncodedRequest};

/// The form.
#[derive(Debug)]
pub(super) struct Anthropic;

const PATH: &str = "/messages/batches";
/// The header that every request has.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");
/// "Ranges from 1 to 1000."
const PAGE: u64 = 1_000;
/// "Must be 1 to 64 characters in length and contain only alphanumeric characters, hyphens, and
/// underscores."
const ID_BYTES_MAX: usize = 64;

#[derive(Serialize)]
struct Line<'r> {
    custom_id: &'r str,
    params: &'r RawValue,
}

fn path(asked: &Asked<'_>, batch: &str, rest: &str) -> Result<String, LlmError> {
    let batch = place::id(asked, batch)?;
    let path = format!("{PATH}/{batch}{rest}");
    Ok(address::with_version(asked.target, "/v1", &path))
}

impl Batches for Anthropic {
    fn results(&self, batch: String) -> Step {
        Step::Lines { file: batch }
    }

    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
        let mut request = match step {
            Step::Create { .. } | Step::Upload => create(asked)?,
            Step::Cancel { batch } => place::post_nothing(path(asked, batch, "/cancel")?),
            Step::List { page } => {
                let mut query = vec![("limit", place::page_size(asked, PAGE))];
                query.extend(page.clone().map(|page| ("after_id", page)));
                let path = address::with_version(asked.target, "/v1", PATH);
                place::get(asked, path, &query)
            }
            Step::Lines { file } => place::get_lines(path(asked, file, "/results")?),
            Step::Status { batch }
            | Step::Look { batch }
            | Step::Page { batch, .. }
            | Step::Add { batch, .. } => place::get(asked, path(asked, batch, "")?, &[]),
        };
        request.headers.push((VERSION.0, VERSION.1.to_owned()));
        Ok(request)
    }

    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError> {
        let mut raw = document(answered)?;
        if !matches!(step, Step::List { .. }) {
            let Some(id) = text(&raw, "id").map(str::to_owned) else {
                return Err(odd(answered, "has no id"));
            };
            return Ok(Answer {
                made: Some(id),
                ..Answer::of(vec![of(answered, raw)])
            });
        }
        let batches = take_list(answered, &mut raw, "data")?.into_iter();
        let batches = batches.map(|batch| of(answered, batch));
        let more = raw.get("has_more") == Some(&Value::Bool(true));
        let last = text(&raw, "last_id").filter(|_| more).map(str::to_owned);
        let steps = last.map(|last| Step::List { page: Some(last) });
        Ok(Answer {
            steps: steps.into_iter().collect(),
            ..Answer::of(batches.collect())
        })
    }

    fn line(&self, answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError> {
        let mut repaired = String::new();
        let fields = Fields::parse(answered.text, &mut repaired);
        let fields = fields.ok_or_else(|| odd(answered, "has a row that is not a JSON object"))?;
        let id = fields.text("custom_id").unwrap_or_default();
        let Some(result) = fields.object("result") else {
            return Err(odd(answered, "has a row without a result"));
        };
        let kind = result.text("type").unwrap_or_default();
        Ok(match (kind.as_str(), result.raw("message")) {
            ("succeeded", Some(message)) => results::answered(answered, &id, message),
            ("canceled" | "cancelled", _) => results::not_run(&id, results::CANCELLED),
            ("expired", _) => results::not_run(&id, results::EXPIRED),
            _ => {
                let error = result.raw("error").unwrap_or("{}");
                let error = error_body::in_response(answered.provider, error);
                results::failed(&id, results::FAILED, error)
            }
        })
    }
}

fn create(asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
    check_ids(asked)?;
    let mut encoded = rows::encode(asked)?;
    place::refuse(
        asked,
        &["metadata", "expires_after_s"],
        &mut encoded.warnings,
    )?;
    let none = Map::new();
    let mut body = Body::new(&asked.request.extra, &none);
    let rows = encoded.rows.iter().map(|row| Line {
        custom_id: row.id,
        params: &row.body,
    });
    body.put("requests", rows.collect::<Vec<_>>());
    let path = address::with_version(asked.target, "/v1", PATH);
    body.post(asked.provider.name(), path, encoded.warnings)
}

/// An id that it would refuse, with every other row.
fn check_ids(asked: &Asked<'_>) -> Result<(), LlmError> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_id = |id: &str| id.len() <= ID_BYTES_MAX && id.bytes().all(is_letter);
    let mut rows = asked.request.requests.iter();
    match rows.position(|row| !is_id(&row.id)) {
        None => Ok(()),
        Some(index) => {
            let name = asked.provider.name();
            let message = format!(
                "{name}: requests[{index}].id: expected at most {ID_BYTES_MAX} letters, digits, \
                 - and _"
            );
            Err(invalid_request(message))
        }
    }
}

fn of(answered: &Answered<'_>, raw: Map<String, Value>) -> Map<String, Value> {
    let status = text(&raw, "processing_status").unwrap_or_default();
    let word = match status {
        "canceling" => "cancelling",
        "ended" => "ended",
        _ => "running",
    };
    let counts = raw.get("request_counts").and_then(Value::as_object);
    let count = |name| state::count(counts, name);
    let parts = ["processing", "succeeded", "errored", "canceled", "expired"].map(count);
    let total = parts.iter().flatten().copied().reduce(u64::saturating_add);
    let [pending, succeeded, failed, cancelled, expired] = parts;
    let id = text(&raw, "id").unwrap_or_default();
    State::new(id, answered.provider.name(), word, status.into())
        .counts([total, pending, succeeded, failed, cancelled, expired])
        .moment("created_at", &raw, &["created_at"])
        .moment("ended_at", &raw, &["ended_at"])
        .moment("expires_at", &raw, &["expires_at"])
        .raw(raw)
}
