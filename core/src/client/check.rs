//! What would fail in every call is found when the options are parsed. No file is read and no
//! variable looked up for that.

use http::HeaderName;
use url::Url;

use super::options::ClientOptions;
use crate::error::{config, LlmError};
use crate::http::http1::limits::HEAD_BYTES_MAX;
use crate::providers;
use crate::request::{within, Auth, CallOptions};
use crate::secret::{has_secret, is_secret_name};
use crate::stream::prepare::{base_url, cleartext, request_headers};

/// How many headers START may report.
const REPORT_HEADERS_MAX: usize = 32;

/// Checks the options of a client that name something: `provider`, `api`, `base_url`, `headers`,
/// `fallbacks`, `report_headers`, those of clouds; and limits that let nothing pass.
pub(super) fn check_options(options: &ClientOptions) -> Result<(), LlmError> {
    check_provider(options.provider.as_deref(), options.api.as_deref())?;
    if options.header_bytes_max > HEAD_BYTES_MAX {
        let message = format!("option header_bytes_max may be at most {HEAD_BYTES_MAX}");
        return Err(config(message));
    }
    if let Some(base_url) = &options.base_url {
        check_cleartext(options, &base_url::parse(base_url)?)?;
    }
    options.cloud.check()?;
    if let Some(fallbacks) = &options.fallbacks {
        let mut list = fallbacks.list().iter().enumerate();
        list.try_for_each(|(index, it)| check_call(&it.call).map_err(|it| within(index, it)))?;
    }
    check_report_headers(&options.report_headers)?;
    check_zeros(options)?;
    request_headers::of_caller(&options.headers, &[]).map(|_| ())
}

/// Checks what a fallback names.
fn check_call(call: &CallOptions) -> Result<(), LlmError> {
    check_provider(call.provider.as_deref(), call.api.as_deref())?;
    call.cloud.check()?;
    call.base_url.as_deref().map(base_url::parse).transpose()?;
    request_headers::of_caller(&[], &call.headers).map(|_| ())
}

/// Without a provider the API may be any that some provider has.
fn check_provider(provider: Option<&str>, api: Option<&str>) -> Result<(), LlmError> {
    match provider.filter(|name| !name.is_empty()) {
        Some(name) => providers::by_name_and_api(name, api).map(drop),
        None => providers::check_api(api),
    }
}

/// The client's own key, or one in its headers, that would go over plain http to its own base URL.
fn check_cleartext(options: &ClientOptions, base_url: &Url) -> Result<(), LlmError> {
    let has_key = options.api_key.is_some() && options.auth != Auth::None;
    let mut headers = options.headers.iter();
    let has_secret =
        has_key || has_secret(base_url) || headers.any(|(name, _)| is_secret_name(name));
    cleartext::check(base_url, None, has_secret, options.allow_insecure_http)
}

/// A limit of 0 would let nothing pass, ever.
fn check_zeros(options: &ClientOptions) -> Result<(), LlmError> {
    let no_limit = "; leave it out for no limit";
    let zeros = [
        (
            "requests_per_minute",
            options.requests_per_minute == Some(0),
            no_limit,
        ),
        (
            "tokens_per_minute",
            options.tokens_per_minute == Some(0),
            no_limit,
        ),
        ("streams_max", options.streams_max == Some(0), no_limit),
        ("event_bytes_max", options.event_bytes_max == 0, ""),
        ("body_bytes_max", options.body_bytes_max == 0, ""),
        ("header_bytes_max", options.header_bytes_max == 0, ""),
        ("request_bytes_max", options.request_bytes_max == 0, ""),
    ];
    match zeros.iter().find(|(_, is_zero, _)| *is_zero) {
        Some((name, _, advice)) => Err(config(format!(
            "option {name}: must be at least 1, got 0{advice}"
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
