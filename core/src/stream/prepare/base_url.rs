//! Where a request goes: what a base URL may be, the URL of a request, and what in it is secret.
//! Pure functions of URLs; nothing is looked up.

use url::{form_urlencoded, Url};

use crate::error::LlmError;
use crate::options::config;
use crate::secret::{is_secret_name, Collector};

pub(super) fn parse_base_url(text: &str) -> Result<Url, LlmError> {
    // The text itself is not repeated: it may hold a password.
    let wrong = |reason: &str| config(format!("base_url {reason}; write https://host/path"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(wrong("must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a user or password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("has no host"));
    }
    Ok(url)
}

/// Appends a path, and of its query what the base URL does not say itself.
pub(super) fn append(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
    url.set_fragment(None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if base_url.query_pairs().all(|(own, _)| own != name) {
            url.query_pairs_mut().append_pair(&name, &value);
        }
    }
    url
}

/// Whether a query parameter of this name carries a secret: a key by any name, the code of Azure
/// Functions, the signature of a signed URL.
fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || matches!(name, "code" | "sig")
}

/// Whether a URL carries a secret itself.
pub(super) fn has_secret(url: &Url) -> bool {
    url.query_pairs()
        .any(|(name, _)| is_secret_parameter(&name))
}

/// What of a base URL is secret: user and password, though they are refused, and in its query what
/// is named like a key.
pub(crate) fn collect(base_url: &str, secrets: &mut Collector) {
    if !base_url.contains(['?', '@']) {
        return;
    }
    let Ok(url) = Url::parse(base_url) else {
        return;
    };
    for user in [Some(url.username()), url.password()].into_iter().flatten() {
        secrets.key(user);
    }
    for (name, value) in url.query_pairs() {
        if is_secret_parameter(&name) {
            secrets.key(&value);
        }
    }
}
