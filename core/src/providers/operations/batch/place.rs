//! Where the requests about batches go, and the requests without rows. Owns what is common to the
//! forms; the paths are theirs.

use serde_json::Value;

use super::handle::is_id;
use super::{Asked, MARK};
use crate::error::LlmError;
use crate::providers::errors::protocol_error;
use crate::providers::operations::{address, body};
use crate::providers::percent_encoding::encoded;
use crate::providers::unsupported::Unsupported;
use crate::providers::EncodedRequest;

/// An id as a part of a path; it may have several parts.
pub(super) fn id(asked: &Asked<'_>, id: &str) -> Result<String, LlmError> {
    if !is_id(id) {
        let provider = asked.provider.name();
        return Err(protocol_error(
            provider,
            "an id of the response",
            "is no id",
            id,
        ));
    }
    let parts: Vec<_> = id.split('/').map(encoded).collect();
    Ok(parts.join("/"))
}

/// A GET with the query of a page and the caller's own.
pub(super) fn get(asked: &Asked<'_>, path: String, own: &[(&str, String)]) -> EncodedRequest {
    let extra = asked.request.extra.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((name.as_str(), value))
    });
    let is_ours = |name: &str| !asked.request.extra.contains_key(name);
    let own = own.iter().filter(|(name, _)| is_ours(name)).cloned();
    let query = address::query(own.chain(extra));
    let path = match path.contains('?') {
        true => path + &query.replacen('?', "&", 1),
        false => path + &query,
    };
    body::get(path)
}

/// A GET of results, which are no JSON document.
pub(super) fn get_lines(path: String) -> EncodedRequest {
    let mut request = body::get(path);
    request.headers.push(("accept", "*/*".to_owned()));
    request.framing = crate::framing::Framing::Ndjson;
    request
}

/// A POST without anything to say.
pub(super) fn post_nothing(path: String) -> EncodedRequest {
    body::post(path, b"{}".to_vec(), Vec::new())
}

/// How many a page has.
pub(super) fn page_size(asked: &Asked<'_>, most: u64) -> String {
    asked.request.limit.unwrap_or(most).min(most).to_string()
}

/// Refuses what a provider cannot be told, or leaves it out.
pub(super) fn refuse(
    asked: &Asked<'_>,
    names: &[&str],
    warnings: &mut Vec<String>,
) -> Result<(), LlmError> {
    let request = asked.request;
    let name = asked.provider.name();
    let mut unsupported = Unsupported::new(name, asked.target, warnings);
    let is_set = |name: &str| match name {
        "metadata" => request.metadata.as_ref().is_some_and(|own| !own.is_empty()),
        _ => request.expires_after_s.is_some(),
    };
    for name in names.iter().filter(|name| is_set(name)) {
        unsupported.refuse(name, "its batches do not have it")?;
    }
    Ok(())
}

/// Refuses labels where a batch has a name alone, which is our mark.
pub(super) fn refuse_all_but_mark(
    asked: &Asked<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), LlmError> {
    let name = asked.provider.name();
    let mut unsupported = Unsupported::new(name, asked.target, warnings);
    let is_mark = |label: &str, value: &Value| label == MARK && value.is_string();
    for (label, value) in asked.request.metadata.iter().flatten() {
        if !is_mark(label, value) {
            let why = format!("its batches have a name alone, the text of metadata.{MARK}");
            unsupported.refuse(&format!("metadata.{label}"), &why)?;
        }
    }
    Ok(())
}
