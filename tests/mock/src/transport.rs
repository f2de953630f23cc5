//! One socket, plain or TLS, used by several parts of one thread at once: the task that plays a
//! plan, the task that watches the peer, and the pacer, which writes without waking any task.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{ready, Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

const READ_BYTES: usize = 16 * 1024;

pub enum Transport {
    Plain(TcpStream),
    Tls(RefCell<Box<TlsStream<TcpStream>>>),
}

impl Transport {
    pub fn plain(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }

    pub fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::Tls(RefCell::new(Box::new(stream)))
    }

    /// Appends what there is; 0 when the peer sends no more.
    pub async fn read(&self, into: &mut BytesMut) -> io::Result<usize> {
        poll_fn(|context| {
            let mut bytes = [0; READ_BYTES];
            let count = ready!(self.poll_read(context, &mut bytes))?;
            into.extend_from_slice(bytes.get(..count).unwrap_or_default());
            Poll::Ready(Ok(count))
        })
        .await
    }

    /// Writes all of it; `wrote` is called for every piece that the socket took.
    pub async fn write_all(&self, mut bytes: &[u8], wrote: impl Fn(usize)) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = poll_fn(|context| self.poll_write(context, bytes)).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            wrote(count);
            bytes.advance(count);
        }
        poll_fn(|context| self.poll_flush(context)).await
    }

    /// Writes what the socket takes at once, 0 included. The caller goes on with `write_all`, with
    /// an empty slice too, unless `Written::all` shows that everything left.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<Written> {
        if let Self::Plain(stream) = self {
            return match stream.try_write(bytes) {
                Ok(count) => Ok(Written::new(count, count == bytes.len())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    Ok(Written::new(0, false))
                }
                Err(error) => Err(error),
            };
        }
        let context = &mut Context::from_waker(Waker::noop());
        match self.poll_write(context, bytes)? {
            Poll::Pending => Ok(Written::new(0, false)),
            Poll::Ready(count) => {
                let flushed = self.poll_flush(context)?.is_ready();
                Ok(Written::new(count, flushed && count == bytes.len()))
            }
        }
    }

    /// Ends our side: FIN, after close_notify with TLS.
    pub async fn finish(&self) -> io::Result<()> {
        poll_fn(|context| self.poll_shutdown(context)).await
    }

    /// Makes the drop of this socket send RST and throw away what was not sent.
    pub fn reset_on_drop(&self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.set_zero_linger(),
            Self::Tls(stream) => stream.borrow().get_ref().0.set_zero_linger(),
        }
    }

    pub fn poll_read(&self, context: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_read_ready(context))?;
                match stream.try_read(into) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                    result => return Poll::Ready(result),
                }
            },
            Self::Tls(stream) => {
                let mut buffer = ReadBuf::new(into);
                let mut stream = stream.borrow_mut();
                ready!(Pin::new(&mut **stream).poll_read(context, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
        }
    }

    pub fn poll_write(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_write_ready(context))?;
                match stream.try_write(bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                    result => return Poll::Ready(result),
                }
            },
            Self::Tls(stream) => Pin::new(&mut **stream.borrow_mut()).poll_write(context, bytes),
        }
    }

    pub fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(&mut **stream.borrow_mut()).poll_flush(context),
        }
    }

    pub fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Poll::Ready(SockRef::from(stream).shutdown(Shutdown::Write)),
            Self::Tls(stream) => Pin::new(&mut **stream.borrow_mut()).poll_shutdown(context),
        }
    }
}

/// What `try_write` did.
pub struct Written {
    pub count: usize,
    pub all: bool,
}

impl Written {
    fn new(count: usize, all: bool) -> Self {
        Self { count, all }
    }
}
