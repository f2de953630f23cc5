//! One HTTP/1.1 request, as a server of a test reads it.
// Each test file uses a part of this one.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

pub struct HttpRequest {
    /// Such as `POST /v1/files`.
    pub target: String,
    pub body: Vec<u8>,
}

/// `None`: the connection has ended.
pub fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<HttpRequest>> {
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let field = line.trim_end().to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let target = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Ok(Some(HttpRequest { target, body }))
}
