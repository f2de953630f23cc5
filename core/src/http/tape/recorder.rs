//! A body that is recorded while it is read: what came, when, and how it ended. Owns that every
//! response that began is written once, however its stream ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use tokio::time::Instant;

use super::exchange::{Received, TapedEnd};
use super::request::TapedRequest;
use super::{Clean, Tape};
use crate::http::classify::BodyFailure;
use crate::http::read::{Read, Sink};
use crate::http::{HttpResponse, ResponseBody};

/// What is known of an exchange when it begins.
pub(super) struct Begun {
    pub(super) request: TapedRequest,
    /// Its place among the exchanges of the tape.
    pub(super) number: u64,
    pub(super) at: Instant,
    pub(super) clean: Clean,
}

/// Reads a body and records it.
pub(crate) struct Recorder {
    body: ResponseBody,
    received: Option<(Begun, Received)>,
    /// The protocol's last mark came: nothing is missing, wherever reading ends.
    is_complete: bool,
    /// It is larger than the tape may be.
    is_too_large: bool,
    // Last: its end waits for what the others still write.
    tape: Arc<Tape>,
}

impl Recorder {
    /// Takes a response apart and puts the recorder in the place of its body.
    pub(super) fn wrap(tape: Arc<Tape>, begun: Begun, response: HttpResponse) -> HttpResponse {
        let received = Received {
            status: response.status,
            headers: response.headers.clone(),
            head_ms: since(begun.at),
            body: Vec::new(),
            pieces: Vec::new(),
        };
        let recorder = Self {
            body: response.body,
            received: Some((begun, received)),
            is_complete: false,
            is_too_large: false,
            tape,
        };
        HttpResponse {
            body: ResponseBody::recorded(recorder),
            ..response
        }
    }

    pub(in crate::http) fn body(&self) -> &ResponseBody {
        &self.body
    }

    pub(in crate::http) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        let room = self.tape.options().file_bytes_max;
        let Self {
            body,
            received,
            is_too_large,
            ..
        } = self;
        let mut taken = 0;
        let read = body.poll_read(context, &mut |bytes: &[u8]| -> ControlFlow<()> {
            if let Some((_, received)) = received {
                let has_room = received.body.len() + bytes.len() <= room
                    && received.body.try_reserve(bytes.len()).is_ok();
                *is_too_large |= !has_room;
                if !*is_too_large {
                    received.body.extend_from_slice(bytes);
                    taken += bytes.len();
                }
            }
            sink(bytes)
        });
        let read = ready!(read);
        if let (Some((begun, received)), 1..) = (received, taken) {
            received.pieces.push((since(begun.at), taken));
        }
        match &read {
            Ok(Read::More) => {}
            Ok(Read::End) => self.finish(TapedEnd::Complete, None),
            Err(BodyFailure::Cut(reason)) => self.finish(TapedEnd::Cut, Some(reason.clone())),
            Err(BodyFailure::Decode(reason)) => {
                self.finish(TapedEnd::Undecodable, Some(reason.clone()));
            }
        }
        Poll::Ready(read)
    }

    pub(in crate::http) fn response_is_complete(&mut self) {
        self.is_complete = true;
    }

    fn finish(&mut self, end: TapedEnd, reason: Option<String>) {
        let Some((begun, received)) = self.received.take() else {
            return;
        };
        match self.is_too_large {
            true => self.tape.refuse_more(),
            false => self.tape.write_response(begun, received, end, reason),
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let end = match self.is_complete {
            true => TapedEnd::Complete,
            false => TapedEnd::Left,
        };
        self.finish(end, None);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Recorder")
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Whole milliseconds since then.
fn since(at: Instant) -> u64 {
    u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX)
}
