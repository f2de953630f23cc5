//! What would fail in every call is found when the options are parsed.

use super::options::ClientOptions;
use crate::error::{config, LlmError};
use crate::http::http1::limits::HEAD_BYTES_MAX;
use crate::providers;
use crate::stream::prepare::{base_url, request_headers};

/// Checks the options of a client that name something: `provider`, `base_url`, `headers`,
/// `header_bytes_max`.
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
    request_headers::of_caller(&options.headers, &[]).map(|_| ())
}
