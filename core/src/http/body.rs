//! A request body in slices that remembers whether all of it was handed to the connection: only
//! then may the provider have run the request.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::lanes::Lease;

const SLICE_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct RequestBody {
    rest: Bytes,
    sent: Arc<AtomicBool>,
    /// Told when the connection asks for the first slice.
    lease: Option<Arc<Lease>>,
}

/// Tells whether the body was handed over whole.
#[derive(Debug)]
pub(super) struct Sent(Arc<AtomicBool>);

impl Sent {
    pub(super) fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl RequestBody {
    pub(super) fn new(bytes: Bytes, lease: Option<Arc<Lease>>) -> (Self, Sent) {
        let sent = Arc::new(AtomicBool::new(false));
        (
            Self {
                rest: bytes,
                sent: Arc::clone(&sent),
                lease,
            },
            Sent(sent),
        )
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(lease) = self.lease.take() {
            lease.open();
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(SLICE_BYTES);
        let slice = self.rest.split_to(length);
        if self.rest.is_empty() {
            self.sent.store(true, Ordering::Release);
        }
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
