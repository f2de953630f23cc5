//! Where a request may go: what a base URL may be, and which ways are open to a key. Pure functions
//! of URLs; nothing is looked up.

use std::net::IpAddr;

use url::{form_urlencoded, Host, Url};

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

/// Refuses to send a key where others can read it: over plain http it stays on this machine, and so
/// does the proxy that it passes. A key over https passes a proxy unread.
pub(super) fn check_key(
    url: &Url,
    proxy: Option<&Url>,
    has_key: bool,
    allow_insecure_http: bool,
) -> Result<(), LlmError> {
    if url.scheme() == "https" || !has_key || allow_insecure_http {
        return Ok(());
    }
    let way = if !is_loopback(url) {
        format!("to {}", url.host_str().unwrap_or_default())
    } else if let Some(proxy) = proxy.filter(|proxy| !is_loopback(proxy)) {
        let host = proxy.host_str().unwrap_or_default();
        format!("through the proxy {host}")
    } else {
        return Ok(());
    };
    let advice = "use https or set allow_insecure_http";
    Err(config(format!(
        "base_url: a key over plain http {way}; {advice}"
    )))
}

/// Whether the host of a URL is this machine (RFC 6761, section 6.3, for the names).
fn is_loopback(url: &Url) -> bool {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    match url.host() {
        Some(Host::Ipv4(address)) => is_loopback(address.into()),
        Some(Host::Ipv6(address)) => is_loopback(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.to_ascii_lowercase();
            let name = name.strip_suffix('.').unwrap_or(&name);
            name == "localhost"
                || name.ends_with(".localhost")
                // Of a scheme that is not http a URL does not know its addresses.
                || name.parse::<IpAddr>().is_ok_and(is_loopback)
        }
        None => false,
    }
}

/// What of a base URL is secret: user and password, though they are refused, and in its query what
/// is named like a key.
pub(super) fn collect(base_url: &str, secrets: &mut Collector) {
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
        if is_secret_name(&name) || matches!(&*name, "code" | "sig") {
            secrets.key(&value);
        }
    }
}
