//! HTTP/1.1 responses, as the connection reads them.

use http::HeaderMap;

use super::{pieces, seeded_rng};
use crate::http::fuzzing::{check, read};

/// What the bytes of a connection came to, as far as they went.
#[derive(Debug)]
pub struct Http1 {
    /// Status and headers of the final head.
    pub head: Option<(u16, HeaderMap)>,
    /// What was handed out.
    pub body: Vec<u8>,
    /// The body ended properly.
    pub ended: bool,
    /// The connection could serve again.
    pub reusable: bool,
    /// The name of the rule or limit that refused it.
    pub refusal: Option<String>,
}

/// An HTTP/1.1 response, cut anywhere.
pub fn http1(bytes: &[u8]) {
    let mut rng = seeded_rng(bytes);
    check(bytes, &pieces(bytes, &mut rng));
}

/// Reads a response; `closed` is the end of the connection behind the pieces.
pub fn read_http1(pieces: &[&[u8]], closed: bool) -> Http1 {
    let read = read(pieces, closed);
    let keep = read.head.as_ref().is_some_and(|head| head.keep_alive);
    Http1 {
        reusable: keep && read.ended && read.after == 0 && !closed,
        head: read.head.map(|head| (head.status, head.headers)),
        body: read.body,
        ended: read.ended,
        refusal: read.malformed.map(|malformed| {
            let text = format!("{malformed:?}");
            text.split('(').next().unwrap_or_default().to_owned()
        }),
    }
}
