//! The proxies that the environment names: whether they can be used at all, and what of them is
//! secret. The connector asks the same matcher where a request goes; this file keeps a variable that
//! cannot be read from being passed over in silence.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::secret::Collector;

/// Stands for a proxy that can be read.
const READABLE: &str = "http://proxy.invalid:1";

/// HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, also in small letters.
#[derive(Clone, Default)]
pub(crate) struct ProxyVariables {
    http: Option<Variable>,
    https: Option<Variable>,
    all: Option<Variable>,
    none: String,
}

#[derive(Clone)]
struct Variable {
    name: &'static str,
    value: SecretString,
    readable: bool,
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ProxyVariables")
    }
}

impl ProxyVariables {
    pub(super) fn read() -> Self {
        // A program that answers a web server must not take its requests' `Proxy` header for a
        // variable (httpoxy); the matcher has the same rule.
        if std::env::var_os("REQUEST_METHOD").is_some() {
            return Self::default();
        }
        Self::from(|name| std::env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        // The first that is set counts, even if it is empty.
        let first = |names: [&'static str; 2]| {
            let mut found = names
                .into_iter()
                .filter_map(|name| variable(name).map(|value| (name, value)));
            found.next().filter(|(_, value)| !value.is_empty())
        };
        let variable = |names| first(names).map(|(name, value)| Variable::new(name, value));
        Self {
            http: variable(["HTTP_PROXY", "http_proxy"]),
            https: variable(["HTTPS_PROXY", "https_proxy"]),
            all: variable(["ALL_PROXY", "all_proxy"]),
            none: first(["NO_PROXY", "no_proxy"]).map_or_else(String::new, |(_, value)| value),
        }
    }

    /// The variable that names the proxy for this URL, if that proxy cannot be understood.
    pub(super) fn unreadable(&self, url: &Url) -> Option<&'static str> {
        let own = match url.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let variable = own.as_ref().or(self.all.as_ref())?;
        let is_meant = || {
            let destination = url.as_str().parse::<Uri>().ok()?;
            let none = self.none.as_str();
            let matcher = Matcher::builder().all(READABLE).no(none).build();
            matcher.intercept(&destination)
        };
        (!variable.readable && is_meant().is_some()).then_some(variable.name)
    }

    /// User and password of each proxy.
    pub(super) fn collect(&self, secrets: &mut Collector) {
        let variables = [&self.http, &self.https, &self.all];
        for variable in variables.into_iter().flatten() {
            let value = variable.value.expose_secret();
            let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
            if let Some((user, _)) = rest.rsplit_once('@') {
                secrets.pair(user.trim_end_matches(':'));
            }
        }
    }
}

impl Variable {
    fn new(name: &'static str, value: String) -> Self {
        let anywhere = Uri::from_static(READABLE);
        let matcher = Matcher::builder().all(value.as_str()).build();
        Self {
            name,
            readable: matcher.intercept(&anywhere).is_some(),
            value: SecretString::from(value),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::secret::Redactor;

    fn variables(pairs: &'static [(&'static str, &'static str)]) -> ProxyVariables {
        ProxyVariables::from(|name| {
            let mut pairs = pairs.iter();
            pairs
                .find(|pair| pair.0 == name)
                .map(|pair| pair.1.to_owned())
        })
    }

    #[test]
    fn a_proxy_that_cannot_be_read_is_named() {
        let of = |pairs, url: &str| variables(pairs).unreadable(&Url::parse(url).unwrap());
        let (secure, plain) = ("https://host/v1", "http://host/v1");
        assert_eq!(of(&[], secure), None);
        for bad in ["http://a:hidden@[bad", "ftp://proxy", "http://", "a b"] {
            let pairs: &'static [_] = Box::leak(Box::new([("HTTPS_PROXY", bad)]));
            assert_eq!(of(pairs, secure), Some("HTTPS_PROXY"), "{bad}");
            assert_eq!(of(pairs, plain), None, "{bad}");
        }
        assert_eq!(of(&[("https_proxy", "[")], secure), Some("https_proxy"));
        assert_eq!(of(&[("http_proxy", "[")], plain), Some("http_proxy"));
        // An own variable does not fall back to the one for all.
        let both = &[("HTTPS_PROXY", "["), ("ALL_PROXY", "http://proxy:1")];
        assert_eq!(of(both, secure), Some("HTTPS_PROXY"));
        assert_eq!(of(both, plain), None);
        assert_eq!(of(&[("ALL_PROXY", "[")], plain), Some("ALL_PROXY"));
        // Empty is unset, and a host that needs no proxy does not care.
        assert_eq!(of(&[("HTTPS_PROXY", "")], secure), None);
        let excepted = &[("HTTPS_PROXY", "["), ("NO_PROXY", "other,host")];
        assert_eq!(of(excepted, secure), None);
        for good in [
            "http://proxy:3128",
            "proxy:3128",
            "http://me:word@proxy",
            "socks5://p:1",
        ] {
            let pairs: &'static [_] = Box::leak(Box::new([("HTTPS_PROXY", good)]));
            assert_eq!(of(pairs, secure), None, "{good}");
        }
    }

    #[test]
    fn user_and_password_of_a_proxy_are_secrets() {
        let rows: [&'static [(&'static str, &'static str)]; 3] = [
            &[("HTTP_PROXY", "http://somebody:hunter%2F2secret@proxy:1")],
            &[("https_proxy", "somebody:hunter%2F2secret@proxy:1")],
            &[("ALL_PROXY", "socks5://somebody:hunter%2F2secret@[bad")],
        ];
        for pairs in rows {
            let mut collector = Collector::default();
            variables(pairs).collect(&mut collector);
            let secrets = collector.finish();
            let redactor = Redactor::new(&secrets, None);
            for echo in [
                "hunter/2secret",
                "hunter%2f2secret",
                "c29tZWJvZHk6aHVudGVyLzJzZWNyZXQ=",
                "somebody:hunter/2secret",
            ] {
                let clean = redactor.clean_line(format!("proxy: '{echo}' refused"));
                assert!(clean.starts_with("proxy: '[REDACTED]"), "{clean}");
                assert!(clean.ends_with("' refused"), "{clean}");
            }
        }
    }
}
