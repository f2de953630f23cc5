//! The fields beside messages and tools: what a vendor refuses, under which name the limit of
//! tokens goes out, and whether usage is requested.

use serde_json::Value;

use super::vendor::{Endpoint, Limit, StreamOptions, Vendor};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::override_fields::OverrideFields;
use crate::providers::unsupported::Unsupported;
use crate::request::LlmRequest;

const LIMIT: &str = "max_tokens";
const LIMIT_NEW: &str = "max_completion_tokens";

/// Fields beside which no stream requests usage: Azure's own data.
const DATA_SOURCES: &[&str] = &["data_sources", "dataSources"];

/// The limit of tokens as it goes out.
pub(super) struct MaxTokens {
    pub(super) name: &'static str,
    pub(super) value: Value,
}

/// Refuses what the vendor cannot do; what may be left out is left out of `fields`.
pub(super) fn check(
    vendor: &Vendor,
    request: &LlmRequest,
    fields: &mut OverrideFields<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    if more_than_one(request) {
        if !unsupported.lenient {
            let what = "n is more than 1; send one request per response, or set lenient";
            return Err(invalid_request(vendor.name, what));
        }
        unsupported.refuse("n", "one stream carries one response")?;
        fields.leave_out("n");
    }
    for name in vendor.refuses {
        if is_set(request, fields, name) {
            unsupported.refuse(name, "the provider refuses it")?;
            fields.leave_out(name);
        }
    }
    Ok(())
}

/// Whether an unknown field goes out as it is.
pub(super) fn passes(name: &str) -> bool {
    !matches!(name, LIMIT | LIMIT_NEW)
}

/// Whether a stream requests usage.
pub(super) fn asks_usage(endpoint: &Endpoint, fields: &OverrideFields<'_>) -> bool {
    let is_known = endpoint.stream_options == StreamOptions::Sent;
    is_known && !DATA_SOURCES.iter().any(|name| fields.has(name))
}

/// The limit of tokens under the name that the server takes. The newer one holds where the caller
/// wrote both; `extra_body` holds over either, and a null there takes out the one that it names.
pub(super) fn encode_max_tokens(
    endpoint: &Endpoint,
    is_older: bool,
    request: &LlmRequest,
) -> Option<MaxTokens> {
    let over = |name: &str| request.extra_body.get(name);
    let is_over = |name: &str| over(name).is_some_and(|value| !value.is_null());
    if is_over(LIMIT) || is_over(LIMIT_NEW) {
        return None;
    }
    let written = |name: &str| {
        let value = request.extra.get(name).filter(|value| !value.is_null());
        let typed = request.max_tokens.filter(|_| name == LIMIT);
        let value = value.cloned().or(typed.map(Value::from));
        value.filter(|_| over(name).is_none())
    };
    let newer = written(LIMIT_NEW);
    let is_new = match endpoint.limit {
        _ if is_older => false,
        Limit::Old => false,
        Limit::New => true,
        Limit::Written => newer.is_some(),
    };
    let names = match is_new {
        true => [LIMIT_NEW, LIMIT],
        false => [LIMIT, LIMIT_NEW],
    };
    let name = names.into_iter().find(|name| over(name).is_none())?;
    let value = newer.or_else(|| written(LIMIT))?;
    Some(MaxTokens { name, value })
}

/// Whether the caller set a field that a vendor may refuse. What stands in `extra_body` was written
/// for this provider.
fn is_set(request: &LlmRequest, fields: &OverrideFields<'_>, name: &str) -> bool {
    let is_set = match name {
        "user" => request.user.is_some(),
        "seed" => request.seed.is_some(),
        "metadata" => request.metadata.is_some(),
        "reasoning_effort" => request.reasoning_effort.is_some(),
        _ => fields.has(name),
    };
    is_set && !request.extra_body.contains_key(name)
}

/// The responses of `n` > 1 would be mixed up in one stream.
fn more_than_one(request: &LlmRequest) -> bool {
    let over = request.extra_body.get("n");
    let n = over.or_else(|| request.extra.get("n"));
    n.and_then(Value::as_f64).is_some_and(|n| n > 1.0)
}
