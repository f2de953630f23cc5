//! Which proxy stands between us and a host, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as
//! curl reads them, and the tunnel through it (CONNECT, RFC 9110 section 9.3.6). A proxy that
//! refuses is not a provider that fails: its errors name the proxy and are not retried.

use std::fmt;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::{Host, Url};

use super::authority::Authority;
use super::http1::head_reader::HeadReader;
use super::request::USER_AGENT;
use super::socket::Socket;
use crate::error::config;
use crate::error::{ErrorKind, LlmError, Phase};

/// What is read at once of a proxy's response to CONNECT.
const TUNNEL_READ_BYTES: usize = 1024;
/// Upper case first, as the matcher reads them.
const VARIABLES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

/// The proxies of this process's environment, read once.
#[derive(Debug)]
pub(super) struct Proxies(Option<Matcher>);

/// A proxy, as far as it matters who can read what passes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyHost {
    pub(crate) at: Authority,
    pub(crate) is_tls: bool,
}

/// One proxy. Displays as host and port, without its credentials.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    at: ProxyHost,
    authorization: Option<HeaderValue>,
}

impl ProxyHost {
    /// What to do about a proxy that responds with 407.
    pub(crate) fn credentials_advice(&self) -> String {
        format!(
            "the proxy {self} responded 407: it needs other credentials; write \
             http://user:password@host:port"
        )
    }
}

impl fmt::Display for ProxyHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(formatter)
    }
}

impl Proxies {
    /// Reads the environment; `enabled` false: nothing goes through a proxy.
    pub(super) fn new(enabled: bool) -> Result<Self, LlmError> {
        // A CGI script's HTTP_PROXY comes from the peer of the script (httpoxy); the matcher
        // ignores it.
        if !enabled || std::env::var_os("REQUEST_METHOD").is_some() {
            return Ok(Self(None));
        }
        let mut any = false;
        for names in VARIABLES {
            let set = names.into_iter().find_map(|name| {
                let value = std::env::var(name).ok()?;
                Some((name, value))
            });
            if let Some((name, value)) = set.filter(|(_, value)| !value.is_empty()) {
                check(name, &value)?;
                any = true;
            }
        }
        // Without one no URL has to be looked at.
        Ok(Self(any.then(Matcher::from_env)))
    }

    /// The proxy on the way to this URL.
    pub(super) fn of(&self, url: &Url) -> Option<Proxy> {
        let matcher = self.0.as_ref()?;
        let uri: Uri = url.as_str().parse().ok()?;
        Proxy::new(&matcher.intercept(&uri)?)
    }
}

/// A variable that names nothing usable is an error: without its proxy the request would take
/// another way than the caller meant. The value itself may hold a password.
fn check(name: &str, value: &str) -> Result<(), LlmError> {
    let matcher = Matcher::builder().http(value).build();
    let probe = Uri::from_static("http://host.invalid/");
    let usable = matcher
        .intercept(&probe)
        .is_some_and(|proxy| Proxy::new(&proxy).is_some());
    // The matcher is lenient: it takes an invalid port for no port.
    let url = match value.contains("://") {
        true => Url::parse(value),
        false => Url::parse(&format!("http://{value}")),
    };
    if usable && url.is_ok() {
        return Ok(());
    }
    let message = format!(
        "{name} names no proxy that can be used; write http://host:port or https://host:port, \
         or set the option proxy to false"
    );
    Err(config(message))
}

impl Proxy {
    /// `None` for an unsupported kind of proxy, such as SOCKS.
    fn new(intercept: &Intercept) -> Option<Self> {
        let uri = intercept.uri();
        let is_tls = match uri.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let default = if is_tls { 443 } else { 80 };
        Some(Self {
            at: ProxyHost {
                at: Authority {
                    host: Host::parse(uri.host()?).ok()?,
                    port: uri.port_u16().unwrap_or(default),
                },
                is_tls,
            },
            authorization: intercept.basic_auth().cloned(),
        })
    }

