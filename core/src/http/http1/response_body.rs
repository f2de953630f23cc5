//! The body of an answer, read from its own connection inside the stream's task: a wake of the
//! socket reads, decodes and hands over all that is there, and nothing hops between tasks. Beside
//! it a stream holds its socket and a few words. Owns when a connection may serve again.

use std::sync::Arc;
use std::task::{ready, Context, Poll};

use super::body::{BodyReader, Closed, Progress};
use super::connection::{Begun, Connection, Upload};
use super::Malformed;
use crate::http::classify::BodyFailure;
use crate::http::pool::Origin;
use crate::http::{Read, Take};

#[derive(Debug)]
pub(crate) struct ResponseBody {
    /// Absent once the connection is over or given back.
    connection: Option<Connection>,
    reader: BodyReader,
    /// What came with the head.
    early: Vec<u8>,
    /// What of the request is still to be sent: a host may answer before it has read everything.
    upload: Option<Upload>,
    keep: bool,
    origin: Arc<Origin>,
}

impl ResponseBody {
    pub(crate) fn new(connection: Connection, begun: Begun, origin: Arc<Origin>) -> Self {
        Self {
            connection: Some(connection),
            reader: BodyReader::new(begun.head.length),
            early: begun.early,
            upload: begun.upload,
            keep: begun.head.keep,
            origin,
        }
    }

    /// Hands out what one read of the socket brings.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(match self.reader.is_done() {
                true => Ok(Read::End),
                false => Err(BodyFailure::Cut("the connection is closed".to_owned())),
            });
        };
        if let Some(Err(_)) = connection.poll_upload(&mut self.upload, context) {
            // The host answers and reads no more; the answer counts.
            self.keep = false;
        }
        if self.reader.is_done() {
            let clean = self.early.is_empty();
            return Poll::Ready(Ok(self.end(clean)));
        }
        let reader = &mut self.reader;
        let read = if self.early.is_empty() {
            let read = connection.poll_read(context, |bytes| match bytes {
                [] => Err(closed(reader)),
                _ => Ok((bytes.len(), reader.read(bytes, take))),
            });
            match ready!(read) {
                Ok(read) => read,
                Err(error) => Err(Some(BodyFailure::Cut(error.to_string()))),
            }
        } else {
            let early = std::mem::take(&mut self.early);
            Ok((early.len(), reader.read(&early, take)))
        };
        Poll::Ready(match read {
            Ok((_, Ok(Progress::More))) => Ok(Read::More),
            Ok((length, Ok(Progress::End { consumed }))) => Ok(self.end(consumed == length)),
            Ok((_, Err(malformed))) => self.fail(malformed_body(&malformed)),
            // The close was the end that the head announced.
            Err(None) => Ok(self.end(false)),
            Err(Some(failure)) => self.fail(failure),
        })
    }

    /// The body was read to its end; the connection may have another use. What followed it
    /// (`clean` is false) is nothing that was asked for.
    fn end(&mut self, clean: bool) -> Read {
        if let Some(mut connection) = self.connection.take() {
            if self.keep && clean && self.upload.is_none() && connection.is_idle() {
                self.origin.keep(connection);
            }
        }
        Read::End
    }

    fn fail(&mut self, failure: BodyFailure) -> Result<Read, BodyFailure> {
        self.connection = None;
        Err(failure)
    }
}

/// `None`: the connection's end is the body's.
fn closed(reader: &BodyReader) -> Option<BodyFailure> {
    match reader.closed() {
        Closed::Whole => None,
        Closed::Cut => Some(BodyFailure::Cut(
            "unexpected end of the connection".to_owned(),
        )),
    }
}

/// What of the body came before is a prefix.
fn malformed_body(malformed: &Malformed) -> BodyFailure {
    BodyFailure::Cut(malformed.to_string())
}
