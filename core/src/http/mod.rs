//! An HTTP client: names, connections, TLS, proxies, and the connection pool. Owns everything that
//! is HTTP and nothing that depends on a provider. An exchange goes over HTTP/1.1, read inside the
//! stream's own task, or over HTTP/2, as the host prefers; both look alike from outside.

mod authority;
mod classify;
mod connector;
mod exchange;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gzip;
pub(crate) mod http1;
mod http2;
mod options;
mod played_body;
mod pool;
mod proxy;
mod read;
mod request;
mod resolver;
mod response_body;
mod socket;
pub(crate) mod tape;
mod tls;

use std::sync::Arc;

use http::HeaderMap;
use url::Url;

use crate::error::LlmError;
pub(crate) use authority::{is_loopback, Authority};
pub(crate) use classify::BodyFailure;
pub(crate) use exchange::Exchange;
use http1::connection::{Connection, Upload};
use http1::request_head;
pub use options::HttpOptions;
pub(crate) use played_body::{BodyEnd, Piece, PlayedBody};
use pool::{Checkout, Origin, Pool};
pub(crate) use proxy::ProxyHost;
pub(crate) use read::Read;
pub(crate) use request::{HttpRequest, USER_AGENT};
pub(crate) use response_body::ResponseBody;
pub use tape::{TapeMode, TapeOptions, TapePace};

/// Requests that found their connection closing before anything of them was sent look for another
/// one so often; it does not count as an attempt.
const CONNECTIONS_TRIED_MAX: usize = 3;

/// An HTTP stack: the connections that clients with equal options share. It belongs to the tokio
/// runtime in which it is first used.
#[derive(Debug)]
pub struct Http {
    pool: Pool,
}

/// A response whose body is still to be read. Dropping it closes the connection, or over HTTP/2 the
/// stream.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ResponseBody,
    /// How it came, for the log.
    pub(crate) protocol: &'static str,
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

    /// Sends a request and waits for the headers of the response. Dropping the future closes the
    /// connection. `exchange` records how far it came.
    pub(crate) async fn send(
        &self,
        request: &HttpRequest,
        exchange: &Arc<Exchange>,
    ) -> Result<HttpResponse, LlmError> {
        self.pool.connector().check_address(&request.url)?;
        let mut tried = 0;
        loop {
            tried += 1;
            match self.pool.checkout(&request.url, exchange).await? {
                Checkout::Http1(connection, origin) => {
                    return self.over_http1(connection, origin, request, exchange).await;
                }
                Checkout::Http2(permit) => {
                    // In a box, so that the other path does not carry its size.
                    let started = Box::pin(http2::send(permit, request, exchange)).await;
                    match started {
                        Ok(started) => return Ok(HttpResponse::over_http2(started)),
                        Err(http2::Failure::NotSent) if tried < CONNECTIONS_TRIED_MAX => {}
                        Err(failure) => {
                            let at = Authority::shown(&request.url);
                            return Err(failure.into_error(&at, exchange));
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
        request: &HttpRequest,
        exchange: &Arc<Exchange>,
    ) -> Result<HttpResponse, LlmError> {
        let url = &request.url;
        // Over TLS the proxy makes a tunnel; else it passes each request on.
        let proxy = match url.scheme() {
            "http" => self.pool.connector().proxy(url),
            _ => None,
        };
        let head = request_head::write(
            &request.method,
            url,
            &request.headers,
            request.body.len(),
            proxy.as_ref().map(|proxy| proxy.authorization()),
        );
        let upload = Upload::new(head, request.body.clone(), exchange);
        let started = connection.send(upload).await;
        let at = || Authority::shown(url);
        let mut started = started.map_err(|failure| classify::failed(&at(), &failure, exchange))?;
        exchange.responded(started.head.status);
        Ok(HttpResponse {
            status: started.head.status,
            headers: std::mem::take(&mut started.head.headers),
            body: ResponseBody::over_http1(connection, started, origin),
            protocol: "HTTP/1.1",
        }
        .decompressing())
    }
}

impl HttpResponse {
    /// One that came from elsewhere than the network; `protocol` says where from.
    pub(crate) fn played(
        exchange: &Exchange,
        status: u16,
        headers: HeaderMap,
        body: PlayedBody,
        protocol: &'static str,
    ) -> Self {
        exchange.begin_played();
        exchange.responded(status);
        Self {
            status,
            headers,
            body: ResponseBody::played(body),
            protocol,
        }
    }

    fn over_http2(started: http2::Started) -> Self {
        Self {
            status: started.status,
            headers: started.headers,
            body: ResponseBody::over_http2(started.body),
            protocol: "HTTP/2",
        }
        .decompressing()
    }

    /// A gzip body is decompressed while it is read; then the headers describe what will be read.
    fn decompressing(mut self) -> Self {
        if http1::is_gzip(&self.headers) {
            self.headers.remove(http::header::CONTENT_ENCODING);
            self.headers.remove(http::header::CONTENT_LENGTH);
            self.body.decompress();
        }
        self
    }
}
