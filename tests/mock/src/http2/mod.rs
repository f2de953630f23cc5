//! HTTP/2 through hyper: by ALPN, or by prior knowledge on the plain port. A plan's `reset` is
//! RST_STREAM here, `close` drops the connection; raw bytes outside the body do not exist.

mod adapters;
mod reply;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::sync::{oneshot, Notify};

use self::adapters::{LocalTasks, Socket};
use self::reply::{Alive, Pieces};
pub use self::reply::{Piece, Reply};
use crate::connection::ConnectionSeen;
use crate::control;
use crate::executor::Ending;
use crate::handler::Handler;
use crate::mock::Mock;
use crate::output::Sink;
use crate::transport::Transport;

/// Enough of "PRI * HTTP/2.0" to tell it from any HTTP/1.1 method.
pub const PREFACE_START: &[u8] = b"PRI * HTTP/2";

/// A reset throws away what hyper has not sent yet, and hyper does not report when it has: its
/// tasks have this long for bytes that a plan writes before it resets or closes.
const SETTLE: Duration = Duration::from_millis(10);
const BODY_BYTES_MAX: usize = 80 * 1024 * 1024;

/// What all streams of one connection share.
struct Peer {
    mock: Rc<Mock>,
    seen: ConnectionSeen,
    /// A plan ends the whole connection.
    close: Notify,
}

pub async fn serve(
    mock: Rc<Mock>,
    transport: Rc<Transport>,
    read_ahead: Bytes,
    seen: ConnectionSeen,
) {
    let streams_max = mock.h2_streams_max;
    let peer = Rc::new(Peer {
        mock,
        seen,
        close: Notify::new(),
    });
    let service = {
        let peer = peer.clone();
        service_fn(move |request| respond(peer.clone(), request))
    };
    let connection = hyper::server::conn::http2::Builder::new(LocalTasks)
        .max_concurrent_streams(streams_max)
        .serve_connection(
            Socket {
                transport,
                read_ahead,
            },
            service,
        );
    tokio::select! {
        _over = connection => peer.seen.end(true),
        () = peer.close.notified() => peer.seen.end(false),
    }
}

async fn respond(peer: Rc<Peer>, request: Request<Incoming>) -> io::Result<Response<Pieces>> {
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    if path.starts_with(control::PREFIX) {
        let body = collect(body).await?;
        let response = control::respond(&peer.mock, parts.method.as_str(), &path, &body).await;
        return control_response(response);
    }
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        })
        .collect();
    let start = (parts.method.as_str(), path.as_str(), "HTTP/2");
    let handler = Handler::new(peer.mock.clone(), &peer.seen, start, headers);
    let (head, head_made) = oneshot::channel();
    let (alive, gone) = oneshot::channel();
    tokio::task::spawn_local(reply(peer, handler, body, Reply::new(head), gone));
    // No head comes when the plan resets the stream before one: the error becomes RST_STREAM.
    let (head, pieces) = head_made
        .await
        .map_err(|_| io::ErrorKind::ConnectionReset)?;
    Ok(head.map(|()| Pieces::new(pieces, Some(alive))))
}

async fn reply(
    peer: Rc<Peer>,
    handler: Handler,
    body: Incoming,
    reply: Reply,
    gone: oneshot::Receiver<Alive>,
) {
    let body = if handler.plays_before_request() {
        Ok(Bytes::new())
    } else {
        collect(body).await
    };
    handler.received(body.as_ref().unwrap_or(&Bytes::new()));
    match body {
        Ok(body) => play(&peer, &handler, &body, reply, gone).await,
        Err(_) => handler.left_by_peer(),
    }
}

async fn play(
    peer: &Peer,
    handler: &Handler,
    body: &Bytes,
    reply: Reply,
    gone: oneshot::Receiver<Alive>,
) {
    let mut output = handler.output(Sink::Http2(reply));
    let ending = tokio::select! {
        biased;
        ending = handler.play(body, &mut output) => ending,
        _gone = gone => Err(io::ErrorKind::BrokenPipe.into()),
    };
    let Sink::Http2(mut reply) = output.into_sink() else {
        return;
    };
    if matches!(ending, Ok(Ending::Reset | Ending::Close)) {
        tokio::time::sleep(SETTLE).await;
    }
    match ending {
        Ok(Ending::Keep | Ending::KeepAnyway) => reply.end(),
        Ok(Ending::Reset) => reply.reset().await,
        Ok(Ending::Close) => peer.close.notify_one(),
        Err(_) => handler.left_by_peer(),
    }
}

fn control_response(response: control::ControlResponse) -> io::Result<Response<Pieces>> {
    Response::builder()
        .status(response.status)
        .header("content-type", "application/json")
        .body(Pieces::single(response.body.to_string().into())?)
        .map_err(io::Error::other)
}

async fn collect(mut body: Incoming) -> io::Result<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            whole.extend_from_slice(&data);
        }
        if whole.len() > BODY_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    Ok(whole.freeze())
}
