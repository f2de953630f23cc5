//! A response of HTTP/1.1 from random bytes: cut anywhere it has the same head, the same body and
//! the same end. What follows the body is left alone.

use std::ops::ControlFlow;

use super::http1::body::BodyReader;
use super::http1::head::Head;
use super::http1::head_reader::HeadReader;
use super::http1::length::Length;
use super::http1::Malformed;

/// What the bytes of a connection came to, as far as they went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) head: Option<Head>,
    pub(crate) body: Vec<u8>,
    /// Whether the end of the body came.
    pub(crate) ended: bool,
    /// What came behind it.
    pub(crate) after: usize,
    pub(crate) malformed: Option<Malformed>,
}

/// The bytes whole, and in the pieces that reads of a socket may bring.
pub(crate) fn check(bytes: &[u8], pieces: &[&[u8]]) {
    for closed in [false, true] {
        let whole = read(&[bytes], closed);
        let cut = read(pieces, closed);
        // In a head either may stop at what is wrong earlier than the other.
        if whole.head.is_some() || (closed && whole.malformed.is_none()) {
            assert_eq!(whole, cut, "whole, and in pieces");
        } else if closed {
            assert!(
                cut.malformed.is_some() && cut.head.is_none(),
                "{whole:?}, {cut:?}"
            );
        }
    }
}

/// Reads one response; `closed` is the end of the connection behind the pieces.
pub(crate) fn read(pieces: &[&[u8]], closed: bool) -> Read {
    let mut read = Read::default();
    if let Err(malformed) = read_into(&mut read, pieces, closed) {
        read.malformed = Some(malformed);
    }
    read
}

fn read_into(read: &mut Read, pieces: &[&[u8]], closed: bool) -> Result<(), Malformed> {
    let mut pieces = pieces.iter();
    let mut reader = HeadReader::default();
    let head = loop {
        let Some(piece) = pieces.next() else {
            return if closed { reader.closed() } else { Ok(()) };
        };
        if let Some(head) = reader.read(piece)? {
            break head;
        }
    };
    assert!(!head.is_interim() && (200..600).contains(&head.status));
    assert!(!head.keep_alive || head.length != Length::Close);
    let mut body = BodyReader::new(head.length);
    read.head = Some(head);
    let early = reader.into_rest();
    read_piece(read, &mut body, &early)?;
    for piece in pieces {
        read_piece(read, &mut body, piece)?;
    }
    read.ended |= closed && body.is_whole_at_close();
    Ok(())
}

fn read_piece(read: &mut Read, reader: &mut BodyReader, bytes: &[u8]) -> Result<(), Malformed> {
    let body = &mut read.body;
    let end = reader.read(bytes, &mut |data| {
        assert!(!data.is_empty(), "an empty piece");
        body.extend_from_slice(data);
        ControlFlow::Continue(())
    })?;
    if let Some(consumed) = end {
        read.ended = true;
        read.after += bytes.len() - consumed;
    }
    assert_eq!(read.ended, reader.is_done());
    Ok(())
}
