//! Host and port: what a connection is to, and what a message names it by. Never has the user or
//! password of a URL.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// What a connection leads to; over TLS it decides the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// A provider: HTTP/2 where it can, else HTTP/1.1.
    Host,
    /// A proxy: HTTP/1.1.
    Proxy,
}

/// Where a connection goes. Displays as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
}

impl Authority {
    /// That of a URL; `None` where it has no host.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            host: url.host()?.to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        })
    }

    /// That of a URL as a message names it.
    pub(crate) fn shown(url: &Url) -> String {
        Self::of(url).map_or_else(String::new, |at| at.to_string())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

/// Whether a host is this machine (RFC 6761, section 6.3, for the names).
pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
        Host::Domain(name) => is_localhost(name.as_ref()),
    }
}

/// Whether a name is this machine's, whatever a resolver returns.
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let suffix = name.len().checked_sub("localhost".len());
    suffix.is_some_and(|at| {
        let (before, last) = name.split_at_checked(at).unwrap_or((name, ""));
        last.eq_ignore_ascii_case("localhost") && (before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_host_and_port_and_nothing_else_of_a_url() {
        for (url, shown) in [
            ("https://me:hidden@host/v1?key=hidden", "host:443"),
            ("http://127.0.0.1/", "127.0.0.1:80"),
            ("http://[::1]:11434/v1", "[::1]:11434"),
        ] {
            assert_eq!(Authority::shown(&Url::parse(url).unwrap()), shown);
        }
    }

    #[test]
    fn localhost_is_this_machine_and_nothing_else_is() {
        for name in ["localhost", "LocalHost", "localhost.", "a.localhost"] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["evillocalhost", "localhost.evil.example", "", "host"] {
            assert!(!is_localhost(name), "{name}");
        }
        let is_here = |url: &str| is_loopback(&Url::parse(url).unwrap().host().unwrap());
        for url in ["http://127.9.9.9", "http://[::1]", "http://a.localhost"] {
            assert!(is_here(url), "{url}");
        }
        assert!(is_here("http://[::ffff:127.0.0.1]") && !is_here("http://[::2]"));
        assert!(!is_here("http://10.0.0.1") && !is_here("http://0.0.0.0"));
    }
}
