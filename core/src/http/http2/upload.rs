//! The body of a request on its way out, as the windows of the host allow.

use std::sync::Arc;
use std::task::{ready, Context, Poll};

use bytes::Bytes;
use h2::SendStream;

use crate::http::exchange::Exchange;

/// What is reserved at once of a stream's sending window.
const UPLOAD_BYTES: usize = 64 * 1024;

/// A prompt of at most so many bytes leaves together with its head.
const JOINED_BYTES_MAX: usize = 16 * 1024;

/// A request's body on its way out.
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    rest: Bytes,
    exchange: Arc<Exchange>,
}

/// Sends on, if there is something to send.
pub(super) fn poll_upload(upload: &mut Option<Upload>, context: &mut Context<'_>) {
    let done = match upload {
        Some(upload) => upload.poll(context).is_ready(),
        None => false,
    };
    if done {
        *upload = None;
    }
}

impl Upload {
    pub(super) fn new(stream: SendStream<Bytes>, rest: Bytes, exchange: Arc<Exchange>) -> Self {
        Self {
            stream,
            rest,
            exchange,
        }
    }

    /// A short one leaves with its head: h2 keeps it until there is a window.
    pub(super) fn join(&mut self) {
        let is_short = self.rest.len() <= JOINED_BYTES_MAX;
        if is_short && self.stream.send_data(self.rest.clone(), true).is_ok() {
            self.rest.clear();
            self.exchange.sent();
        }
    }

    /// Ready when all is handed over, or nothing more can be: the response shows what that means.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.rest.is_empty() {
            self.stream
                .reserve_capacity(self.rest.len().min(UPLOAD_BYTES));
            let capacity = match ready!(self.stream.poll_capacity(context)) {
                Some(Ok(capacity)) => capacity,
                Some(Err(_)) | None => return Poll::Ready(()),
            };
            let piece = self.rest.split_to(capacity.min(self.rest.len()));
            let last = self.rest.is_empty();
            if self.stream.send_data(piece, last).is_err() {
                return Poll::Ready(());
            }
            if last {
                self.exchange.sent();
            }
        }
        Poll::Ready(())
    }
}
