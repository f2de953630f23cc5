//! The handle of a batch: text that outlives the process, with what finds the batch again and
//! without a key. Owns its form, which is JSON.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{invalid_request, LlmError};
use crate::secret::has_secret;

/// Where a batch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handle {
    pub(crate) provider: String,
    /// The provider's id.
    pub(crate) id: String,
    /// What its rows are: the name of an API, or `embed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// Where it is not the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_url: Option<String>,
}

impl Handle {
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses what a caller kept.
    pub(crate) fn parse(text: &str) -> Result<Self, LlmError> {
        let handle: Self = serde_json::from_str(text).map_err(|_| {
            let message = "batch: expected the handle that submit returned, which is JSON with \
                           provider and id";
            invalid_request(message)
        })?;
        match is_id(&handle.id) {
            true => Ok(handle),
            false => Err(invalid_request("batch: the id of the handle cannot be one")),
        }
    }
}

/// Whether a text can stand in a path: one with dots alone between slashes would lead elsewhere.
pub(super) fn is_id(id: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.chars().all(|c| c == '.');
    id.split('/').all(is_part) && id.chars().all(|c| c.is_ascii_graphic())
}

/// A base URL as a handle may have it: none that carries a secret.
pub(crate) fn without_secret(base_url: &str) -> Option<String> {
    let url = Url::parse(base_url).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && !has_secret(&url);
    is_plain.then(|| base_url.to_owned())
}
