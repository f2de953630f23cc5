//! The stack for everything: reqwest. Owns the choice of what must go through it, which is HTTP/2,
//! proxies, and TLS hosts until they are known to speak HTTP/1.1.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use http::Uri;
use http_body::Body as _;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;
use url::Url;

use super::body::RequestBody;
use super::connect::{self, BoxError, ConnectTimeout, ConnectWatch};
use super::failure::{self, BodyFailure};
use super::lanes::{Lanes, Lease};
use super::resolve::Resolver;
use super::{Incoming, IncomingBody, Outgoing, Read, Take};
use crate::error::LlmError;
use crate::options::{config, HttpOptions};

#[derive(Debug)]
pub(super) struct General {
    lanes: Lanes,
    proxies: Option<Matcher>,
}

/// A body that reqwest reads, and the place in its lane.
#[derive(Debug)]
pub(crate) struct Body {
    body: reqwest::Body,
    _lease: Option<Arc<Lease>>,
}

impl General {
    pub(super) fn new(
        options: &HttpOptions,
        mut tls: ClientConfig,
        resolver: Resolver,
    ) -> Result<Self, LlmError> {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let proxy = options.proxy;
        let idle = Duration::from_millis(options.pool_idle_timeout_ms);
        let resolver = Arc::new(resolver);
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
        Ok(Self {
            lanes: Lanes::new(Box::new(make), idle)?,
            // What reqwest itself asks, at the same moment.
            proxies: proxy.then(Matcher::from_system),
        })
    }

    /// Whether the other stack cannot do this.
    pub(super) fn is_needed(&self, url: &Url) -> bool {
        if url.scheme() == "https" && !self.lanes.speaks_http1(url) {
            return true;
        }
        let Some(proxies) = &self.proxies else {
            return false;
        };
        url.as_str()
            .parse::<Uri>()
            .map_or(true, |uri| proxies.intercept(&uri).is_some())
    }

    pub(super) async fn send(
        &self,
        outgoing: &Outgoing,
        watch: &Arc<ConnectWatch>,
    ) -> Result<Incoming, LlmError> {
        let (client, lease) = self.lanes.lease(&outgoing.url)?;
        if let Some(lease) = &lease {
            enter(lease, watch)
                .await
                .map_err(|error| failure::classify(error.as_ref(), watch, false, &outgoing.url))?;
        }
        let (body, sent) = RequestBody::new(outgoing.body.clone(), lease.clone());
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
        let (head, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        Ok(Incoming {
            status: head.status.as_u16(),
            headers: head.headers,
            body: IncomingBody::General(Box::new(Body {
                body,
                _lease: lease,
            })),
        })
    }
}

/// Waits until the lane has its connection, no longer than making one may take.
async fn enter(lease: &Lease, watch: &ConnectWatch) -> Result<(), BoxError> {
    let Some(limit) = watch.limit() else {
        lease.enter().await;
        return Ok(());
    };
    match tokio::time::timeout(limit, lease.enter()).await {
        Ok(()) => Ok(()),
        Err(_) => Err(ConnectTimeout.into()),
    }
}

impl Body {
    /// Hands out the next piece, decompressed.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        Poll::Ready(match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None => Ok(Read::End),
            Some(Err(error)) => Err(BodyFailure::of(&error)),
            Some(Ok(frame)) => {
                // Trailers say nothing that is used.
                if let Some(data) = frame.data_ref() {
                    let _ = take(data);
                }
                Ok(Read::More)
            }
        })
    }
}
