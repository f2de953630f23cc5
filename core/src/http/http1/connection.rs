//! One HTTP/1.1 connection: a request goes out, the head of its response comes in, and the
//! request's body goes on beside the reading where the host responds early.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::head::Head;
use super::head_reader::HeadReader;
use crate::http::classify::ExchangeFailure;
use crate::http::exchange::Exchange;
use crate::http::socket::Socket;

/// A prompt of at most so many bytes leaves together with its head, in one packet where it fits.
const JOINED_BYTES_MAX: usize = 16 * 1024;

/// An open connection on which nothing is under way.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(in crate::http) socket: Socket,
}

/// A request on its way out.
#[derive(Debug)]
pub(crate) struct Upload {
    head: Bytes,
    body: Bytes,
    exchange: Arc<Exchange>,
}

/// A response whose head has come, and what stands around it.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) head: Head,
    /// What came behind the head.
    pub(crate) early: Vec<u8>,
    /// What of the request is still to be sent.
    pub(crate) upload: Option<Upload>,
}

impl Connection {
    pub(in crate::http) fn new(socket: Socket) -> Self {
        Self { socket }
    }

    /// Sends a request and reads the head of its response. A host may respond before it has read
    /// everything.
    pub(in crate::http) async fn send(
        &mut self,
        upload: Upload,
    ) -> Result<Started, ExchangeFailure> {
        let mut upload = Some(upload);
        let mut reader = HeadReader::default();
        let mut broken = None;
        let head = poll_fn(|context| {
            if let Some(Err(error)) = self.poll_upload(&mut upload, context) {
                // It may have responded, and closed, before it had read all.
                broken = Some(error);
            }
            self.poll_head(context, &mut reader)
        });
        let head = head.await;
        match (head, broken) {
            (Ok(head), None) => Ok(Started {
                head,
                early: reader.into_rest(),
                upload,
            }),
            (Ok(mut head), Some(_)) => {
                head.keep_alive = false;
                Ok(Started {
                    head,
                    early: reader.into_rest(),
                    upload: None,
                })
            }
            (Err(ExchangeFailure::Broken(_)), Some(error)) => Err(error.into()),
            (Err(failure), _) => Err(failure),
        }
    }

    /// Sends on, if there is something to send: `None` while there is, `Some` once it has left or
    /// cannot leave.
    pub(crate) fn poll_upload(
        &mut self,
        upload: &mut Option<Upload>,
        context: &mut Context<'_>,
    ) -> Option<io::Result<()>> {
        let Poll::Ready(result) = upload.as_mut()?.poll(&mut self.socket, context) else {
            return None;
        };
        *upload = None;
        Some(result)
    }

    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        reader: &mut HeadReader,
    ) -> Poll<Result<Head, ExchangeFailure>> {
        loop {
            let read = ready!(self.socket.poll_read_with(context, |bytes| match bytes {
                [] => Err(match reader.closed() {
                    Ok(()) => closed_early(),
                    Err(malformed) => malformed.into(),
                }),
                _ => reader.read(bytes).map_err(ExchangeFailure::from),
            }))?;
            if let Some(head) = read? {
                return Poll::Ready(Ok(head));
            }
        }
    }

    /// Its exchange is over. False where it is known already that it cannot serve once more;
    /// whether it can is checked when it is to.
    pub(crate) fn rest(&mut self) -> bool {
        self.socket.rest()
    }

    /// Whether it can serve once more.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.socket.is_idle()
    }
}

fn closed_early() -> ExchangeFailure {
    let reason = "it was closed before the end of the response headers";
    ExchangeFailure::Broken(reason.to_owned())
}

impl Upload {
    pub(crate) fn new(mut head: Vec<u8>, mut body: Bytes, exchange: &Arc<Exchange>) -> Self {
        if body.len() <= JOINED_BYTES_MAX {
            head.extend_from_slice(&body);
            body = Bytes::new();
        }
        Self {
            head: head.into(),
            body,
            exchange: Arc::clone(exchange),
        }
    }

    /// Ready when all is on its way, or nothing more can be.
    fn poll(&mut self, socket: &mut Socket, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        for rest in [&mut self.head, &mut self.body] {
            while !rest.is_empty() {
                let written = ready!(Pin::new(&mut *socket).poll_write(context, rest))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                *rest = rest.slice(written.min(rest.len())..);
            }
        }
        self.exchange.sent();
        Pin::new(socket).poll_flush(context)
    }
}
