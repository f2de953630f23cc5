//! Whether a secret would cross a network, or pass another machine, in the clear. A pure function
//! of the way that a request takes; nothing is looked up.

use url::Url;

use crate::error::config;
use crate::error::LlmError;
use crate::http::{is_loopback, ProxyHost};

/// Refuses a secret that others could read: over plain http it stays on this machine, and so does
/// the proxy that it passes. TLS to a proxy does not help, for the proxy takes it off; only a
/// request over https passes a proxy unread.
pub(crate) fn check(
    url: &Url,
    proxy: Option<&ProxyHost>,
    has_secret: bool,
    allow_insecure_http: bool,
) -> Result<(), LlmError> {
    if url.scheme() == "https" || !has_secret || allow_insecure_http {
        return Ok(());
    }
    let way = if !url.host().is_some_and(|host| is_loopback(&host)) {
        format!("to {}", url.host_str().unwrap_or_default())
    } else if let Some(ProxyHost { at, is_tls }) = proxy.filter(|it| !is_loopback(&it.at.host)) {
        let scheme = if *is_tls { "https" } else { "http" };
        format!("through the proxy {scheme}://{}", at.host)
    } else {
        return Ok(());
    };
    let advice = "use https or set allow_insecure_http";
    Err(config(format!(
        "base_url: a key over plain http {way}; {advice}"
    )))
}
