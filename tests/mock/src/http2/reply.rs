//! One HTTP/2 stream's response: the end that the output writes, and the body that hyper sends.

use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use hyper::Response;
use tokio::sync::{mpsc, oneshot};

use crate::action::Head;
use crate::pacer::Target;

/// Parts of a body that wait for hyper; a full queue is back-pressure.
const PIECES_MAX: usize = 4;
/// Fields that belong to a connection; HTTP/2 forbids them in a head.
const OF_HTTP1: [&str; 3] = ["connection", "keep-alive", "transfer-encoding"];

pub type Piece = Result<Bytes, io::Error>;
pub type MadeHead = (Response<()>, mpsc::Receiver<Piece>);

/// The sending end of one stream, held by the output.
pub struct Reply {
    head: Option<oneshot::Sender<MadeHead>>,
    pieces: Option<mpsc::Sender<Piece>>,
}

impl Reply {
    pub fn new(head: oneshot::Sender<MadeHead>) -> Self {
        Self {
            head: Some(head),
            pieces: None,
        }
    }

    pub fn head(&mut self, head: &Head) -> io::Result<()> {
        let mut response = Response::builder().status(head.status);
        for (name, value) in &head.headers {
            if !OF_HTTP1
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other))
            {
                response = response.header(name, value);
            }
        }
        let response = response.body(()).map_err(io::Error::other)?;
        let (pieces, receiver) = mpsc::channel(PIECES_MAX);
        let sender = self.head.take().ok_or(io::ErrorKind::AlreadyExists)?;
        self.pieces = Some(pieces);
        sender
            .send((response, receiver))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    pub async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(pieces) = self.pieces.as_ref().filter(|_| !bytes.is_empty()) else {
            return Ok(());
        };
        let sent = pieces.send(Ok(Bytes::copy_from_slice(bytes))).await;
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    pub fn target(&self) -> Option<Target> {
        self.pieces.clone().map(Target::Stream)
    }

    pub fn end(&mut self) {
        self.pieces = None;
    }

    pub async fn reset(self) {
        if let Some(pieces) = self.pieces {
            // A peer that is gone needs no reset.
            let _gone = pieces
                .send(Err(io::ErrorKind::ConnectionReset.into()))
                .await;
        }
    }
}

/// Never constructed: the drop of the sender is the signal.
pub enum Alive {}

/// The body that hyper sends. Its early drop shows the executor that the peer is gone.
pub struct Pieces {
    receiver: mpsc::Receiver<Piece>,
    _alive: Option<oneshot::Sender<Alive>>,
}

impl Pieces {
    pub fn new(receiver: mpsc::Receiver<Piece>, alive: Option<oneshot::Sender<Alive>>) -> Self {
        Self {
            receiver,
            _alive: alive,
        }
    }

    pub fn single(body: Bytes) -> io::Result<Self> {
        let (pieces, receiver) = mpsc::channel(1);
        pieces.try_send(Ok(body)).map_err(io::Error::other)?;
        Ok(Self::new(receiver, None))
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = ready!(self.receiver.poll_recv(context));
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }
}
