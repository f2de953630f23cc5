//! The stack for HTTP/1.1: hyper's connection, polled inside the stream's own task. So a wake of
//! the socket reads, decodes and hands over all that is there, nothing hops between tasks, and no
//! second task, channel or buffer lives beside the stream. Owns when a connection may serve again.

use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use http_body::Body as _;
use hyper::client::conn::http1::{handshake, Connection, SendRequest};
use rustls::ClientConfig;
use url::{Position, Url};

use super::body::RequestBody;
use super::connect::{BoxError, ConnectWatch};
use super::dial::{Dialer, Socket};
use super::failure::{self, BodyFailure};
use super::gunzip::Gunzip;
use super::idle::Idle;
use super::resolve::Resolver;
use super::{Incoming, IncomingBody, Outgoing};
use crate::error::LlmError;
use crate::options::HttpOptions;

#[derive(Debug)]
pub(super) struct Direct {
    dialer: Dialer,
    idle: Idle,
}

/// A connection that is open, and the way to put a request on it.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<RequestBody>,
    connection: Connection<Socket, RequestBody>,
}

/// A body being read from its own connection, which goes back to the idle ones at its end.
#[derive(Debug)]
pub(crate) struct Body {
    body: hyper::body::Incoming,
    gunzip: Option<Gunzip>,
    /// Absent once the connection is over or given back.
    line: Option<Line>,
    idle: Idle,
    origin: Arc<str>,
}

impl Direct {
    pub(super) fn new(options: &HttpOptions, tls: &ClientConfig, resolver: Resolver) -> Self {
        Self {
            dialer: Dialer::new(tls, resolver),
            idle: Idle::new(Duration::from_millis(options.pool_idle_timeout_ms)),
        }
    }

    pub(super) async fn send(
        &self,
        outgoing: &Outgoing,
        watch: &ConnectWatch,
    ) -> Result<Incoming, LlmError> {
        let (body, sent) = RequestBody::new(outgoing.body.clone());
        self.exchange(outgoing, body, watch).await.map_err(|error| {
            failure::classify(error.as_ref(), watch, sent.is_whole(), &outgoing.url)
        })
    }

    async fn exchange(
        &self,
        outgoing: &Outgoing,
        body: RequestBody,
        watch: &ConnectWatch,
    ) -> Result<Incoming, BoxError> {
        let origin: Arc<str> = outgoing.url.origin().ascii_serialization().into();
        let mut line = match self.idle.take(&origin) {
            Some(line) => line,
            None => Box::pin(self.open(outgoing.url.as_str().parse()?, watch)).await?,
        };
        let response = line.answer(request(outgoing, body)?).await?;
        let (head, body) = response.into_parts();
        let mut headers = head.headers;
        let gunzip = take_gzip(&mut headers).then(Gunzip::default);
        Ok(Incoming {
            status: head.status.as_u16(),
            headers,
            body: IncomingBody::Direct(Box::new(Body {
                body,
                gunzip,
                line: Some(line),
                idle: self.idle.clone(),
                origin,
            })),
        })
    }

    async fn open(&self, uri: Uri, watch: &ConnectWatch) -> Result<Line, BoxError> {
        let socket = self.dialer.connect(uri, watch).await?;
        let (sender, connection) = handshake(socket).await?;
        Ok(Line { sender, connection })
    }
}

/// The request with what HTTP asks for: where to, and which answers can be read.
fn request(outgoing: &Outgoing, body: RequestBody) -> Result<Request<RequestBody>, BoxError> {
    let url = &outgoing.url;
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target(url)?;
    let headers = request.headers_mut();
    let host = &url[Position::BeforeHost..Position::AfterPort];
    headers.insert(HOST, HeaderValue::from_str(host)?);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in &outgoing.headers {
        headers.insert(name.clone(), value.clone());
    }
    Ok(request)
}

/// Path and query (RFC 9112, section 3.2.1).
fn target(url: &Url) -> Result<Uri, BoxError> {
    Ok(url[Position::BeforePath..Position::AfterQuery].parse()?)
}

/// Whether the body is gzip; then the headers speak of what will be read.
fn take_gzip(headers: &mut HeaderMap) -> bool {
    let gzip = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding == "gzip");
    if gzip {
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
    }
    gzip
}

impl Line {
    /// Sends the request and reads the head of its answer.
    async fn answer(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<hyper::body::Incoming>, hyper::Error> {
        let mut response = pin!(self.sender.send_request(request));
        let connection = &mut self.connection;
        let mut over = None;
        poll_fn(|context| loop {
            if let Poll::Ready(response) = response.as_mut().poll(context) {
                return Poll::Ready(response);
            }
            match over.take() {
                // The connection is over, and said so to nobody else.
                Some(Err(error)) => return Poll::Ready(Err(error)),
                Some(Ok(())) => return Poll::Pending,
                None => {}
            }
            match Pin::new(&mut *connection).poll(context) {
                Poll::Ready(end) => over = Some(end),
                Poll::Pending => return response.as_mut().poll(context),
            }
        })
        .await
    }

    /// Whether it can serve once more. The connection lets go of the task that polled it last.
    pub(super) fn is_idle(&mut self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        let open = Pin::new(&mut self.connection)
            .poll(&mut nobody)
            .is_pending();
        open && matches!(self.sender.poll_ready(&mut nobody), Poll::Ready(Ok(())))
    }
}

impl Body {
    /// The next piece of the body, decompressed; `None` at its proper end.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, BodyFailure>> {
        loop {
            if let Some(bytes) = self.gunzip.as_mut().and_then(Gunzip::next) {
                return Poll::Ready(bytes.map(Some));
            }
            let Poll::Ready(chunk) = self.poll_received(context) else {
                return Poll::Pending;
            };
            match (chunk?, &mut self.gunzip) {
                (Some(bytes), Some(gunzip)) => gunzip.feed(bytes),
                (None, Some(gunzip)) => return Poll::Ready(gunzip.end().map(|()| None)),
                (chunk, None) => return Poll::Ready(Ok(chunk)),
            }
        }
    }

    /// The next piece as it came. Connection and body talk to each other inside this task, so
    /// neither needs to wake it: they are polled with a waker that does nothing as long as that
    /// brings something, and only then the connection, for its socket, with the task's own.
    fn poll_received(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, BodyFailure>> {
        let mut nobody = Context::from_waker(Waker::noop());
        for context in [&mut nobody, context] {
            if let Poll::Ready(received) = self.poll_body() {
                return Poll::Ready(received);
            }
            let Some(line) = &mut self.line else {
                let reason = "the connection is closed".to_owned();
                return Poll::Ready(Err(BodyFailure::Cut(reason)));
            };
            if Pin::new(&mut line.connection).poll(context).is_ready() {
                self.line = None;
            }
        }
        self.poll_body()
    }

    /// What the connection has handed over.
    fn poll_body(&mut self) -> Poll<Result<Option<Bytes>, BodyFailure>> {
        let mut nobody = Context::from_waker(Waker::noop());
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(&mut nobody)) {
                Some(Ok(frame)) => {
                    // Trailers say nothing that is used.
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Ok(Some(bytes)));
                    }
                }
                Some(Err(error)) => {
                    self.line = None;
                    return Poll::Ready(Err(BodyFailure::cut(&error)));
                }
                None => {
                    self.give_back();
                    return Poll::Ready(Ok(None));
                }
            }
        }
    }

    fn give_back(&mut self) {
        if let Some(mut line) = self.line.take() {
            if line.is_idle() {
                self.idle.keep(&self.origin, line);
            }
        }
    }
}
