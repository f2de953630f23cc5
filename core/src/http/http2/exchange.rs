//! One request on a shared connection: its head and body go out as the host's windows allow, and
//! the head of its response comes in, in either order.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use h2::client::ResponseFuture;
use h2::{Reason, RecvStream};
use http::header::{CONNECTION, HOST};
use http::{HeaderMap, Request, Response, Uri, Version};

use super::connection::Permit;
use super::response_body::ResponseBody;
use super::upload::{poll_upload, Upload};
use crate::error::LlmError;
use crate::http::classify::{self, ExchangeFailure};
use crate::http::exchange::Exchange;
use crate::http::request::HttpRequest;

/// A response whose head has come, and its body to be read.
pub(crate) struct Started {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ResponseBody,
}

/// Why a request has no response.
pub(crate) enum Failure {
    /// The connection takes no more requests, or not now; nothing of this one was sent.
    NotSent,
    Exchange(ExchangeFailure),
}

/// Sends a request and waits for the head of its response.
pub(crate) async fn send(
    permit: Permit,
    request: &HttpRequest,
    exchange: &Arc<Exchange>,
) -> Result<Started, Failure> {
    let head = head(request).map_err(|error| broken(error.to_string()))?;
    let connection = &permit.connection;
    // The limit may have fallen since the permit was acquired.
    if connection.is_announced() && connection.live() > connection.limit() {
        return Err(Failure::NotSent);
    }
    // Nothing follows the head of a GET: a host waits for the end of what it believes to follow.
    let is_whole = request.body.is_empty();
    let sent = connection.requests.clone().send_request(head, is_whole);
    let (response, stream) = match sent {
        Ok(sent) => sent,
        Err(_) => {
            connection.retire();
            return Err(Failure::NotSent);
        }
    };
    if is_whole {
        exchange.sent();
    }
    let mut upload = Upload::new(stream, request.body.clone(), Arc::clone(exchange));
    // Until a host has announced how many streams it takes, it may take none.
    if !is_whole && connection.is_announced() && connection.live() <= connection.limit() {
        upload.join();
    }
    let mut upload = (!is_whole).then_some(upload);
    let mut response = ResponseHead(response);
    let response = poll_fn(|context| {
        poll_upload(&mut upload, context);
        Pin::new(&mut response).poll(context)
    });
    let response = match response.await {
        Ok(response) => response,
        Err(error) => return Err(failed(&error, &permit, exchange)),
    };
    let (head, stream) = response.into_parts();
    exchange.responded(head.status.as_u16());
    Ok(Started {
        status: head.status.as_u16(),
        headers: head.headers,
        body: ResponseBody::new(stream, upload, permit),
    })
}

/// The future of a head, which polls itself beside the upload.
struct ResponseHead(ResponseFuture);

impl Future for ResponseHead {
    type Output = Result<Response<RecvStream>, h2::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

fn head(request: &HttpRequest) -> Result<Request<()>, http::Error> {
    let uri: Uri = request.url.as_str().parse()?;
    let mut head = Request::builder()
        .version(Version::HTTP_2)
        .method(request.method.clone())
        .uri(uri)
        .body(())?;
    let headers = head.headers_mut();
    headers.clone_from(&request.headers);
    // HTTP/2 has its own form for both (RFC 9113, section 8.2.2).
    headers.remove(HOST);
    headers.remove(CONNECTION);
    Ok(head)
}

/// What the end of a stream without a response means. Only a host that reports it has not processed
/// the request (RFC 9113, section 8.7); any other reset may come after it was run.
fn failed(error: &h2::Error, permit: &Permit, exchange: &Exchange) -> Failure {
    let unprocessed =
        error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
    if unprocessed {
        exchange.refused();
    }
    // h2 itself found something wrong in what the host sent: on this stream, or on the connection,
    // where this exchange caused it if there was no other.
    let reason = permit.end_reason(error);
    if error.is_library() && (error.is_reset() || permit.connection.served_one()) {
        return Failure::Exchange(ExchangeFailure::NotHttp(error.to_string()));
    }
    if error.is_reset() || error.is_go_away() {
        return Failure::Exchange(ExchangeFailure::Reset(error.to_string()));
    }
    broken(reason)
}

fn broken(reason: String) -> Failure {
    Failure::Exchange(ExchangeFailure::Broken(reason))
}

impl Failure {
    /// What it means for the caller.
    pub(crate) fn into_error(self, at: &str, exchange: &Exchange) -> LlmError {
        let failure = match self {
            Self::Exchange(failure) => failure,
            Self::NotSent => {
                exchange.refused();
                ExchangeFailure::Broken("it took no more requests".to_owned())
            }
        };
        classify::failed(at, &failure, exchange)
    }
}
