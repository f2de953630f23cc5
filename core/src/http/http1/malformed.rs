//! Why bytes are not a response of HTTP/1.1. Each case is one rule of RFC 9112 or one limit.

use std::error::Error;
use std::fmt;

use super::limits::{
    HEAD_BYTES_MAX, INTERIM_BYTES_MAX, INTERIM_HEADS_MAX, LENGTH_MAX, OVERHEAD_BYTES_MAX,
};

/// So much of a peer's own text is shown.
const SHOWN_CHARACTERS_MAX: usize = 40;

/// The peer broke HTTP/1.1; nothing more is read from its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not the head of a response, by the grammar.
    Head(httparse::Error),
    /// A header that the grammar lets through and that cannot be held.
    Header(String),
    HeadTooLong,
    /// Outside 100 to 599 (RFC 9110, section 15).
    Status(u16),
    /// 101, though no request offers another protocol.
    Upgrade,
    /// Interim by its status (RFC 9110, section 15.2), final by its body.
    InterimBody(u16),
    /// The connection was closed behind an unknown interim status.
    InterimOnly(u16),
    TooManyInterim,
    ContentLength(String),
    /// Anything but `chunked`, once: no other coding was offered (RFC 9112, section 6.1).
    TransferCoding(String),
    ChunkSize,
    /// Behind the data of a chunk, CR LF is missing.
    ChunkEnd,
    Trailer,
    ChunkOverhead,
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => write!(formatter, "{error}"),
            Self::Header(name) => write!(formatter, "invalid header {}", shown(name)),
            Self::HeadTooLong => write!(formatter, "a head of more than {HEAD_BYTES_MAX} bytes"),
            Self::Status(status) => write!(formatter, "status {status:03} is outside 100 to 599"),
            Self::Upgrade => formatter.write_str("status 101, which no request offers"),
            Self::InterimBody(status) => {
                write!(formatter, "status {status} is interim and declares a body")
            }
            Self::InterimOnly(status) => {
                write!(
                    formatter,
                    "status {status} is interim and no final response came"
                )
            }
            Self::TooManyInterim => write!(
                formatter,
                "more than {INTERIM_HEADS_MAX} interim responses, or of {INTERIM_BYTES_MAX} bytes"
            ),
            Self::ContentLength(value) => write!(
                formatter,
                "content-length {} is not one number up to {LENGTH_MAX}",
                shown(value)
            ),
            Self::TransferCoding(value) => write!(
                formatter,
                "transfer-encoding {} is not chunked, the only one that was offered",
                shown(value)
            ),
            Self::ChunkSize => formatter.write_str("a chunk without a valid size"),
            Self::ChunkEnd => formatter.write_str("a chunk that does not end after its size"),
            Self::Trailer => formatter.write_str("an invalid trailer behind the chunks"),
            Self::ChunkOverhead => write!(
                formatter,
                "more than {OVERHEAD_BYTES_MAX} bytes of chunk extensions and trailers"
            ),
        }
    }
}

impl Error for Malformed {}

fn shown(text: &str) -> String {
    text.escape_debug().take(SHOWN_CHARACTERS_MAX).collect()
}