    /// Where it is.
    pub(super) fn host(&self) -> &ProxyHost {
        &self.at
    }

    /// Its credentials, for the head of what it is to pass on.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Has the proxy connect to a host; what follows goes there.
    pub(super) async fn tunnel(&self, socket: &mut Socket, to: &Authority) -> Result<(), LlmError> {
        let (status, after) = self.request_tunnel(socket, to).await?;
        match status {
            200..300 if after == 0 => Ok(()),
            200..300 => Err(self.refused(to, "sent bytes before the host could")),
            // What stands behind the proxy failed, which may be over soon.
            500..600 => Err(self
                .refused(to, &format!("responded {status}"))
                .retryable(status != 501 && status != 505)),
            407 => Err(config(self.at.credentials_advice()).phase(Phase::Connect)),
            _ => Err(self.refused(to, &format!("responded {status}"))),
        }
    }

    /// The status of the proxy's response, and how many bytes came behind its head.
    async fn request_tunnel(
        &self,
        socket: &mut Socket,
        to: &Authority,
    ) -> Result<(u16, usize), LlmError> {
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\n");
        request.push_str("user-agent: ");
        request.push_str(USER_AGENT);
        let mut request = request.into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"\r\nproxy-authorization: ");
            request.extend_from_slice(authorization.as_bytes());
        }
        request.extend_from_slice(b"\r\n\r\n");
        // The connection broke: a retry may succeed.
        let broken = |reason: &dyn fmt::Display| {
            let message = format!("the proxy {self} opened no tunnel to {to}: {reason}");
            LlmError::new(ErrorKind::Network, message)
                .phase(Phase::Connect)
                .retryable(true)
        };
        let write = async {
            socket.write_all(&request).await?;
            socket.flush().await
        };
        write.await.map_err(|error| broken(&error))?;
        let mut reader = HeadReader::default();
        let mut received = Vec::with_capacity(TUNNEL_READ_BYTES);
        loop {
            received.clear();
            let read = socket.read_buf(&mut received).await;
            if read.map_err(|error| broken(&error))? == 0 {
                return Err(broken(&"it closed the connection"));
            }
            let head = reader.read(&received);
            let head =
                head.map_err(|error| self.refused(to, &format!("is not an HTTP proxy ({error})")))?;
            if let Some(head) = head {
                return Ok((head.status, reader.into_rest().len()));
            }
        }
    }

    fn refused(&self, to: &Authority, what: &str) -> LlmError {
        let message = format!("the proxy {self} {what} when a tunnel to {to} was requested");
        LlmError::new(ErrorKind::Network, message).phase(Phase::Connect)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_names_no_proxy_is_refused_by_name() {
        for value in [
            "http://",
            "://",
            "ftp://proxy",
            "socks5://proxy:1080",
            "a b",
            "http://a b/",
            "http://proxy:99999",
            "proxy:port",
        ] {
            let error = check("HTTPS_PROXY", value).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Config, "{value}");
            assert!(error.message.starts_with("HTTPS_PROXY names no proxy"));
        }
        for value in ["proxy:3128", "http://me:pw@proxy", "https://[::1]:8443"] {
            assert!(check("HTTPS_PROXY", value).is_ok(), "{value}");
        }
        let error = check("ALL_PROXY", "socks5://me:password@proxy").unwrap_err();
        assert!(!error.message.contains("password"));
    }

    #[test]
    fn a_proxy_shows_no_credentials() {
        let matcher = Matcher::builder()
            .all("http://me:password@proxy:3128")
            .build();
        let proxies = Proxies(Some(matcher));
        let proxy = proxies.of(&Url::parse("https://host/").unwrap()).unwrap();
        assert_eq!(proxy.to_string(), "proxy:3128");
        assert!(proxy.authorization().is_some());
        assert!(!format!("{proxy:?}").contains("bWU6"), "{proxy:?}");
    }
}
