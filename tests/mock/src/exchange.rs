//! One request as it was seen, and what became of it. The state of its key keeps it; the connection
//! that brought it writes it.

use std::cell::{Cell, RefCell};

use bytes::Bytes;
use serde_json::{json, Value};

/// A longer request body is measured and not kept.
const BODY_KEPT_BYTES_MAX: usize = 1024 * 1024;

pub struct Exchange {
    /// `HTTP/2`, `HTTP/1.1` or `HTTP/1.0`.
    version: &'static str,
    origin: Origin,
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    at_ms: f64,
    connection: usize,
    body: RefCell<Bytes>,
    body_bytes: Cell<usize>,
    bytes_written: Cell<u64>,
    closed_ms: Cell<Option<f64>>,
    wanted: Cell<bool>,
    read: Cell<bool>,
}

/// The port where a connection came in, and the client's certificate.
#[derive(Clone, Copy)]
pub struct Origin {
    /// The name under which the port is announced.
    pub place: &'static str,
    /// The peer showed a certificate of this mock's CA.
    pub client_certificate: bool,
    /// Its connection went on with a session of an earlier one.
    pub tls_resumed: bool,
}

impl Exchange {
    pub fn new(
        (method, path, version): (&str, &str, &'static str),
        headers: Vec<(String, String)>,
        at_ms: f64,
        (connection, origin): (usize, Origin),
    ) -> Self {
        Self {
            version,
            origin,
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            at_ms,
            connection,
            body: RefCell::default(),
            body_bytes: Cell::new(0),
            bytes_written: Cell::new(0),
            closed_ms: Cell::new(None),
            wanted: Cell::new(false),
            read: Cell::new(false),
        }
    }

    /// The script wants the rest of a request that it plays before it is whole.
    pub fn want(&self) {
        self.wanted.set(true);
    }

    pub fn is_wanted(&self) -> bool {
        self.wanted.get()
    }

    pub fn is_read(&self) -> bool {
        self.read.get()
    }

    /// The rest is here.
    pub fn have_read(&self) {
        self.read.set(true);
    }

    pub fn keep_body(&self, body: &Bytes) {
        self.body_bytes.set(body.len());
        if body.len() <= BODY_KEPT_BYTES_MAX {
            *self.body.borrow_mut() = body.clone();
        }
    }

    pub fn wrote(&self, bytes: u64) {
        self.bytes_written.set(self.bytes_written.get() + bytes);
    }

    /// The first close counts.
    pub fn closed(&self, at_ms: f64) {
        self.closed_ms.set(self.closed_ms.get().or(Some(at_ms)));
    }

    pub fn document(&self) -> Value {
        let body = self.body.borrow();
        let body = match serde_json::from_slice::<Value>(&body) {
            Ok(value) => value,
            Err(_) if body.is_empty() => Value::Null,
            Err(_) => String::from_utf8_lossy(&body).into(),
        };
        json!({
            "version": self.version,
            "place": self.origin.place,
            "client_certificate": self.origin.client_certificate,
            "tls_resumed": self.origin.tls_resumed,
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": body,
            "body_bytes": self.body_bytes.get(),
            "at_ms": self.at_ms,
            "connection": self.connection,
            "bytes_written": self.bytes_written.get(),
            "closed_ms": self.closed_ms.get(),
        })
    }
}
