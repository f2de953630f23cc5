//! One request as its caller sees it: a stream of events, or batch by batch. What happens meanwhile
//! is `life`, driven by whoever polls; dropping it closes the connection.

pub(crate) mod attempt;
mod lifecycle;
pub(crate) mod prepare;
mod receipt;
pub(crate) mod response_reader;
pub(crate) mod retry;
pub(crate) mod timeouts;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use futures_core::Stream;

use crate::batch::EventBatch;
use crate::client::Shared;
use crate::error::ErrorKind;
use crate::event::{Event, Receipt};
use crate::request::LlmRequest;
use lifecycle::Life;

/// The events of one request: a `Stream` of [`Event`], or batch by batch without an allocation per
/// piece of text. Nothing is sent before the first poll.
pub struct LlmStream {
    life: Box<Life>,
    events: VecDeque<Event>,
}

impl LlmStream {
    pub(crate) fn new(shared: Arc<Shared>, request: LlmRequest) -> Self {
        Self {
            life: Box::new(Life::new(shared, request)),
            events: VecDeque::new(),
        }
    }

    /// Waits for the next events; `None` once the batch that held the END was handed out. Dropping
    /// the future loses nothing, in whatever phase the request is, so it can stand in a `select!`.
    pub async fn next_batch(&mut self) -> Option<&EventBatch> {
        let attended = Attended::begin(&mut self.life);
        let more = attended.life.step().await;
        drop(attended);
        more.then_some(&self.life.batch)
    }

    /// Takes the events of the last batch out of it.
    pub fn drain(&mut self) -> Vec<Event> {
        self.life.batch.drain()
    }

    /// Closes the connection at once and gives the receipt of a stream that was ended from outside,
    /// with the usage known so far. The stream yields nothing afterwards.
    pub fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.events.clear();
        self.life.abort(kind)
    }
}

impl Stream for LlmStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if this.life.is_ended() {
                return Poll::Ready(None);
            }
            this.life.watchdog.host_ends();
            // What is under way stands in the life, so a step can be begun anew with each poll.
            let _ = ready!(pin!(this.life.step()).poll(context));
            this.life.watchdog.host_begins();
            this.events.extend(this.life.batch.drain());
        }
    }
}

impl fmt::Debug for LlmStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LlmStream")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// The caller waits for events; its own time begins anew when this is dropped, be it before they
/// came.
struct Attended<'l> {
    life: &'l mut Life,
}

impl<'l> Attended<'l> {
    fn begin(life: &'l mut Life) -> Self {
        life.watchdog.host_ends();
        Self { life }
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.life.watchdog.host_begins();
    }
}
