//! The body of a response on a shared connection. Owns when the host may send more: once the reader
//! has taken what came.

use std::fmt;
use std::task::{ready, Context, Poll};

use h2::RecvStream;

use super::connection::Permit;
use super::upload::{poll_upload, Upload};
use crate::http::classify::BodyFailure;
use crate::http::read::{Read, Sink};

/// Dropping it before its end resets the stream, and nothing else of the connection.
pub(crate) struct ResponseBody {
    stream: RecvStream,
    upload: Option<Upload>,
    permit: Permit,
}

impl ResponseBody {
    pub(super) fn new(stream: RecvStream, upload: Option<Upload>, permit: Permit) -> Self {
        Self {
            stream,
            upload,
            permit,
        }
    }

    /// Hands out the next frame's data.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        poll_upload(&mut self.upload, context);
        Poll::Ready(match ready!(self.stream.poll_data(context)) {
            // Trailers are not used.
            None => Ok(Read::End),
            Some(Err(error)) => Err(BodyFailure::Cut(self.permit.end_reason(&error))),
            Some(Ok(data)) => {
                if !data.is_empty() {
                    let _ = sink(&data);
                }
                // Refused only where the stream has ended, which the next read reports.
                let _ = self.stream.flow_control().release_capacity(data.len());
                Ok(Read::More)
            }
        })
    }

    /// The host was silent for too long: nothing else is begun on its connection.
    pub(crate) fn retire_connection(&self) {
        self.permit.connection.retire();
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResponseBody")
            .field("permit", &self.permit)
            .finish_non_exhaustive()
    }
}
