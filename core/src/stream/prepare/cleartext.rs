//! Whether a secret would cross a network, or pass another machine, in the clear. A pure function
//! of the way that a request takes; nothing is looked up.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::config;
use crate::error::LlmError;
use crate::http::ProxyHost;

/// Refuses a secret that others could read: over plain http it stays on this machine, and so does
/// the proxy that it passes. TLS to a proxy does not help, for the proxy takes it off; only a
/// request over https passes a proxy unread.
pub(super) fn check(
    url: &Url,
    proxy: Option<&ProxyHost>,
    has_secret: bool,
    allow_insecure_http: bool,
) -> Result<(), LlmError> {
    if url.scheme() == "https" || !has_secret || allow_insecure_http {
        return Ok(());
    }
    let way = if !url.host().is_some_and(is_loopback) {
        format!("to {}", url.host_str().unwrap_or_default())
    } else if let Some(ProxyHost { host, is_tls, .. }) = proxy.filter(|proxy| !is_here(proxy)) {
        let scheme = if *is_tls { "https" } else { "http" };
        format!("through the proxy {scheme}://{host}")
    } else {
        return Ok(());
    };
    let advice = "use https or set allow_insecure_http";
    Err(config(format!(
        "base_url: a key over plain http {way}; {advice}"
    )))
}

fn is_here(proxy: &ProxyHost) -> bool {
    is_loopback(match &proxy.host {
        Host::Domain(name) => Host::Domain(name.as_str()),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    })
}

/// Whether a host is this machine (RFC 6761, section 6.3, for the names).
fn is_loopback(host: Host<&str>) -> bool {
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    match host {
        Host::Ipv4(address) => is_loopback(address.into()),
        Host::Ipv6(address) => is_loopback(address.into()),
        Host::Domain(name) => {
            let name = name.to_ascii_lowercase();
            let name = name.strip_suffix('.').unwrap_or(&name);
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}
