//! hyper's client connection over bytes in memory, polled by hand: no runtime, no clock, and
//! nothing random.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::Builder;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::{Outcome, Verdict};

/// As many lines as ours takes.
const LINES_MAX: usize = 256;
/// hyper needs a few turns per piece; more than these is a loop.
const TURNS_PER_PIECE_MAX: usize = 64;

/// Where a connection stands.
#[derive(Default)]
struct Progress {
    /// The request left: only then does a response come.
    asked: Cell<bool>,
    /// Reads and writes.
    steps: Cell<usize>,
}

struct Wire<'w> {
    pieces: &'w [&'w [u8]],
    offset: usize,
    closed: bool,
    progress: &'w Progress,
}

#[derive(Default)]
struct Woken(AtomicBool);

struct Empty;

/// Reads the response to one request; `closed` is the end of the connection behind the pieces.
pub(crate) fn read(pieces: &[&[u8]], closed: bool) -> Outcome {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let progress = Progress::default();
    let wire = Wire {
        pieces,
        offset: 0,
        closed,
        progress: &progress,
    };
    let handshake = pin!(Builder::new().max_headers(LINES_MAX).handshake(wire));
    let Poll::Ready(Ok((mut sender, connection))) = handshake.poll(&mut context) else {
        panic!("a handshake that waits");
    };
    let request = Request::post("/").header("host", "h").body(Empty);
    let mut response = pin!(sender.send_request(request.expect("a valid request")));
    let mut connection = pin!(connection);
    let mut connected = true;
    let mut reading = Reading::default();
    for turn in 0.. {
        assert!(
            turn < TURNS_PER_PIECE_MAX * (pieces.len() + 1),
            "hyper turns for ever"
        );
        let before = (progress.steps.get(), reading.stage(), connected);
        connected = connected && connection.as_mut().poll(&mut context).is_pending();
        if reading.is_waiting() {
            if let Poll::Ready(response) = response.as_mut().poll(&mut context) {
                reading.take_head(response);
            }
        }
        reading.read_body(&mut context);
        let after = (progress.steps.get(), reading.stage(), connected);
        if before == after && !woken.0.swap(false, Ordering::Relaxed) {
            break;
        }
    }
    let mut outcome = reading.outcome;
    let waits = matches!(outcome.verdict, Verdict::HeadPending | Verdict::BodyPending);
    assert!(!(waits && closed), "hyper waits on a closed connection");
    outcome.reusable = connected && sender.is_ready() && outcome.verdict == Verdict::Whole;
    outcome
}

struct Reading {
    incoming: Option<Incoming>,
    outcome: Outcome,
}

impl Default for Reading {
    fn default() -> Self {
        let outcome = Outcome {
            verdict: Verdict::HeadPending,
            head: None,
            body: Vec::new(),
            reusable: false,
            reason: String::new(),
        };
        Self {
            incoming: None,
            outcome,
        }
    }
}

impl Reading {
    fn is_waiting(&self) -> bool {
        self.outcome.verdict == Verdict::HeadPending
    }

    fn stage(&self) -> (Verdict, usize) {
        (self.outcome.verdict, self.outcome.body.len())
    }

    fn take_head(&mut self, response: hyper::Result<Response<Incoming>>) {
        match response {
            Ok(response) => {
                let (head, body) = response.into_parts();
                self.outcome.head = Some((head.status.as_u16(), head.headers));
                self.outcome.verdict = Verdict::BodyPending;
                self.incoming = Some(body);
            }
            Err(error) => {
                assert!(
                    error.is_parse() || error.is_incomplete_message(),
                    "{error:?}"
                );
                self.outcome.verdict = if error.is_parse() {
                    Verdict::HeadRefused
                } else {
                    Verdict::HeadCut
                };
                self.outcome.reason = reason(&error);
            }
        }
    }

    fn read_body(&mut self, context: &mut Context<'_>) {
        while let Some(incoming) = &mut self.incoming {
            match Pin::new(incoming).poll_frame(context) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.outcome.body.extend_from_slice(&data);
                    }
                    continue;
                }
                Poll::Ready(Some(Err(error))) => {
                    self.outcome.reason = reason(&error);
                    self.outcome.verdict = if is_cut(&error) {
                        Verdict::BodyCut
                    } else {
                        Verdict::BodyRefused
                    };
                }
                Poll::Ready(None) => self.outcome.verdict = Verdict::Whole,
            }
            self.incoming = None;
        }
    }
}

fn is_cut(error: &hyper::Error) -> bool {
    let source = error.source();
    let source = source.and_then(|source| source.downcast_ref::<io::Error>());
    source.expect("a body fails with its socket").kind() == io::ErrorKind::UnexpectedEof
}

fn reason(error: &hyper::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Progress {
    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }
}

impl Read for Wire<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.progress.asked.get() {
            return Poll::Pending;
        }
        let Some((piece, rest)) = self.pieces.split_first() else {
            return if self.closed {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        };
        let piece = &piece[self.offset..];
        let length = piece.len().min(cursor.remaining());
        cursor.put_slice(&piece[..length]);
        self.progress.step();
        if length == piece.len() {
            (self.pieces, self.offset) = (rest, 0);
        } else {
            self.offset += length;
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress.asked.set(true);
        self.progress.step();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}
