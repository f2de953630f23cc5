//! Bytes to a provider and back: names, connections, TLS, proxies, and the pool of connections.
//! Owns everything that is HTTP and nothing that is a provider. An exchange goes over HTTP/1.1,
//! read inside the stream's own task, or over HTTP/2, as the host prefers; both look alike from
//! outside. Called by `attempt` and `answer`.

mod classify;
mod connector;
mod exchange;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gzip;
mod http1;
mod http2;
mod pool;
mod proxy;
mod resolver;
mod response_body;
mod socket;
mod tls;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use url::{Host, Url};

use crate::error::LlmError;
use crate::options::HttpOptions;
pub(crate) use classify::BodyFailure;
pub(crate) use exchange::Exchange;
use http1::connection::{Connection, Upload};
pub(crate) use http1::head::HEAD_BYTES_MAX;
use http1::request_head;
use pool::{Carrier, Origin, Pool};
pub(crate) use response_body::ResponseBody;

/// Requests that found their connection closing before anything of them was sent look for another
/// one so often; it is no attempt yet.
const CONNECTIONS_TRIED_MAX: usize = 3;

/// An HTTP stack: the connections that clients with equal options share. It belongs to the tokio
/// runtime in which it is first used.
#[derive(Debug)]
pub struct Http {
    pool: Pool,
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
    pub(crate) port: u16,
    pub(crate) is_tls: bool,
}

/// An answer whose body is still to be read. Dropping it closes the connection, or over HTTP/2 the
/// stream.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ResponseBody,
    /// How it came, for the log.
    pub(crate) protocol: &'static str,
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

impl ProxyHost {
    /// What to do about a proxy that answers 407.
    pub(crate) fn wants_credentials(&self) -> String {
        format!(
            "the proxy {self} answered 407: it wants other credentials; write \
             http://user:password@host:port"
        )
    }
}

impl fmt::Display for ProxyHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl Http {
    /// Reads the files that the options name, and the proxies of the environment; opens no
    /// connection. The platform's certificates are read when a connection first needs them.
    ///
    /// # Errors
    /// `CONFIG` when a certificate or key file, or a proxy variable, cannot be used; the message
    /// names it.
    pub fn new(options: &HttpOptions) -> Result<Self, LlmError> {
        let connector = connector::Connector::new(options)?;
        Ok(Self {
            pool: Pool::new(options, connector),
        })
    }

    /// Where the trusted roots came from, for the log; `None` until TLS was used.
    pub(crate) fn roots(&self) -> Option<String> {
        let roots = self.pool.connector().tls().roots()?;
        Some(roots.to_string())
    }

    /// The proxy on the way to this URL, if there is one.
    pub(crate) fn proxy_host(&self, url: &Url) -> Option<ProxyHost> {
        let proxy = self.pool.connector().proxy(url)?;
        Some(proxy.host().clone())
    }

    /// Sends a request and waits for the answer's headers. Dropping the future closes the
    /// connection. `exchange` learns how far it came.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing,
        exchange: &Arc<Exchange>,
    ) -> Result<Incoming, LlmError> {
        self.pool.connector().check_address(&outgoing.url)?;
        let mut tried = 0;
        loop {
            tried += 1;
            match self.pool.carrier(&outgoing.url, exchange).await? {
                Carrier::Http1(connection, origin) => {
                    return self
                        .over_http1(connection, origin, outgoing, exchange)
                        .await;
                }
                Carrier::Http2(place) => {
                    // In a box, so that the other path does not carry its size.
                    let begun = Box::pin(http2::begin(place, outgoing, exchange)).await;
                    match begun {
                        Ok(begun) => return Ok(Incoming::over_http2(begun)),
                        Err(http2::Failure::NotSent) if tried < CONNECTIONS_TRIED_MAX => {}
                        Err(failure) => {
                            return Err(failure.into_error(&host(outgoing), exchange));
                        }
                    }
                }
            }
        }
    }

    async fn over_http1(
        &self,
        mut connection: Connection,
        origin: Arc<Origin>,
        outgoing: &Outgoing,
        exchange: &Arc<Exchange>,
    ) -> Result<Incoming, LlmError> {
        let url = &outgoing.url;
        // Over TLS the proxy was asked for a tunnel; else it passes each request on.
        let proxy = match url.scheme() {
            "http" => self.pool.connector().proxy(url),
            _ => None,
        };
        let head = request_head::write(
            url,
            &outgoing.headers,
            outgoing.body.len(),
            proxy.as_ref().map(|proxy| proxy.authorization()),
        );
        let upload = Upload::new(head, outgoing.body.clone(), exchange);
        let begun = connection.begin(upload).await;
        let mut begun =
            begun.map_err(|failure| classify::failed(&host(outgoing), &failure, exchange))?;
        exchange.answered(begun.head.status);
        Ok(Incoming {
            status: begun.head.status,
            headers: std::mem::take(&mut begun.head.headers),
            body: ResponseBody::over_http1(connection, begun, origin),
            protocol: "HTTP/1.1",
        }
        .unfolding())
    }
}

impl Incoming {
    fn over_http2(begun: http2::Begun) -> Self {
        Self {
            status: begun.status,
            headers: begun.headers,
            body: ResponseBody::over_http2(begun.body),
            protocol: "HTTP/2",
        }
        .unfolding()
    }

    /// A gzip body is unfolded while it is read; then the headers speak of what will be read.
    fn unfolding(mut self) -> Self {
        if http1::is_gzip(&self.headers) {
            self.headers.remove(http::header::CONTENT_ENCODING);
            self.headers.remove(http::header::CONTENT_LENGTH);
            self.body.unfold();
        }
        self
    }
}

fn host(outgoing: &Outgoing) -> String {
    outgoing.url.host_str().unwrap_or_default().to_owned()
}
