//! The body of an answer on a shared connection. Owns when the host may send more: once the reader
//! has taken what came.

use std::fmt;
use std::task::{ready, Context, Poll};

use h2::RecvStream;

use super::connection::Place;
use super::exchange::{poll_upload, reason, Upload};
use crate::http::classify::BodyFailure;
use crate::http::{Read, Take};

/// Dropping it before its end resets the stream, and nothing else of the connection.
pub(crate) struct ResponseBody {
    stream: RecvStream,
    upload: Option<Upload>,
    place: Place,
}

impl ResponseBody {
    pub(super) fn new(stream: RecvStream, upload: Option<Upload>, place: Place) -> Self {
        Self {
            stream,
            upload,
            place,
        }
    }

    /// Hands out the next frame's data.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        poll_upload(&mut self.upload, context);
        Poll::Ready(match ready!(self.stream.poll_data(context)) {
            // Trailers say nothing that is used.
            None => Ok(Read::End),
            Some(Err(error)) => Err(BodyFailure::Cut(reason(&error, &self.place))),
            Some(Ok(data)) => {
                if !data.is_empty() {
                    let _ = take(&data);
                }
                // Refused only where the stream has ended, which the next read says.
                let _ = self.stream.flow_control().release_capacity(data.len());
                Ok(Read::More)
            }
        })
    }

    /// The host was silent for too long: nothing else is begun on its connection.
    pub(crate) fn retire_connection(&self) {
        self.place.connection.retire();
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResponseBody")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
