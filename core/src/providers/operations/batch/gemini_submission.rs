//! How rows go to the Gemini API: in the request that makes the batch, or many in a file before it.
//! Sources: ai.google.dev/gemini-api/docs/batch-api; the upload in one request is that of the
//! package @google/generative-ai (`GoogleAIFileManager`), since one in two needs the headers of a
//! response.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::fields::Fields;
use super::rows::Rows;
use super::{multipart, place, rows, Asked, Step};
use crate::error::{ErrorKind, LlmError};
use crate::providers::errors;
use crate::providers::operations::body::Body;
use crate::providers::operations::{address, google};
use crate::providers::EncodedRequest;
use crate::request::{in_row, BatchRequest};

/// "Total request size under 20MB."
const INLINE_BYTES_MAX: usize = 20_000_000;
/// From here on rows go up as a file: the wire's names may be longer than ours.
const INLINE_BYTES_ABOUT: usize = 16_000_000;
/// What the name of a batch begins with, behind which our mark stands.
pub(super) const NAMED: &str = "liter-batch-";

/// A row in the request itself.
#[derive(Serialize)]
struct Inlined<'r> {
    request: &'r RawValue,
    metadata: Value,
}

/// A row of a file.
#[derive(Serialize)]
struct Line<'r> {
    key: &'r str,
    request: &'r RawValue,
}

/// Where rows go first.
pub(super) fn first_step(request: &BatchRequest) -> Step {
    match rows::about_bytes(request) > INLINE_BYTES_ABOUT {
        true => Step::Upload,
        false => Step::Create { file: None },
    }
}

/// The batch, of a file or with its rows.
pub(super) fn create(asked: &Asked<'_>, file: Option<&str>) -> Result<EncodedRequest, LlmError> {
    match file {
        Some(file) => create_of(asked, Input::FileName(file), Vec::new()),
        None => create_inline(asked),
    }
}

/// The file of rows.
pub(super) fn upload(asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
    let encoded = encoded(asked)?;
    let file = rows::lines(asked, &encoded.rows, |row| Line {
        key: row.id,
        request: &row.body,
    })?;
    let about = json!({"file": {"displayName": name(asked), "mimeType": multipart::JSONL}});
    let path = address::beside_version(asked.target, "/upload/v1beta/files");
    let mut request = multipart::post_related(path, &about, &file, encoded.warnings);
    let protocol = ("x-goog-upload-protocol", "multipart".to_owned());
    request.headers.push(protocol);
    Ok(request)
}

/// The rows, with all that is wrong in them or the batch.
fn encoded<'r>(asked: &Asked<'r>) -> Result<Rows<'r>, LlmError> {
    rows::one_model(asked)?;
    let mut encoded = rows::encode(asked)?;
    place::refuse(asked, &["expires_after_s"], &mut encoded.warnings)?;
    place::refuse_all_but_mark(asked, &mut encoded.warnings)?;
    if rows::are_embeddings(asked) {
        for (index, row) in encoded.rows.iter_mut().enumerate() {
            row.body = only_request(&row.body).ok_or_else(|| {
                let what = "input: a row of a batch has one input";
                in_row(index, errors::invalid_request(asked.provider.name(), what))
            })?;
        }
    }
    Ok(encoded)
}

fn create_inline(asked: &Asked<'_>) -> Result<EncodedRequest, LlmError> {
    let encoded = encoded(asked)?;
    let lines = encoded.rows.iter().map(|row| Inlined {
        request: &row.body,
        metadata: json!({"key": row.id}),
    });
    let lines: Vec<_> = lines.collect();
    let requests = Requests { requests: &lines };
    let request = create_of(asked, Input::Requests(requests), encoded.warnings)?;
    if request.body.len() > INLINE_BYTES_MAX {
        let message = format!(
            "{}: the rows have {} bytes, more than {INLINE_BYTES_MAX}; split them",
            asked.provider.name(),
            request.body.len()
        );
        return Err(LlmError::new(ErrorKind::TooLarge, message));
    }
    Ok(request)
}

fn create_of(
    asked: &Asked<'_>,
    input_config: Input<'_>,
    warnings: Vec<String>,
) -> Result<EncodedRequest, LlmError> {
    let none = Map::new();
    let mut body = Body::new(&asked.request.extra, &none);
    let batch = Batch {
        display_name: name(asked),
        input_config,
    };
    body.put("batch", batch);
    let method = match rows::are_embeddings(asked) {
        true => "asyncBatchEmbedContent",
        false => "batchGenerateContent",
    };
    let path = google::path(asked.target, rows::one_model(asked)?, method);
    let path = address::path(asked.target, &path);
    body.post(asked.provider.name(), path, warnings)
}

fn name(asked: &Asked<'_>) -> String {
    format!("{NAMED}{}", asked.mark)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Batch<'r> {
    display_name: String,
    input_config: Input<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Input<'r> {
    Requests(Requests<'r>),
    FileName(&'r str),
}

/// The doubled name is the wire's.
#[derive(Serialize)]
struct Requests<'r> {
    requests: &'r [Inlined<'r>],
}

/// The one request of a body of several, if it is one.
fn only_request(body: &RawValue) -> Option<Box<RawValue>> {
    let mut repaired = String::new();
    let fields = Fields::parse(body.get(), &mut repaired)?;
    match fields.list("requests")?.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}
