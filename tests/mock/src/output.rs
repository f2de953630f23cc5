//! Writes the bytes of one response: HTTP framing, gzip, and the count of what was written. Owns
//! when a response is whole; lets a plan break every rule.

use std::io::{self, Write};
use std::rc::Rc;

use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::Compression;
use hyper::StatusCode;

use crate::action::Head;
use crate::exchange::Exchange;
use crate::http2::Reply;
use crate::key_state::KeyState;
use crate::pacer::Target;
use crate::transport::Transport;

pub struct Output {
    sink: Sink,
    pub state: Rc<KeyState>,
    pub exchange: Rc<Exchange>,
    framing: Framing,
    body_bytes: u64,
    /// A head waits for the next action, to leave together with the first bytes of the body.
    pending: Vec<u8>,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

pub enum Sink {
    Http1(Rc<Transport>),
    Http2(Reply),
}

#[derive(Clone, Copy, PartialEq)]
enum Framing {
    NoHead,
    Chunked,
    Sized(u64),
    UntilClose,
    Ended,
}

impl Output {
    pub fn new(sink: Sink, state: Rc<KeyState>, exchange: Rc<Exchange>) -> Self {
        Self {
            sink,
            state,
            exchange,
            framing: Framing::NoHead,
            body_bytes: 0,
            pending: Vec::new(),
            gzip: None,
        }
    }

    /// Also several heads, such as a 103 before the 200.
    pub async fn head(&mut self, head: &Head) -> io::Result<()> {
        self.flush().await?;
        let length = head
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.parse().ok());
        self.framing = match length {
            _ if head.chunked => Framing::Chunked,
            Some(bytes) => Framing::Sized(bytes),
            None if matches!(head.status, 204 | 304) => Framing::Sized(0),
            None => Framing::UntilClose,
        };
        match &mut self.sink {
            Sink::Http1(_) => self.pending = head_text(head).into_bytes(),
            Sink::Http2(reply) => reply.head(head)?,
        }
        Ok(())
    }

    /// Bytes as they are.
    pub async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.body_bytes += bytes.len() as u64;
        if self.pending.is_empty() {
            return self.push(bytes).await;
        }
        let mut whole = std::mem::take(&mut self.pending);
        whole.extend_from_slice(bytes);
        self.push(&whole).await
    }

    /// Part of the body, in the framing that the head announced.
    pub async fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        let framed = match &mut self.gzip {
            None => self.framed(bytes),
            Some(gzip) => {
                gzip.write_all(bytes)?;
                gzip.flush()?;
                let packed = std::mem::take(gzip.get_mut());
                self.framed(&packed)
            }
        };
        self.raw(&framed).await
    }

    /// The bytes that `body` would write, for a part that is written many times.
    pub fn framed(&self, bytes: &[u8]) -> Bytes {
        match (&self.sink, self.framing) {
            (Sink::Http1(_), Framing::Chunked) if !bytes.is_empty() => chunk(bytes).into(),
            _ => Bytes::copy_from_slice(bytes),
        }
    }

    /// One HTTP chunk, whatever the head announced.
    pub async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.sink {
            Sink::Http1(_) if self.gzip.is_none() => self.raw(&chunk(bytes)).await,
            _ => self.body(bytes).await,
        }
    }

    /// What follows is gzip, flushed after every part.
    pub fn start_gzip(&mut self) {
        self.gzip = Some(GzEncoder::new(Vec::new(), Compression::fast()));
    }

    pub async fn end(&mut self) -> io::Result<()> {
        if let Some(gzip) = self.gzip.take() {
            let rest = gzip.finish()?;
            self.body(&rest).await?;
        }
        match &mut self.sink {
            Sink::Http1(_) => self.raw(b"0\r\n\r\n").await?,
            Sink::Http2(reply) => reply.end(),
        }
        self.framing = Framing::Ended;
        Ok(())
    }

    /// Sends a head that still waits.
    pub async fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.raw(&[]).await
    }

    /// Whether the peer knows that this response ended, so that the connection can be used again.
    pub fn is_whole(&self) -> bool {
        match self.framing {
            Framing::Ended => true,
            Framing::Sized(bytes) => self.body_bytes == bytes,
            Framing::NoHead | Framing::Chunked | Framing::UntilClose => false,
        }
    }

    /// Where the pacer writes.
    pub fn target(&self) -> Option<Target> {
        match &self.sink {
            Sink::Http1(transport) => Some(Target::Socket(transport.clone())),
            Sink::Http2(reply) => reply.target(),
        }
    }

    pub fn into_sink(self) -> Sink {
        self.sink
    }

    async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let wrote = |count| self.state.wrote(&self.exchange, count);
        match &mut self.sink {
            Sink::Http1(transport) => transport.write_all(bytes, wrote).await,
            Sink::Http2(reply) => {
                reply.write(bytes).await?;
                wrote(bytes.len());
                Ok(())
            }
        }
    }
}

fn head_text(head: &Head) -> String {
    let reason = StatusCode::from_u16(head.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown");
    let mut text = format!("HTTP/1.1 {} {reason}\r\n", head.status);
    for (name, value) in &head.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if head.chunked {
        text.push_str("transfer-encoding: chunked\r\n");
    }
    text.push_str("\r\n");
    text
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
