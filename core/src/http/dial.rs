//! Opens connections for `direct`: names, addresses (the first to answer wins), TCP, TLS. Owns how
//! long that may take, which each call says.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::connect::{BoxError, ConnectTimeout, ConnectWatch};
use super::line::Line;
use super::resolve::Resolver;

/// A peer that vanished without a word is found in a minute: the figures that reqwest has.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_RETRIES: u32 = 3;

/// A connection, with TLS or without.
pub(super) type Socket = MaybeHttpsStream<TokioIo<TcpStream>>;

#[derive(Debug, Clone)]
pub(super) struct Dialer {
    connector: HttpsConnector<HttpConnector<Resolver>>,
}

impl Dialer {
    pub(super) fn new(tls: &ClientConfig, resolver: Resolver) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        tcp.set_keepalive_interval(Some(KEEP_ALIVE));
        tcp.set_keepalive_retries(Some(KEEP_ALIVE_RETRIES));
        let mut tls = tls.clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            connector: HttpsConnector::from((tcp, Arc::new(tls))),
        }
    }

    /// Connects, within the call's own limit; `watch` learns when it began and when it was done.
    pub(super) async fn connect(&self, uri: Uri, watch: &ConnectWatch) -> Result<Line, BoxError> {
        watch.begin();
        let connecting = self.connector.clone().call(uri);
        let socket = match watch.limit() {
            None => connecting.await,
            Some(limit) => match tokio::time::timeout(limit, connecting).await {
                Ok(socket) => socket,
                Err(_) => Err(ConnectTimeout.into()),
            },
        }?;
        watch.done();
        Ok(Line { socket })
    }
}
