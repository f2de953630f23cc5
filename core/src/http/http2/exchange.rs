//! One request on a shared connection: its head and body go out as the host's windows allow, and
//! the head of its answer comes in, in whichever order the host likes.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, HOST};
use http::{HeaderMap, Method, Request, Response, Uri, Version};

use super::connection::Place;
use super::response_body::ResponseBody;
use crate::error::LlmError;
use crate::http::classify::{self, ExchangeFailure};
use crate::http::exchange::Exchange;
use crate::http::Outgoing;

/// What is asked for at once of a stream's sending window.
const UPLOAD_BYTES: usize = 64 * 1024;

/// A prompt of at most so many bytes leaves together with its head.
const JOINED_BYTES_MAX: usize = 16 * 1024;

/// The head of an answer, and its body to be read.
pub(crate) struct Begun {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ResponseBody,
}

/// A request's body on its way out.
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    rest: Bytes,
    exchange: Arc<Exchange>,
}

/// Why a request has no answer.
pub(crate) enum Failure {
    /// The connection takes no more requests, or not now; nothing of this one was sent.
    NotSent,
    Exchange(ExchangeFailure),
}

/// Sends a request and waits for the head of its answer.
pub(crate) async fn begin(
    place: Place,
    outgoing: &Outgoing,
    exchange: &Arc<Exchange>,
) -> Result<Begun, Failure> {
    let request = head(outgoing).map_err(|error| broken(error.to_string()))?;
    let connection = &place.connection;
    // The limit may have fallen since the place was taken.
    if connection.is_announced() && connection.live() > connection.limit() {
        return Err(Failure::NotSent);
    }
    let sent = connection.requests.clone().send_request(request, false);
    let (response, stream) = match sent {
        Ok(sent) => sent,
        Err(_) => {
            connection.retire();
            return Err(Failure::NotSent);
        }
    };
    let mut upload = Upload {
        stream,
        rest: outgoing.body.clone(),
        exchange: Arc::clone(exchange),
    };
    // Until a host has announced how many streams it takes, it may take none, or say so now.
    if connection.is_announced() && connection.live() <= connection.limit() {
        upload.join();
    }
    let mut upload = Some(upload);
    let mut response = Answered(response);
    let answer = poll_fn(|context| {
        poll_upload(&mut upload, context);
        Pin::new(&mut response).poll(context)
    });
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) => return Err(failed(&error, &place, exchange)),
    };
    let (head, stream) = answer.into_parts();
    exchange.answered(head.status.as_u16());
    Ok(Begun {
        status: head.status.as_u16(),
        headers: head.headers,
        body: ResponseBody::new(stream, upload, place),
    })
}

struct Answered(ResponseFuture);

impl Future for Answered {
    type Output = Result<Response<RecvStream>, h2::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

fn head(outgoing: &Outgoing) -> Result<Request<()>, http::Error> {
    let uri: Uri = outgoing.url.as_str().parse()?;
    let mut request = Request::builder()
        .version(Version::HTTP_2)
        .method(Method::POST)
        .uri(uri)
        .body(())?;
    let headers = request.headers_mut();
    headers.clone_from(&outgoing.headers);
    // HTTP/2 has its own words for both (RFC 9113, section 8.2.2).
    headers.remove(HOST);
    headers.remove(CONNECTION);
    Ok(request)
}

/// Sends on, if there is something to send.
pub(super) fn poll_upload(upload: &mut Option<Upload>, context: &mut Context<'_>) {
    let done = match upload {
        Some(upload) => upload.poll(context).is_ready(),
        None => false,
    };
    if done {
        *upload = None;
    }
}

impl Upload {
    /// A short one leaves with its head: h2 keeps it until there is a window.
    fn join(&mut self) {
        let is_short = self.rest.len() <= JOINED_BYTES_MAX;
        if is_short && self.stream.send_data(self.rest.clone(), true).is_ok() {
            self.rest.clear();
            self.exchange.sent();
        }
    }

    /// Ready when all is handed over, or nothing more can be: what that means, the answer says.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.rest.is_empty() {
            self.stream
                .reserve_capacity(self.rest.len().min(UPLOAD_BYTES));
            let capacity = match ready!(self.stream.poll_capacity(context)) {
                Some(Ok(capacity)) => capacity,
                Some(Err(_)) | None => return Poll::Ready(()),
            };
            let piece = self.rest.split_to(capacity.min(self.rest.len()));
            let last = self.rest.is_empty();
            if self.stream.send_data(piece, last).is_err() {
                return Poll::Ready(());
            }
            if last {
                self.exchange.sent();
            }
        }
        Poll::Ready(())
    }
}

/// What the end of a stream without an answer means. Only a host that says so has not looked at the
/// request (RFC 9113, section 8.7); any other reset may come after it was run.
fn failed(error: &h2::Error, place: &Place, exchange: &Exchange) -> Failure {
    let unprocessed =
        error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
    if unprocessed {
        exchange.refused();
    }
    // h2 itself found something wrong in what the host sent: on this stream, or on the connection,
    // where it is this one's fault if there was no other.
    let reason = reason(error, place);
    if error.is_library() && (error.is_reset() || place.connection.served_one()) {
        return Failure::Exchange(ExchangeFailure::NotHttp(error.to_string()));
    }
    if error.is_reset() || error.is_go_away() {
        return Failure::Exchange(ExchangeFailure::Reset(error.to_string()));
    }
    broken(reason)
}

/// Why a stream ended; where its driver knows better why the connection did, its word counts.
pub(super) fn reason(error: &h2::Error, place: &Place) -> String {
    if error.is_library() && !error.is_reset() {
        // It is over, though what there is to say of it may be on its way still.
        place.connection.retire();
    }
    match place.connection.end.get() {
        Some(end) if error.is_io() => end.clone(),
        _ => error.to_string(),
    }
}

fn broken(reason: String) -> Failure {
    Failure::Exchange(ExchangeFailure::Broken(reason))
}

impl Failure {
    /// What it means for the caller.
    pub(crate) fn into_error(self, host: &str, exchange: &Exchange) -> LlmError {
        let failure = match self {
            Self::Exchange(failure) => failure,
            Self::NotSent => {
                exchange.refused();
                ExchangeFailure::Broken("it took no more requests".to_owned())
            }
        };
        classify::failed(&host, &failure, exchange)
    }
}
