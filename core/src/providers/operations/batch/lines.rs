//! A row of results in OpenAI's form, which Mistral has too: `custom_id`, `response` with
//! `status_code` and `body`, and `error`. Owns what a row without a response is.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{odd, Fields};
use super::{results, Answered};
use crate::error::{ErrorKind, LlmError};
use crate::providers::error_body;

/// Decodes one row.
pub(super) fn row(answered: &Answered<'_>, text: &str) -> Result<Map<String, Value>, LlmError> {
    let mut repaired = String::new();
    let fields = Fields::parse(text, &mut repaired);
    let fields = fields.ok_or_else(|| odd(answered, "has a row that is not a JSON object"))?;
    let id = fields.text("custom_id").unwrap_or_default();
    let response = fields.object("response");
    let body = response.as_ref().and_then(|response| response.raw("body"));
    let status = response
        .as_ref()
        .and_then(|response| response.value("status_code"));
    let Some(body) = body else {
        return Ok(unanswered(answered, &id, &fields));
    };
    // Some servers write the body as a text.
    let as_text = serde_json::from_str::<String>(body).ok();
    let body = as_text.as_deref().unwrap_or(body);
    let status: u16 = status.unwrap_or(200);
    if (200..300).contains(&status) {
        return Ok(results::answered(answered, &id, body));
    }
    let mut error = answered.provider.error(status, body.as_bytes());
    error.status = Some(status);
    let request_id = response.and_then(|response| response.text("request_id"));
    error.request_id = error.request_id.take().or(request_id);
    Ok(results::failed(&id, results::FAILED, error))
}

/// A row that never ran, or whose error stands beside its response.
fn unanswered(answered: &Answered<'_>, id: &str, fields: &Fields<'_>) -> Map<String, Value> {
    let provider = answered.provider;
    let raw = fields.raw("error");
    let mut repaired = String::new();
    let error = raw.and_then(|raw| Fields::parse(raw, &mut repaired));
    let code = error.as_ref().and_then(|error| error.text("code"));
    let message = error.as_ref().and_then(|error| error.text("message"));
    let outcome = match code.as_deref() {
        Some("batch_expired") => results::EXPIRED,
        Some("batch_cancelled" | "batch_canceled") => results::CANCELLED,
        _ => results::FAILED,
    };
    if outcome == results::FAILED {
        let error = match raw {
            Some(raw) => error_body::in_response(provider, &format!("{{\"error\":{raw}}}")),
            None => {
                let message = format!(
                    "{}: the row has neither response nor error",
                    provider.name()
                );
                LlmError::new(ErrorKind::Protocol, message)
            }
        };
        return results::failed(id, outcome, error);
    }
    // Nothing is wrong with it: another batch may run it.
    let message = message.unwrap_or_else(|| format!("the batch ended before it: {outcome}"));
    let message = format!("{}: {message}", provider.name());
    let mut error = LlmError::from_outside(ErrorKind::Provider, &message).retryable(true);
    error.provider = Some(provider.name());
    error.code = code;
    results::failed(id, outcome, error)
}

/// Decodes rows that stand in the response itself.
pub(super) fn inline(
    answered: &Answered<'_>,
    rows: &[&RawValue],
) -> Result<Vec<Map<String, Value>>, LlmError> {
    rows.iter().map(|text| row(answered, text.get())).collect()
}
