//! One HTTP/1.1 connection: a request goes out, the head of its answer comes in. Reads go through
//! one buffer per thread, so that a stream which waits holds no memory for it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{ready, Context, Poll, Waker};

use bytes::Bytes;
use hyper::rt::{Read, ReadBuf, Write};

use super::connect::BoxError;
use super::dial::Socket;
use super::http1::head::Head;
use super::http1::head_reader::HeadReader;

/// What one read of a socket brings at most.
const READ_BYTES: usize = 16 * 1024;
/// A prompt of at most so many bytes leaves together with its head, in one packet where it fits.
const JOINED_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// An open connection on which nothing is under way.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) socket: Socket,
}

/// A request on its way out.
struct Writing<'r> {
    first: &'r [u8],
    then: &'r [u8],
    whole: &'r AtomicBool,
}

impl Line {
    /// Sends a request and reads the head of its answer, and gives what came behind it. A server
    /// may answer before it has read everything. `sent` tells whether all of it was handed over.
    pub(super) async fn exchange(
        &mut self,
        mut head: Vec<u8>,
        body: &Bytes,
        sent: &AtomicBool,
    ) -> Result<(Head, Vec<u8>), BoxError> {
        let joined = body.len() <= JOINED_BYTES_MAX;
        if joined {
            head.extend_from_slice(body);
        }
        let mut writing = Some(Writing {
            first: &head,
            then: if joined { &[] } else { body },
            whole: sent,
        });
        let mut reader = HeadReader::default();
        poll_fn(|context| {
            let written = match &mut writing {
                Some(request) => request.poll(&mut self.socket, context),
                None => Poll::Ready(Ok(())),
            };
            if written.is_ready() {
                writing = None;
            }
            match (self.poll_head(context, &mut reader), written) {
                (Poll::Ready(answer), _) => Poll::Ready(answer),
                // Nothing was said before the request could no longer be sent.
                (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error.into())),
                (Poll::Pending, _) => Poll::Pending,
            }
        })
        .await
    }

    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
        reader: &mut HeadReader,
    ) -> Poll<Result<(Head, Vec<u8>), BoxError>> {
        loop {
            let read = ready!(self.poll_read(context, |bytes| {
                (!bytes.is_empty()).then(|| reader.read(bytes))
            }))?;
            let Some(read) = read else {
                reader.closed()?;
                let closed = io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "connection closed before the head of an answer was whole",
                );
                return Poll::Ready(Err(closed.into()));
            };
            if let Some(head) = read? {
                let rest = std::mem::take(reader).into_rest();
                return Poll::Ready(Ok((head, rest)));
            }
        }
    }

    /// One read of the socket; no bytes are its end.
    pub(super) fn poll_read<T>(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => poll_read(&mut self.socket, context, &mut buffer, take),
            // Only if reading led to reading in the same thread; it does not.
            Err(_) => poll_read(&mut self.socket, context, &mut vec![0; READ_BYTES], take),
        })
    }

    /// Whether it can serve once more: open, and silent. It lets go of the task that used it last.
    pub(super) fn is_idle(&mut self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        self.poll_read(&mut nobody, |_| ()).is_pending()
    }
}

fn poll_read<T>(
    socket: &mut Socket,
    context: &mut Context<'_>,
    buffer: &mut [u8],
    take: impl FnOnce(&[u8]) -> T,
) -> Poll<io::Result<T>> {
    let mut buffer = ReadBuf::new(buffer);
    ready!(Pin::new(socket).poll_read(context, buffer.unfilled()))?;
    Poll::Ready(Ok(take(buffer.filled())))
}

impl Writing<'_> {
    /// Ready when all is on its way, or nothing more can be.
    fn poll(&mut self, socket: &mut Socket, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        for rest in [&mut self.first, &mut self.then] {
            while !rest.is_empty() {
                let written = ready!(Pin::new(&mut *socket).poll_write(context, rest))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                *rest = rest.get(written..).unwrap_or_default();
            }
        }
        self.whole.store(true, Ordering::Release);
        Pin::new(socket).poll_flush(context)
    }
}
