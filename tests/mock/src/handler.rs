//! One provider request, whatever the HTTP version: finds the state of its key and its step,
//! keeps what was seen, and plays. The two servers bring the request and own the connection.

use std::io;
use std::rc::Rc;

use bytes::Bytes;
use serde_json::Value;

use crate::connection::ConnectionSeen;
use crate::exchange::Exchange;
use crate::executor::{Ending, Executor};
use crate::key_state::KeyState;
use crate::keys::is_key;
use crate::mock::Mock;
use crate::output::{Output, Sink};
use crate::plan::Kind;
use crate::request::Request;
use crate::script::script;

/// Where requests without a key are seen.
const KEYLESS: &str = "_";

pub struct Handler {
    mock: Rc<Mock>,
    key: String,
    state: Rc<KeyState>,
    exchange: Rc<Exchange>,
    index: usize,
}

impl Handler {
    /// The head is here. The key is the first part of the path.
    pub fn new(
        mock: Rc<Mock>,
        seen: &ConnectionSeen,
        (method, path, version): (&str, &str, &'static str),
        headers: Vec<(String, String)>,
    ) -> Self {
        let key = key(path);
        let state = mock.key_state(key);
        let connection = seen.enter(&state);
        let start = (method, path, version);
        let from = (connection, seen.origin);
        let exchange = Rc::new(Exchange::new(start, headers, mock.now_ms(), from));
        seen.served(exchange.clone());
        Self {
            key: key.to_owned(),
            index: state.begin(),
            mock,
            state,
            exchange,
        }
    }

    /// Whether the step is played as soon as the head is known, with the body left unread.
    pub fn plays_before_request(&self) -> bool {
        let step = self.state.plan.step(self.index);
        step.is_some_and(|(step, _)| matches!(step.kind, Kind::BeforeRequest(_)))
    }

    /// The request has been read as far as it will be.
    pub fn received(&self, body: &Bytes) {
        self.exchange.keep_body(body);
        self.state.received(&self.exchange);
    }

    /// Returns when the script wants the rest of the request.
    pub async fn wants_request(&self) {
        while !self.exchange.is_wanted() {
            self.state.change().await;
        }
    }

    /// The rest of a request arrived, which is being played already.
    pub fn have_read(&self, body: &Bytes) {
        self.exchange.keep_body(body);
        self.exchange.have_read();
        self.state.tell();
    }

    pub fn output(&self, sink: Sink) -> Output {
        Output::new(sink, self.state.clone(), self.exchange.clone())
    }

    /// The peer reset this HTTP/2 stream.
    pub fn left_by_peer(&self) {
        self.exchange.closed(self.mock.now_ms());
        self.state.left_by_peer();
    }

    pub async fn play(&self, body: &Bytes, output: &mut Output) -> io::Result<Ending> {
        let path = self.exchange.path.as_str();
        let (Some(wire), Some((step, turn))) =
            (self.mock.wire(path), self.state.plan.step(self.index))
        else {
            return Ok(Ending::Close);
        };
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let model = wire.model(path, &body).to_owned();
        let holes = wire.holes(self.index + 1, model);
        let request = Request {
            method: self.exchange.method.clone(),
            path: path.to_owned(),
            key: self.key.clone(),
            port: self.mock.http_port.get(),
            headers: self.exchange.headers.clone(),
            body,
            holes: holes.clone(),
        };
        let actions = script(&step.kind, turn, &request, &wire, &self.mock.reply_files);
        drop(request);
        let mut executor = Executor {
            mock: &self.mock,
            wire,
            holes,
            output,
        };
        executor.run(actions).await
    }
}

/// The first part of the path. A client that takes the mock for its proxy sends a whole URL.
fn key(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, place)) => place
            .find('/')
            .and_then(|at| place.get(at..))
            .unwrap_or("/"),
        None => target,
    };
    let first = path.split(['/', '?']).nth(1).unwrap_or_default();
    if is_key(first) {
        first
    } else {
        KEYLESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_first_part_of_the_path() {
        for (target, expected) in [
            ("/k/v1/chat", "k"),
            ("/k?a=b", "k"),
            ("http://host:1/k/v1", "k"),
            ("http://host", "_"),
            ("host:443", "_"),
            ("/", "_"),
            ("/a%20b/v1", "_"),
        ] {
            assert_eq!(key(target), expected, "{target}");
        }
    }
}
