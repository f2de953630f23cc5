//! The body of a response, over either protocol or from a tape, decompressed where it is gzip.
//! Over HTTP/1.1 it is read from its own connection inside the stream's task: a wake of the socket
//! reads, decodes and hands over all that is there, and no data passes between tasks. Owns when
//! such a connection may serve again.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use super::classify::BodyFailure;
use super::gzip::Gunzip;
use super::http1::body::BodyReader;
use super::http1::connection::{Connection, Started, Upload};
use super::http2;
use super::played_body::PlayedBody;
use super::pool::Origin;
use super::read::{Read, Sink};
use super::tape::Recorder;
use crate::prefetch::{self, Prefetch};

/// The rest of a response. Dropping it closes the connection or stream, unless it was read to its
/// end.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    source: Source,
    gunzip: Option<Box<Gunzip>>,
    /// The body's bytes have all come; some may be compressed still.
    has_ended: bool,
}

#[derive(Debug)]
enum Source {
    Http1(Box<Http1Body>),
    Http2(Box<http2::ResponseBody>),
    /// Without a connection.
    Played(Box<PlayedBody>),
    /// Another one, which is recorded while it is read.
    Recorded(Box<Recorder>),
}

/// A body on a connection of its own. Beside it a stream holds its socket and a few bytes.
#[derive(Debug)]
struct Http1Body {
    /// Absent once the connection is closed or back in the pool.
    connection: Option<Connection>,
    reader: BodyReader,
    /// What came with the head.
    early: Vec<u8>,
    /// What of the request is still to be sent: a host may respond before it has read everything.
    upload: Option<Upload>,
    keep_alive: bool,
    origin: Arc<Origin>,
}

impl ResponseBody {
    pub(super) fn over_http1(
        connection: Connection,
        started: Started,
        origin: Arc<Origin>,
    ) -> Self {
        Self::new(Source::Http1(Box::new(Http1Body {
            connection: Some(connection),
            reader: BodyReader::new(started.head.length),
            early: started.early,
            upload: started.upload,
            keep_alive: started.head.keep_alive,
            origin,
        })))
    }

    pub(super) fn over_http2(body: http2::ResponseBody) -> Self {
        Self::new(Source::Http2(Box::new(body)))
    }

    pub(super) fn played(body: PlayedBody) -> Self {
        Self::new(Source::Played(Box::new(body)))
    }

    pub(super) fn recorded(recorder: Recorder) -> Self {
        Self::new(Source::Recorded(Box::new(recorder)))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            gunzip: None,
            has_ended: false,
        }
    }

    pub(crate) fn prefetch(&self, load: Prefetch) {
        if let Source::Http1(body) = &self.source {
            prefetch::whole(&**body, load);
        }
    }

    /// What comes is gzip.
    pub(super) fn decompress(&mut self) {
        self.gunzip = Some(Box::default());
    }

    /// Reads once and hands out the pieces that came. Of a gzip body at most a slice, however much
    /// was compressed in what came.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        let Some(gunzip) = &mut self.gunzip else {
            return self.source.poll_read(context, sink);
        };
        if gunzip.is_drained() {
            if self.has_ended {
                return Poll::Ready(gunzip.end().map(|()| Read::End));
            }
            let mut push = |bytes: &[u8]| {
                gunzip.push(bytes);
                ControlFlow::Continue(())
            };
            let read = ready!(self.source.poll_read(context, &mut push))?;
            self.has_ended = read == Read::End;
        }
        gunzip.decompress(sink)?;
        Poll::Ready(Ok(Read::More))
    }

    /// Waits for a read. Safe to drop.
    pub(crate) async fn read(
        &mut self,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Read, BodyFailure> {
        poll_fn(|context| self.poll_read(context, &mut sink)).await
    }

    /// The protocol's last mark came: a recording is whole, whether or not its end comes in time.
    pub(crate) fn response_is_complete(&mut self) {
        if let Source::Recorded(recorder) = &mut self.source {
            recorder.response_is_complete();
        }
    }

    /// The host was silent for too long: a connection that others share takes nothing new.
    pub(crate) fn retire_connection(&self) {
        match &self.source {
            Source::Http1(_) | Source::Played(_) => {}
            Source::Http2(body) => body.retire_connection(),
            Source::Recorded(recorder) => recorder.body().retire_connection(),
        }
    }
}

impl Source {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        match self {
            Self::Http1(body) => body.poll_read(context, sink),
            Self::Http2(body) => body.poll_read(context, sink),
            Self::Played(body) => body.poll_read(context, sink),
            Self::Recorded(recorder) => recorder.poll_read(context, sink),
        }
    }
}

impl Http1Body {
    /// Hands out what one read of the socket brings.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(match self.reader.is_done() {
                true => Ok(Read::End),
                false => Err(BodyFailure::Cut("the connection is closed".to_owned())),
            });
        };
        if let Some(Err(_)) = connection.poll_upload(&mut self.upload, context) {
            // The host responds and reads no more; the response counts.
            self.keep_alive = false;
        }
        if self.reader.is_done() {
            let is_clean = self.early.is_empty();
            return Poll::Ready(Ok(self.end(is_clean)));
        }
        let reader = &mut self.reader;
        let (length, read) = if self.early.is_empty() {
            let read = connection
                .socket
                .poll_read_with(context, |bytes| (bytes.len(), reader.read(bytes, sink)));
            match ready!(read) {
                Ok((0, _)) => return Poll::Ready(self.closed()),
                Ok(read) => read,
                Err(error) => return Poll::Ready(self.cut(error.to_string())),
            }
        } else {
            let early = std::mem::take(&mut self.early);
            (early.len(), reader.read(&early, sink))
        };
        Poll::Ready(match read {
            Ok(None) => Ok(Read::More),
            Ok(Some(consumed)) => Ok(self.end(consumed == length)),
            // What of the body came before is a prefix.
            Err(malformed) => self.cut(malformed.to_string()),
        })
    }

    /// The peer closed the connection, which is the end of some bodies.
    fn closed(&mut self) -> Result<Read, BodyFailure> {
        match self.reader.is_whole_at_close() {
            true => Ok(self.end(false)),
            false => self.cut("unexpected end of the connection".to_owned()),
        }
    }

    /// The body was read to its end; the connection may have another use. What followed it
    /// (`is_clean` is false) belongs to no request.
    fn end(&mut self, is_clean: bool) -> Read {
        if let Some(mut connection) = self.connection.take() {
            if self.keep_alive && is_clean && self.upload.is_none() && connection.rest() {
                self.origin.put_idle(connection);
            }
        }
        Read::End
    }

    fn cut(&mut self, reason: String) -> Result<Read, BodyFailure> {
        self.connection = None;
        Err(BodyFailure::Cut(reason))
    }
}
