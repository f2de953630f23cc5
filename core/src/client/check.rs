//! What would fail in every call is found when the options are parsed.

use super::options::ClientOptions;
use crate::error::{config, LlmError};
use crate::http::http1::limits::HEAD_BYTES_MAX;
use crate::providers;
use crate::request::{within, CallOptions};
use crate::stream::prepare::{base_url, request_headers};
use http::HeaderName;

/// How many headers START may report.
const REPORT_HEADERS_MAX: usize = 32;

/// Checks the options of a client that name something: `provider`, `base_url`, `headers`,
/// `fallbacks`, `report_headers`, `header_bytes_max`, and limits that let nothing pass.
pub(super) fn check_options(options: &ClientOptions) -> Result<(), LlmError> {
    let provider = options.provider.as_deref().filter(|name| !name.is_empty());
    let api = options.api.as_deref();
    provider
        .map(|name| providers::by_name_and_api(name, api))
        .transpose()?;
    if options.header_bytes_max > HEAD_BYTES_MAX {
        let message = format!("option header_bytes_max may be at most {HEAD_BYTES_MAX}");
        return Err(config(message));
    }
    options
        .base_url
        .as_deref()
        .map(base_url::parse)
        .transpose()?;
    if let Some(fallbacks) = &options.fallbacks {
        let mut list = fallbacks.list().iter().enumerate();
        list.try_for_each(|(index, it)| check_call(&it.call).map_err(|it| within(index, it)))?;
    }
    check_report_headers(&options.report_headers)?;
    check_pacing(options)?;
    request_headers::of_caller(&options.headers, &[]).map(|_| ())
}

/// Checks what a fallback names.
fn check_call(call: &CallOptions) -> Result<(), LlmError> {
    let provider = call.provider.as_deref().filter(|name| !name.is_empty());
    let api = call.api.as_deref();
    provider
        .map(|name| providers::by_name_and_api(name, api))
        .transpose()?;
    call.base_url.as_deref().map(base_url::parse).transpose()?;
    request_headers::of_caller(&[], &call.headers).map(|_| ())
}

/// A limit of 0 would let nothing pass, ever.
fn check_pacing(options: &ClientOptions) -> Result<(), LlmError> {
    let zeros = [
        (
            "requests_per_minute",
            options.requests_per_minute == Some(0),
        ),
        ("tokens_per_minute", options.tokens_per_minute == Some(0)),
        ("streams_max", options.streams_max == Some(0)),
    ];
    match zeros.iter().find(|(_, is_zero)| *is_zero) {
        Some((name, _)) => Err(config(format!(
            "option {name}: must be at least 1, got 0; leave it out for no limit"
        ))),
        None => Ok(()),
    }
}

/// Cookies are the one header of a response that is always a secret.
fn check_report_headers(names: &[String]) -> Result<(), LlmError> {
    if names.len() > REPORT_HEADERS_MAX {
        let message = format!("option report_headers may have at most {REPORT_HEADERS_MAX} names");
        return Err(config(message));
    }
    for (position, name) in names.iter().enumerate() {
        let place = format!("option report_headers[{position}]");
        match HeaderName::from_bytes(name.as_bytes()) {
            Err(_) => return Err(config(format!("{place} is not a header name"))),
            Ok(name) if name == http::header::SET_COOKIE => {
                let message = format!("{place}: set-cookie is a secret; leave it out");
                return Err(config(message));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}
