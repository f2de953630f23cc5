//! The stack for HTTP/1.1, read inside the stream's own task: a wake of the socket reads, decodes
//! and hands over all that is there, and nothing hops between tasks. Beside it a stream holds its
//! socket and a few words; hyper's connection holds three buffers, 27 KiB (docs/bench says more).
//! Owns when a connection may serve again.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::HeaderMap;
use rustls::ClientConfig;

use super::connect::{BoxError, ConnectWatch};
use super::dial::Dialer;
use super::failure::{self, BodyFailure};
use super::gunzip::Gunzip;
use super::http1::body_reader::{BodyReader, Closed, Progress};
use super::http1::{is_gzip, request_head};
use super::idle::Idle;
use super::line::Line;
use super::resolve::Resolver;
use super::{Incoming, IncomingBody, Outgoing, Read, Take};
use crate::error::LlmError;
use crate::options::HttpOptions;

#[derive(Debug)]
pub(super) struct Direct {
    dialer: Dialer,
    idle: Idle,
}

/// A body being read from its own connection, which goes back to the idle ones at its end.
#[derive(Debug)]
pub(crate) struct Body {
    /// Absent once the connection is over or given back.
    line: Option<Line>,
    /// What came with the head.
    early: Vec<u8>,
    rest: BodyReader,
    gunzip: Option<Box<Gunzip>>,
    keep: bool,
    idle: Idle,
    origin: Arc<str>,
}

impl Direct {
    pub(super) fn new(options: &HttpOptions, tls: &ClientConfig, resolver: Resolver) -> Self {
        Self {
            dialer: Dialer::new(tls, resolver),
            idle: Idle::new(Duration::from_millis(options.pool_idle_timeout_ms)),
        }
    }

    pub(super) async fn send(
        &self,
        outgoing: &Outgoing,
        watch: &ConnectWatch,
    ) -> Result<Incoming, LlmError> {
        let sent = AtomicBool::new(false);
        let answer = self.exchange(outgoing, watch, &sent).await;
        answer.map_err(|error| {
            let sent = sent.load(Ordering::Acquire);
            failure::classify(error.as_ref(), watch, sent, &outgoing.url)
        })
    }

    async fn exchange(
        &self,
        outgoing: &Outgoing,
        watch: &ConnectWatch,
        sent: &AtomicBool,
    ) -> Result<Incoming, BoxError> {
        let (url, body) = (&outgoing.url, &outgoing.body);
        let origin: Arc<str> = url.origin().ascii_serialization().into();
        let mut line = match self.idle.take(&origin) {
            Some(line) => line,
            None => Box::pin(self.dialer.connect(url.as_str().parse()?, watch)).await?,
        };
        let request = request_head::write(url, &outgoing.headers, body.len());
        let (head, early) = line.exchange(request, body, sent).await?;
        let mut headers = head.headers;
        let gunzip = take_gzip(&mut headers).then(Box::default);
        let body = Body {
            line: Some(line),
            early,
            rest: BodyReader::new(head.length),
            gunzip,
            keep: head.keep && sent.load(Ordering::Acquire),
            idle: self.idle.clone(),
            origin,
        };
        Ok(Incoming {
            status: head.status,
            headers,
            body: IncomingBody::Direct(Box::new(body)),
        })
    }
}

/// Whether the body is gzip; then the headers speak of what will be read.
fn take_gzip(headers: &mut HeaderMap) -> bool {
    let gzip = is_gzip(headers);
    if gzip {
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
    }
    gzip
}

impl Body {
    /// Hands out what one read of the socket brings, decompressed.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        take: Take<'_>,
    ) -> Poll<Result<Read, BodyFailure>> {
        if self.rest.is_done() {
            return Poll::Ready(self.end(true));
        }
        let Some(line) = &mut self.line else {
            return Poll::Ready(Err(BodyFailure::Cut("the connection is closed".to_owned())));
        };
        let (rest, gunzip) = (&mut self.rest, &mut self.gunzip);
        let read = if self.early.is_empty() {
            let unfold = |bytes: &[u8]| decode(rest, bytes, gunzip.as_deref_mut(), take);
            match ready!(line.poll_read(context, unfold)) {
                Ok(read) => read,
                Err(error) => Err(BodyFailure::Cut(error.to_string())),
            }
        } else {
            let early = std::mem::take(&mut self.early);
            decode(rest, &early, gunzip.as_deref_mut(), take)
        };
        Poll::Ready(match read {
            Ok(Decoded::More) => Ok(Read::More),
            Ok(Decoded::End { clean }) => self.end(clean),
            Err(failure) => {
                self.line = None;
                Err(failure)
            }
        })
    }

    /// The body was read to its end; the connection may have another use.
    fn end(&mut self, clean: bool) -> Result<Read, BodyFailure> {
        if let Some(mut line) = self.line.take() {
            if self.keep && clean && self.early.is_empty() && line.is_idle() {
                self.idle.keep(&self.origin, line);
            }
        }
        match &mut self.gunzip {
            Some(gunzip) => gunzip.end().map(|()| Read::End),
            None => Ok(Read::End),
        }
    }
}

/// What some bytes came to.
enum Decoded {
    More,
    /// `clean`: nothing followed the end.
    End {
        clean: bool,
    },
}

/// Takes what a read brought; nothing is the end of the connection.
fn decode(
    rest: &mut BodyReader,
    bytes: &[u8],
    mut gunzip: Option<&mut Gunzip>,
    take: Take<'_>,
) -> Result<Decoded, BodyFailure> {
    if bytes.is_empty() {
        return match rest.closed() {
            Closed::Whole => Ok(Decoded::End { clean: false }),
            Closed::Cut => Err(BodyFailure::Cut(
                "unexpected end of the connection".to_owned(),
            )),
        };
    }
    let mut failed = None;
    let mut unfold = |data: &[u8]| match &mut gunzip {
        None => take(data),
        Some(gunzip) => gunzip.feed(data, take).unwrap_or_else(|failure| {
            failed = Some(failure);
            ControlFlow::Break(())
        }),
    };
    let progress = rest.read(bytes, &mut unfold);
    match (failed, progress) {
        (Some(failure), _) => Err(failure),
        (None, Err(malformed)) => Err(BodyFailure::Cut(malformed.to_string())),
        (None, Ok(Progress::End { consumed })) => Ok(Decoded::End {
            clean: consumed == bytes.len(),
        }),
        (None, Ok(Progress::More)) => Ok(Decoded::More),
    }
}
