//! The rows of a batch on their way out. Owns that a row's body is what the encoder of a chat or of
//! embeddings makes, and where the error of a row stands.

use std::ops::Range;

use serde::Serialize;
use serde_json::value::RawValue;

use super::Asked;
use crate::error::{invalid_request, LlmError};
use crate::providers::errors::{self, unwritable};
use crate::providers::{EncodedRequest, Target};
use crate::request::{
    in_row, BatchRequest, BatchRow, EmbedInput, Operation, RefusedRows, RowRequest,
};

/// What a row needs beside what it says, more or less.
const ROW_BYTES: usize = 200;

/// A row that is ready.
#[derive(Debug)]
pub(super) struct EncodedRow<'r> {
    pub(super) id: &'r str,
    pub(super) body: Box<RawValue>,
}

/// Rows in their order.
#[derive(Debug, Default)]
pub(super) struct Rows<'r> {
    pub(super) rows: Vec<EncodedRow<'r>>,
    /// Each once, with the first row that has it.
    pub(super) warnings: Vec<String>,
}

/// Encodes all rows; the error names those that cannot be sent.
pub(super) fn encode<'r>(asked: &Asked<'r>) -> Result<Rows<'r>, LlmError> {
    encode_range(asked, 0..asked.request.requests.len())
}

/// Encodes some rows.
pub(super) fn encode_range<'r>(
    asked: &Asked<'r>,
    range: Range<usize>,
) -> Result<Rows<'r>, LlmError> {
    let mut encoded = Rows::default();
    let mut seen: Vec<String> = Vec::new();
    let rows = asked.request.requests.get(range.clone());
    let mut refused = RefusedRows::default();
    for (index, row) in range.zip(rows.unwrap_or_default()) {
        let one = match encode_one(asked, row) {
            Ok(one) if refused.is_empty() => one,
            Ok(_) => continue,
            Err(error) => {
                refused.add(index, error);
                continue;
            }
        };
        for warning in one.warnings {
            if !seen.contains(&warning) {
                encoded
                    .warnings
                    .push(format!("requests[{index}].request: {warning}"));
                seen.push(warning);
            }
        }
        let body = String::from_utf8(one.body).unwrap_or_default();
        let body = RawValue::from_string(body);
        let body = body.map_err(|error| unwritable(asked.provider.name(), &error))?;
        encoded.rows.push(EncodedRow { id: &row.id, body });
    }
    refused.into_result()?;
    Ok(encoded)
}

fn encode_one(asked: &Asked<'_>, row: &BatchRow) -> Result<EncodedRequest, LlmError> {
    let target = Target {
        stream: false,
        ..*asked.target
    };
    match &row.request {
        RowRequest::Chat(request) => asked.provider.request(request, &target),
        RowRequest::Embed(request) => {
            let name = asked.provider.name();
            let none = || errors::invalid_request(name, "operation: it has no embeddings");
            let codec = asked.provider.embeddings().ok_or_else(none)?;
            let (inputs, most) = (request.input.len(), codec.limits(request).inputs_max);
            if inputs > most {
                let message = format!("input: {inputs} inputs are more than {most} in one row");
                return Err(invalid_request(message));
            }
            codec.encode(request, 0..inputs, &target)
        }
    }
}

/// About how many bytes the rows have, before they are encoded.
pub(super) fn about_bytes(request: &BatchRequest) -> usize {
    request.requests.iter().fold(0, |sum, row| {
        let own = match &row.request {
            RowRequest::Chat(chat) => {
                written(&chat.messages) + written(&chat.tools) + written(&chat.extra)
            }
            RowRequest::Embed(embed) => embed.input.iter().map(about_input).sum(),
        };
        sum.saturating_add(own + row.id.len() + ROW_BYTES)
    })
}

fn about_input(input: &EmbedInput) -> usize {
    match input {
        EmbedInput::Text(text) => text.len(),
        EmbedInput::Tokens(tokens) => written(tokens),
        EmbedInput::Parts(parts) => written(parts),
    }
}

/// How many bytes a value has as JSON.
fn written(value: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    // It counts and cannot fail.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

/// Counts what is written.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The model that all rows have, where the provider takes one alone.
pub(super) fn one_model<'r>(asked: &Asked<'r>) -> Result<&'r str, LlmError> {
    let rows = &asked.request.requests;
    let first = rows.first().map_or("", BatchRow::model);
    match rows.iter().position(|row| row.model() != first) {
        None => Ok(first),
        Some(index) => {
            let what = "model is another than that of requests[0]; a batch has one";
            let error = errors::invalid_request(asked.provider.name(), what);
            Err(in_row(index, error))
        }
    }
}

/// Whether the rows are for embeddings.
pub(super) fn are_embeddings(asked: &Asked<'_>) -> bool {
    let first = asked.request.requests.first();
    first.is_some_and(|row| row.operation() == Operation::Embed)
}

/// The address of OpenAI's that the rows are for.
pub(super) fn endpoint(asked: &Asked<'_>) -> &'static str {
    match (are_embeddings(asked), asked.provider.api()) {
        (true, _) => "/v1/embeddings",
        (false, "responses") => "/v1/responses",
        (false, _) => "/v1/chat/completions",
    }
}

/// Rows as lines of JSON.
pub(super) fn lines<'r, T: Serialize>(
    asked: &Asked<'_>,
    rows: &'r [EncodedRow<'_>],
    line: impl Fn(&'r EncodedRow<'_>) -> T,
) -> Result<Vec<u8>, LlmError> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, &line(row))
            .map_err(|error| unwritable(asked.provider.name(), &error))?;
        lines.push(b'\n');
    }
    Ok(lines)
}
