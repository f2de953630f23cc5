//! A body that no connection brings: that of a tape, or of a script. Owns when its pieces come and
//! how it ends; what reads it cannot tell it from another.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{sleep, Sleep};

use super::classify::BodyFailure;
use super::read::{Read, Sink};
use crate::sleep::poll_sleep;

/// What one read hands out of pieces that are there, but for the last one, as a socket would.
const READ_BYTES: usize = 16 * 1024;
/// So much is handed out until other tasks have their turn: a socket would be empty sometimes.
const TURN_BYTES: usize = 128 * 1024;

/// A piece of a body, and how long it comes after the one before.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) after: Duration,
    pub(crate) bytes: Bytes,
}

/// How a body ends behind its last piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyEnd {
    /// Properly.
    Complete,
    /// The connection ends, for this reason.
    Cut(String),
    /// The bytes are not in the coding that the head names.
    Decode(String),
    /// Nothing comes any more, and the connection stays open.
    Silence,
}

/// A body whose pieces are known.
#[derive(Debug)]
pub(crate) struct PlayedBody {
    pieces: std::vec::IntoIter<Piece>,
    /// The next piece, which is not due yet.
    next: Option<Piece>,
    sleep: Option<Pin<Box<Sleep>>>,
    end: BodyEnd,
    /// What was handed out since other tasks had their turn.
    turn_bytes: usize,
}

impl PlayedBody {
    pub(crate) fn new(pieces: Vec<Piece>, end: BodyEnd) -> Self {
        Self {
            pieces: pieces.into_iter(),
            next: None,
            sleep: None,
            end,
            turn_bytes: 0,
        }
    }

    /// Hands out what is due.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        sink: Sink<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        if self.turn_bytes >= TURN_BYTES {
            self.turn_bytes = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut handed_out = 0;
        while handed_out < READ_BYTES {
            let Some(piece) = self.poll_piece(context) else {
                break;
            };
            let Poll::Ready(bytes) = piece else {
                return match handed_out {
                    0 => Poll::Pending,
                    _ => Poll::Ready(Ok(Read::More)),
                };
            };
            handed_out += bytes.len();
            self.turn_bytes += bytes.len();
            if sink(&bytes).is_break() {
                return Poll::Ready(Ok(Read::More));
            }
        }
        match (handed_out, &self.end) {
            (0, BodyEnd::Complete) => Poll::Ready(Ok(Read::End)),
            (0, BodyEnd::Cut(reason)) => Poll::Ready(Err(BodyFailure::Cut(reason.clone()))),
            (0, BodyEnd::Decode(reason)) => Poll::Ready(Err(BodyFailure::Decode(reason.clone()))),
            // Only a timer or the caller ends this.
            (0, BodyEnd::Silence) => Poll::Pending,
            _ => Poll::Ready(Ok(Read::More)),
        }
    }

    /// The next piece that holds something, once it is due; none behind the last.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Option<Poll<Bytes>> {
        loop {
            if self.next.is_none() {
                self.next = self.pieces.next();
                let after = self.next.as_ref().map(|piece| piece.after)?;
                self.sleep = (!after.is_zero()).then(|| Box::pin(sleep(after)));
            }
            if let Some(sleep) = &mut self.sleep {
                if poll_sleep(sleep.as_mut(), context).is_pending() {
                    return Some(Poll::Pending);
                }
                self.sleep = None;
            }
            let bytes = self.next.take().map(|piece| piece.bytes)?;
            if !bytes.is_empty() {
                return Some(Poll::Ready(bytes));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::poll_fn;
    use std::ops::ControlFlow;

    use tokio::time::Instant;

    use super::*;

    fn piece(after_ms: u64, text: &str) -> Piece {
        Piece {
            after: Duration::from_millis(after_ms),
            bytes: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    async fn read(body: &mut PlayedBody) -> (Result<Read, BodyFailure>, Vec<String>) {
        let mut pieces = Vec::new();
        let read = poll_fn(|context| {
            body.poll_read(context, &mut |bytes: &[u8]| {
                pieces.push(String::from_utf8_lossy(bytes).into_owned());
                ControlFlow::Continue(())
            })
        });
        (read.await, pieces)
    }

    #[tokio::test(start_paused = true)]
    async fn pieces_come_when_they_are_due_and_the_end_behind_them() {
        let pieces = vec![
            piece(0, "a"),
            piece(0, "b"),
            piece(30, "c"),
            piece(5, ""),
            piece(5, "d"),
        ];
        let mut body = PlayedBody::new(pieces, BodyEnd::Cut("gone".to_owned()));
        let began = Instant::now();
        let (_, got) = read(&mut body).await;
        assert_eq!(
            (got, began.elapsed().as_millis()),
            (vec!["a".to_owned(), "b".to_owned()], 0)
        );
        let (_, got) = read(&mut body).await;
        assert_eq!(
            (got, began.elapsed().as_millis()),
            (vec!["c".to_owned()], 30)
        );
        let (_, got) = read(&mut body).await;
        assert_eq!(
            (got, began.elapsed().as_millis()),
            (vec!["d".to_owned()], 40)
        );
        let (end, got) = read(&mut body).await;
        assert!(matches!(end, Err(BodyFailure::Cut(reason)) if reason == "gone"));
        assert!(got.is_empty());
    }

    #[tokio::test]
    async fn a_large_body_lets_other_tasks_run() {
        let pieces = vec![piece(0, &"x".repeat(16 * 1024)); 20];
        let mut body = PlayedBody::new(pieces, BodyEnd::Complete);
        let mut turns = 0;
        let all = poll_fn(|context| loop {
            match body.poll_read(context, &mut |_: &[u8]| ControlFlow::Continue(())) {
                Poll::Ready(Ok(Read::More)) => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    turns += 1;
                    return Poll::Pending;
                }
            }
        });
        all.await;
        assert_eq!(turns, 2);
    }
}
