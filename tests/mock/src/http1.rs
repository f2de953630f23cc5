//! HTTP/1.1 by hand, one task per connection: raw control of the socket is what faults need. Also
//! watches the peer while a response is played, so that the moment of its close is known.

use std::io;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};

use crate::connection::ConnectionSeen;
use crate::control;
use crate::exchange::Origin;
use crate::executor::Ending;
use crate::handler::Handler;
use crate::head::{Head, Length};
use crate::http2;
use crate::mock::Mock;
use crate::output::Sink;
use crate::transport::Transport;

const HEAD_BYTES_MAX: usize = 1024 * 1024;
const BODY_BYTES_MAX: usize = 80 * 1024 * 1024;
/// What a peer may send ahead while its first request is being served.
const AHEAD_BYTES_MAX: usize = 1024 * 1024;
/// How long the peer has to close after we did.
const LINGER_MS: u64 = 1_000;

struct Connection {
    mock: Rc<Mock>,
    transport: Rc<Transport>,
    input: BytesMut,
    seen: ConnectionSeen,
}

/// How one request ended.
enum Next {
    Ending(Ending),
    PeerLeft,
    Http2,
}

pub async fn serve(mock: Rc<Mock>, transport: Transport, origin: Origin) {
    let mut connection = Connection {
        seen: ConnectionSeen::new(mock.clone(), origin),
        mock,
        transport: Rc::new(transport),
        input: BytesMut::new(),
    };
    loop {
        match connection.request().await {
            Ok(Next::Ending(Ending::Keep | Ending::KeepAnyway)) => {}
            Ok(Next::Ending(Ending::Close)) => return connection.close().await,
            Ok(Next::Ending(Ending::Reset)) => {
                // A socket that is already gone needs no reset.
                let _gone = connection.transport.reset_on_drop();
                return;
            }
            Ok(Next::Http2) => return connection.switch().await,
            Ok(Next::PeerLeft) | Err(_) => return connection.seen.end(true),
        }
    }
}

impl Connection {
    async fn request(&mut self) -> io::Result<Next> {
        let head = loop {
            if self.input.starts_with(http2::PREFACE_START) {
                return Ok(Next::Http2);
            }
            match Head::take(&mut self.input) {
                Ok(Some(head)) => break head,
                Ok(None) if self.input.len() <= HEAD_BYTES_MAX => {}
                Ok(None) | Err(_) => return self.refuse(400).await,
            }
            if self.transport.read(&mut self.input).await? == 0 {
                return Ok(Next::PeerLeft);
            }
        };
        if head.path.starts_with(control::PREFIX) {
            return self.control(&head).await;
        }
        let start = (head.method.as_str(), head.path.as_str(), head.version);
        let handler = Handler::new(self.mock.clone(), &self.seen, start, head.headers);
        if handler.plays_before_request() {
            return self.play_early(&handler, head.length).await;
        }
        let body = self.body(head.length).await;
        handler.received(body.as_ref().unwrap_or(&Bytes::new()));
        match self.play(&handler, &body?).await? {
            Next::Ending(Ending::Keep) if !head.keeps_alive => Ok(Next::Ending(Ending::Close)),
            next => Ok(next),
        }
    }

    async fn play(&mut self, handler: &Handler, body: &Bytes) -> io::Result<Next> {
        let mut output = handler.output(Sink::Http1(self.transport.clone()));
        tokio::select! {
            biased;
            ending = handler.play(body, &mut output) => ending.map(Next::Ending),
            _left = peer_left(&self.transport, &mut self.input) => Ok(Next::PeerLeft),
        }
    }

