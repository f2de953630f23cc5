//! Bytes to a provider and back: connections, TLS, proxies, pools. Owns everything that is HTTP and
//! nothing that is a provider. Two stacks stand behind `send` and `IncomingBody::poll_read`:
//! `direct` reads an HTTP/1.1 connection inside the stream's own task; `general` (reqwest) does
//! HTTP/2, proxies, and hosts whose version is not known yet. Called by `attempt` and `answer`.

mod body;
mod chunked;
mod connect;
mod dial;
mod direct;
mod failure;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod general;
mod gunzip;
mod head;
mod idle;
mod lanes;
mod line;
mod resolve;
mod tls;

use std::future::poll_fn;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::error::{ErrorKind, LlmError, Phase};
use crate::options::HttpOptions;
pub(crate) use connect::ConnectWatch;
pub(crate) use failure::BodyFailure;

/// An HTTP stack: the connections that clients with equal options share. It belongs to the tokio
/// runtime in which it is first used.
#[derive(Debug)]
pub struct Http {
    direct: direct::Direct,
    general: general::General,
    proxies: Option<Matcher>,
    deny_private: bool,
    roots: tls::RootSource,
}

/// One request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A proxy, as far as it matters who can read what passes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyHost {
    pub(crate) host: Host<String>,
    pub(crate) is_tls: bool,
}

/// An answer whose body is still to be read. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: IncomingBody,
}

/// The rest of an answer. Dropping it closes the connection, unless it was read to its end.
#[derive(Debug)]
pub(crate) enum IncomingBody {
    Direct(Box<direct::Body>),
    General(Box<general::Body>),
}

/// Who takes the pieces of a body. After a break the rest of what was read is not handed out, so
/// the body must not be read on.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&[u8]) -> ControlFlow<()>;

/// What a read of a body came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// There may be more.
    More,
    /// The body ended properly.
    End,
}

impl Http {
    /// Reads certificates and builds the stack; opens no connection.
    ///
    /// # Errors
    /// `CONFIG` when a certificate or key file cannot be used; the message names it.
    pub fn new(options: &HttpOptions) -> Result<Self, LlmError> {
        let (tls, roots) = tls::client_config(options)?;
        let resolver = resolve::Resolver::new(options.deny_private);
        Ok(Self {
            direct: direct::Direct::new(options, &tls, resolver.clone()),
            general: general::General::new(options, tls, resolver)?,
            proxies: options.proxy.then(Matcher::from_system),
            deny_private: options.deny_private,
            roots,
        })
    }

    /// Where the trusted roots came from, for the log.
    pub(crate) fn roots(&self) -> String {
        self.roots.to_string()
    }

    /// The proxy on the way to this URL, if there is one.
    pub(crate) fn proxy_host(&self, url: &Url) -> Option<ProxyHost> {
        let destination: Uri = url.as_str().parse().ok()?;
        let proxy = self.proxies.as_ref()?.intercept(&destination)?;
        Some(ProxyHost {
            host: Host::parse(proxy.uri().host()?).ok()?,
            is_tls: proxy.uri().scheme_str() == Some("https"),
        })
    }

    /// Sends a request and waits for the answer's headers. Dropping the future closes the
    /// connection. `watch` learns when a connection is made for it.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing,
        watch: &Arc<ConnectWatch>,
    ) -> Result<Incoming, LlmError> {
        self.check_address(&outgoing.url)?;
        if self.general.is_needed(&outgoing.url) {
            // In a box, so that the other path does not carry its size.
            Box::pin(self.general.send(outgoing, watch)).await
        } else {
            self.direct.send(outgoing, watch).await
        }
    }

    /// A name is checked when it is resolved; an address needs no lookup and is checked here.
    fn check_address(&self, url: &Url) -> Result<(), LlmError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        resolve::check(address, self.deny_private).map_err(|reason| {
            LlmError::new(ErrorKind::Config, format!("base_url: {reason}")).phase(Phase::Connect)
        })
    }
}

impl IncomingBody {
    /// Reads once and hands out the pieces that came, decompressed.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        match self {
            Self::Direct(body) => body.poll_read(context, take),
            Self::General(body) => body.poll_read(context, take),
        }
    }

    /// Waits for a read. Safe to drop.
    pub(crate) async fn read(
        &mut self,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Read, BodyFailure> {
        poll_fn(|context| self.poll_read(context, &mut take)).await
    }
}
