//! A client that hides nothing: every chunk as it came, and how the connection ended.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, PartialEq)]
pub enum End {
    /// By its framing, and the connection is still open.
    Whole,
    /// FIN.
    Closed,
    Reset,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body by HTTP chunk; in one piece when there are none.
    pub pieces: Vec<Vec<u8>>,
    pub end: End,
}

impl Response {
    pub fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes()).unwrap()
    }

    /// The payloads of an event stream.
    pub fn events(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.map(str::to_owned).collect()
    }

    /// The text deltas of an event stream of the OpenAI wire.
    pub fn tokens(&self) -> Vec<String> {
        let delta = |event: &String| {
            let event: Value = serde_json::from_str(event).ok()?;
            let text = event["choices"][0]["delta"]["content"].as_str()?;
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        self.events().iter().filter_map(delta).collect()
    }
}

pub fn post(address: &str, path: &str, body: &str) -> Response {
    request(address, "POST", path, body)
}

pub fn request(address: &str, method: &str, path: &str, body: &str) -> Response {
    let mut connection = Connection::open(address);
    connection.send(method, path, body);
    connection.response()
}

pub struct Connection {
    socket: Box<dyn Socket>,
    input: Vec<u8>,
}

/// Plain or TLS.
pub trait Socket: Read + Write {}

impl<S: Read + Write> Socket for S {}

pub fn connect(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

impl Connection {
    pub fn open(address: &str) -> Self {
        Self::over(connect(address))
    }

    pub fn over(socket: impl Socket + 'static) -> Self {
        Self {
            socket: Box::new(socket),
            input: Vec::new(),
        }
    }

    pub fn send(&mut self, method: &str, path: &str, body: &str) {
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer key-1\r\n");
        let length = format!("content-length: {}\r\n\r\n", body.len());
        self.write(format!("{head}{length}{body}").as_bytes());
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    pub fn response(&mut self) -> Response {
        let mut response = Response {
            status: 0,
            headers: Vec::new(),
            pieces: Vec::new(),
            end: End::Whole,
        };
        if let Err(end) = self.read_into(&mut response) {
            response.end = end;
        }
        response
    }

    fn read_into(&mut self, response: &mut Response) -> Result<(), End> {
        let head = self.line("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        response.status = lines.next().unwrap()[9..12].parse().unwrap();
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            response
                .headers
                .push((name.to_lowercase(), value.to_owned()));
        }
        if response.header("transfer-encoding") == Some("chunked") {
            return self.chunks(response);
        }
        let length = response
            .header("content-length")
            .map(|value| value.parse().unwrap());
        match length {
            Some(bytes) => {
                let all = self.until(bytes);
                self.take(response, bytes.min(self.input.len()));
                all
            }
            None => loop {
                let more = self.more();
                self.take(response, self.input.len());
                more?;
            },
        }
    }

    fn chunks(&mut self, response: &mut Response) -> Result<(), End> {
        loop {
            let line = self.line("\r\n")?;
            let bytes = usize::from_str_radix(line.trim_end(), 16).unwrap();
            self.until(bytes + 2)?;
            if bytes > 0 {
                self.take(response, bytes);
            }
            self.input.drain(..2);
            if bytes == 0 {
                return Ok(());
            }
        }
    }

    fn take(&mut self, response: &mut Response, bytes: usize) {
        response.pieces.push(self.input.drain(..bytes).collect());
    }

    pub fn line(&mut self, end: &str) -> Result<String, End> {
        let mut searched = 0;
        loop {
            let mut windows = self.input[searched..].windows(end.len());
            if let Some(at) = windows.position(|bytes| bytes == end.as_bytes()) {
                let line = self.input.drain(..searched + at + end.len()).collect();
                return Ok(String::from_utf8(line).unwrap());
            }
            searched = self.input.len().saturating_sub(end.len());
            self.more()?;
        }
    }

    pub fn until(&mut self, bytes: usize) -> Result<(), End> {
        while self.input.len() < bytes {
            self.more()?;
        }
        Ok(())
    }

    /// One read, which waits for at least a byte.
    fn more(&mut self) -> Result<(), End> {
        let mut bytes = [0; 65_536];
        match self.socket.read(&mut bytes) {
            Ok(0) => Err(End::Closed),
            Ok(count) => {
                self.input.extend(&bytes[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(End::Reset),
            Err(error) => panic!("the mock is silent: {error}"),
        }
    }
}