    /// Plays while the request is unread, or being read once the script wants it.
    async fn play_early(&mut self, handler: &Handler, length: Length) -> io::Result<Next> {
        let nothing = Bytes::new();
        handler.received(&nothing);
        let transport = self.transport.clone();
        let mut output = handler.output(Sink::Http1(transport.clone()));
        let mut is_read = false;
        let ending = {
            let reading = async {
                tokio::select! {
                    () = handler.wants_request() => {}
                    () = peer_left(&transport, &mut self.input) => return,
                }
                if let Ok(body) = self.body(length).await {
                    is_read = true;
                    handler.have_read(&body);
                    peer_left(&transport, &mut self.input).await;
                }
            };
            tokio::select! {
                biased;
                ending = handler.play(&nothing, &mut output) => ending?,
                () = reading => return Ok(Next::PeerLeft),
            }
        };
        if ending == Ending::KeepAnyway && !is_read {
            self.body(length).await?;
        }
        Ok(Next::Ending(match ending {
            Ending::Keep => Ending::Close,
            ending => ending,
        }))
    }

    async fn control(&mut self, head: &Head) -> io::Result<Next> {
        let body = self.body(head.length).await?;
        let response = tokio::select! {
            response = control::respond(&self.mock, &head.method, &head.path, &body) => response,
            _left = peer_left(&self.transport, &mut self.input) => return Ok(Next::PeerLeft),
        };
        let text = response.body.to_string();
        let start = format!(
            "HTTP/1.1 {} Control\r\ncontent-type: application/json\r\n",
            response.status
        );
        let whole = format!("{start}content-length: {}\r\n\r\n{text}", text.len());
        self.transport.write_all(whole.as_bytes(), |_| ()).await?;
        Ok(Next::Ending(if head.keeps_alive {
            Ending::Keep
        } else {
            Ending::Close
        }))
    }

    async fn body(&mut self, length: Length) -> io::Result<Bytes> {
        match length {
            Length::Bytes(bytes) if bytes <= BODY_BYTES_MAX => {
                self.fill(bytes).await?;
                Ok(self.input.split_to(bytes).freeze())
            }
            Length::Bytes(_) => Err(io::ErrorKind::FileTooLarge.into()),
            Length::Chunked => self.chunked_body().await,
        }
    }

    async fn chunked_body(&mut self) -> io::Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let (line, size) = match httparse::parse_chunk_size(&self.input) {
                Ok(httparse::Status::Complete((line, size))) => (line, size),
                Ok(httparse::Status::Partial) => {
                    self.fill(self.input.len() + 1).await?;
                    continue;
                }
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            };
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size > BODY_BYTES_MAX || body.len() + size > BODY_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            self.fill(line + size + 2).await?;
            let chunk = self.input.split_to(line + size + 2);
            body.extend_from_slice(chunk.get(line..line + size).unwrap_or_default());
            if size == 0 {
                return Ok(body.freeze());
            }
        }
    }

    /// Reads until so many bytes are there.
    async fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.input.len() < bytes {
            if self.transport.read(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn refuse(&mut self, status: u16) -> io::Result<Next> {
        let text =
            format!("HTTP/1.1 {status} Mock\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.transport.write_all(text.as_bytes(), |_| ()).await?;
        Ok(Next::Ending(Ending::Close))
    }

    /// Sends FIN and reads what the peer still sends: unread bytes would turn FIN into RST.
    async fn close(mut self) {
        self.seen.end(false);
        if self.transport.finish().await.is_err() {
            return;
        }
        let rest = async {
            while matches!(self.transport.read(&mut self.input).await, Ok(count) if count > 0) {
                self.input.clear();
            }
        };
        let linger = std::time::Duration::from_millis(LINGER_MS);
        let _late = tokio::time::timeout(linger, rest).await;
    }

    async fn switch(self) {
        http2::serve(self.mock, self.transport, self.input.freeze(), self.seen).await;
    }
}

/// Returns when the peer has closed, gracefully or not; keeps what it sends ahead.
async fn peer_left(transport: &Transport, input: &mut BytesMut) {
    while matches!(transport.read(input).await, Ok(count) if count > 0) {
        if input.len() > AHEAD_BYTES_MAX {
            std::future::pending::<()>().await;
        }
    }
}
