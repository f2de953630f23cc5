//! One connection as bytes: TCP, and TLS over it as often as the way there requires. HTTP/1.1 reads
//! through one buffer per thread, so that a stream which waits holds no memory for it.

use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{ready, Context, Poll, Waker};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What one read brings at most.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// A connection, with TLS or without; TLS to a host through a TLS proxy is TLS twice.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<TlsStream<Socket>>),
}

impl Socket {
    /// Reads once and shows the bytes, which stay in the buffer; none are the end.
    pub(super) fn poll_read_with<T>(
        &mut self,
        context: &mut Context<'_>,
        look: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        BUFFER.with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut buffer) => self.read_into(context, &mut buffer, look),
            // Only if reading led to reading in the same thread; it does not.
            Err(_) => self.read_into(context, &mut vec![0; READ_BYTES], look),
        })
    }

    fn read_into<T>(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
        look: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(self).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(look(buffer.filled())))
    }

    /// Whether it can carry another request: open, and silent. Checked with the kernel, since the
    /// runtime's state may be older than what has arrived.
    pub(super) fn is_idle(&mut self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        // Bytes under TLS may be records of TLS itself; such a connection is closed all the same.
        let peeked = SockRef::from(self.tcp()).peek(&mut byte);
        let silent = peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        silent && self.rest()
    }

    /// Forgets the waker of the task that used it last. False where something has come, or the end:
    /// as far as the runtime knows, without asking the kernel.
    pub(super) fn rest(&mut self) -> bool {
        let mut bytes = [0; 1];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut nobody = Context::from_waker(Waker::noop());
        Pin::new(self)
            .poll_read(&mut nobody, &mut buffer)
            .is_pending()
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Tcp(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0.tcp(),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
