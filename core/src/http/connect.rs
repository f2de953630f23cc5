//! Watches a connection being made for one request: whether one was made at all (else a kept one
//! was used), when, and no longer than the call's own limit. reqwest knows one connect timeout per
//! client; this gives each call its own.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::timers::Stage;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

tokio::task_local! {
    static WATCH: Arc<ConnectWatch>;
}

/// What is known about the connection of one attempt.
#[derive(Debug)]
pub(crate) struct ConnectWatch {
    limit: Option<Duration>,
    began: Instant,
    connecting: AtomicBool,
    connected_at: OnceLock<Instant>,
}

impl ConnectWatch {
    pub(crate) fn new(limit: Option<Duration>) -> Arc<Self> {
        Arc::new(Self {
            limit,
            began: Instant::now(),
            connecting: AtomicBool::new(false),
            connected_at: OnceLock::new(),
        })
    }

    /// How long making a connection may take.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// A connection is being made.
    pub(super) fn begin(&self) {
        self.connecting.store(true, Ordering::Release);
    }

    /// A connection was made. A second one for the same request changes nothing: the first counts.
    pub(super) fn done(&self) {
        let _ = self.connected_at.set(Instant::now());
    }

    /// What the attempt is waiting for, and since when.
    pub(crate) fn stage(&self) -> (Stage, Instant) {
        match self.connected_at.get() {
            Some(at) => (Stage::Headers, *at),
            None if self.is_connecting() => (Stage::Connect, self.began),
            None => (Stage::Headers, self.began),
        }
    }

    /// A connection was begun and is not ready.
    pub(crate) fn is_connecting(&self) -> bool {
        !self.is_reused() && self.connected_at.get().is_none()
    }

    /// No connection was made: a kept one served.
    pub(crate) fn is_reused(&self) -> bool {
        !self.connecting.load(Ordering::Acquire)
    }
}

/// The call's connect timer ran out.
#[derive(Debug)]
pub(super) struct ConnectTimeout;

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("connect timed out")
    }
}

impl Error for ConnectTimeout {}

/// Runs a request so that connections made for it are watched.
pub(super) async fn watched<F: Future>(watch: Arc<ConnectWatch>, request: F) -> F::Output {
    WATCH.scope(watch, request).await
}

/// The layer around reqwest's connector.
#[derive(Debug, Clone, Copy)]
pub(super) struct WatchLayer;

impl<S> Layer<S> for WatchLayer {
    type Service = WatchService<S>;

    fn layer(&self, inner: S) -> WatchService<S> {
        WatchService { inner }
    }
}

#[derive(Debug, Clone)]
pub(super) struct WatchService<S> {
    inner: S,
}

impl<S, R> Service<R> for WatchService<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let watch = WATCH
            .try_with(Arc::clone)
            .unwrap_or_else(|_| ConnectWatch::new(None));
        watch.begin();
        let connecting = self.inner.call(destination);
        Box::pin(async move {
            let connection = match watch.limit {
                None => connecting.await,
                Some(limit) => match tokio::time::timeout(limit, connecting).await {
                    Ok(connection) => connection,
                    Err(_) => Err(ConnectTimeout.into()),
                },
            }?;
            watch.done();
            Ok(connection)
        })
    }
}
