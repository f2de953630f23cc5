//! The body of an answer, over either protocol, unfolded where it is gzip.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use super::gzip::Gunzip;
use super::http1::connection::{Begun, Connection};
use super::pool::Origin;
use super::{http1, http2, BodyFailure, Read, Take};

/// The rest of an answer. Dropping it closes the connection or stream, unless it was read to its
/// end.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    raw: Raw,
    gunzip: Option<Box<Gunzip>>,
    /// The body's bytes have all come; some may be folded still.
    has_ended: bool,
}

#[derive(Debug)]
enum Raw {
    Http1(Box<http1::response_body::ResponseBody>),
    Http2(Box<http2::ResponseBody>),
}

impl ResponseBody {
    pub(super) fn over_http1(connection: Connection, begun: Begun, origin: Arc<Origin>) -> Self {
        let body = http1::response_body::ResponseBody::new(connection, begun, origin);
        Self::new(Raw::Http1(Box::new(body)))
    }

    pub(super) fn over_http2(body: http2::ResponseBody) -> Self {
        Self::new(Raw::Http2(Box::new(body)))
    }

    fn new(raw: Raw) -> Self {
        Self {
            raw,
            gunzip: None,
            has_ended: false,
        }
    }

    /// What comes is gzip.
    pub(super) fn unfold(&mut self) {
        self.gunzip = Some(Box::default());
    }

    /// Reads once and hands out the pieces that came. Of a gzip body at most a slice, however much
    /// was folded in what came.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        let Some(gunzip) = &mut self.gunzip else {
            return self.raw.poll_read(context, take);
        };
        if gunzip.is_drained() {
            if self.has_ended {
                return Poll::Ready(gunzip.end().map(|()| Read::End));
            }
            let mut push = |bytes: &[u8]| {
                gunzip.push(bytes);
                ControlFlow::Continue(())
            };
            let read = ready!(self.raw.poll_read(context, &mut push))?;
            self.has_ended = read == Read::End;
        }
        gunzip.unfold(take)?;
        Poll::Ready(Ok(Read::More))
    }

    /// Waits for a read. Safe to drop.
    pub(crate) async fn read(
        &mut self,
        mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Read, BodyFailure> {
        poll_fn(|context| self.poll_read(context, &mut take)).await
    }

    /// The host was silent for too long: a connection that others share takes nothing new.
    pub(crate) fn retire_connection(&self) {
        match &self.raw {
            Raw::Http1(_) => {}
            Raw::Http2(body) => body.retire_connection(),
        }
    }
}

impl Raw {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        match self {
            Self::Http1(body) => body.poll_read(context, take),
            Self::Http2(body) => body.poll_read(context, take),
        }
    }
}
