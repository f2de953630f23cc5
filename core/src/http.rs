//! Bytes to a provider and back: connections, TLS, proxies, pools. Owns everything that is HTTP and
//! nothing that is a provider; the interface is `send` and `Incoming::chunk`, so that another stack
//! can take reqwest's place. Called by `stream`.

mod body;
mod connect;
mod failure;
mod lanes;
mod resolve;
mod tls;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::{Host, Url};

use crate::error::{ErrorKind, LlmError, Phase};
use crate::options::{config, HttpOptions};
pub(crate) use connect::ConnectWatch;
pub(crate) use failure::BodyFailure;

/// An HTTP stack: the connections that clients with equal options share. It belongs to the tokio
/// runtime in which it is first used.
#[derive(Debug)]
pub struct Http {
    lanes: lanes::Lanes,
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

/// An answer whose body is still to be read. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Incoming {
    response: reqwest::Response,
    _lease: Option<lanes::Lease>,
}

impl Http {
    /// Reads certificates and builds the stack; opens no connection.
    ///
    /// # Errors
    /// `CONFIG` when a certificate or key file cannot be used; the message names it.
    pub fn new(options: &HttpOptions) -> Result<Self, LlmError> {
        let (tls, roots) = tls::client_config(options)?;
        let resolver = Arc::new(resolve::Resolver::new(options.deny_private));
        let proxy = options.proxy;
        let idle = Duration::from_millis(options.pool_idle_timeout_ms);
        let make = move || {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .dns_resolver(Arc::clone(&resolver))
                .connector_layer(connect::WatchLayer)
                .pool_idle_timeout(idle)
                .tcp_nodelay(true);
            let builder = if proxy { builder } else { builder.no_proxy() };
            builder
                .build()
                .map_err(|error| config(failure::chain(&error)))
        };
        let lanes = lanes::Lanes::new(Box::new(make))?;
        Ok(Self {
            lanes,
            deny_private: options.deny_private,
            roots,
        })
    }

    /// Where the trusted roots came from, for the log.
    pub(crate) fn roots(&self) -> String {
        self.roots.to_string()
    }

    /// Sends a request and waits for the answer's headers. Dropping the future closes the
    /// connection. `watch` learns when a connection is made for it.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing,
        watch: &Arc<ConnectWatch>,
    ) -> Result<Incoming, LlmError> {
        self.check_address(&outgoing.url)?;
        let (client, lease) = self.lanes.lease(&outgoing.url)?;
        let (body, sent) = body::RequestBody::new(outgoing.body.clone());
        let request = client
            .post(outgoing.url.clone())
            .headers(outgoing.headers.clone())
            .body(reqwest::Body::wrap(body));
        let answer = connect::watched(Arc::clone(watch), request.send()).await;
        let response = answer
            .map_err(|error| failure::classify(&error, watch, sent.is_whole(), &outgoing.url))?;
        if let Some(lease) = &lease {
            lease.learned(response.version());
        }
        Ok(Incoming {
            response,
            _lease: lease,
        })
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

impl Incoming {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body, decompressed; `None` at its proper end. Safe to drop.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, BodyFailure> {
        self.response
            .chunk()
            .await
            .map_err(|error| BodyFailure::of(&error))
    }
}
