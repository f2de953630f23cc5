//! What would fail in every call is found when the options are read. Takes values and imports no
//! options, so that reading them can call it.

use crate::error::{ErrorKind, LlmError};
use crate::http::http1::limits::HEAD_BYTES_MAX;
use crate::providers;
use crate::stream::prepare::{base_url, headers};

/// Checks the options of a client that name something: `provider`, `base_url`, `headers`,
/// `header_bytes_max`.
pub(crate) fn check_options(
    provider: Option<&str>,
    base_url: Option<&str>,
    headers: &[(String, String)],
    header_bytes_max: usize,
) -> Result<(), LlmError> {
    let provider = provider.filter(|name| !name.is_empty());
    provider.map(providers::by_name).transpose()?;
    if header_bytes_max > HEAD_BYTES_MAX {
        let message = format!("option header_bytes_max may be at most {HEAD_BYTES_MAX}");
        return Err(LlmError::new(ErrorKind::Config, message));
    }
    base_url.map(base_url::parse).transpose()?;
    headers::of_caller(headers, &[]).map(|_| ())
}
