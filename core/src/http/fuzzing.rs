//! An answer of HTTP/1.1 from random bytes: cut anywhere it has the same head, the same body and
//! the same end. What follows a chunked body is given back untouched.

use std::ops::ControlFlow;

use super::chunked::{Chunked, NotChunked};
use super::head::{self, Head, Length};

/// The body, what follows it, and whether it is done.
type Decoded = Result<(Vec<u8>, Vec<u8>, bool), NotChunked>;

/// The bytes whole, and in the pieces that reads of a socket may bring.
pub(crate) fn check(bytes: &[u8], pieces: &[&[u8]]) {
    let whole = head::answer(bytes);
    let mut received = Vec::new();
    let mut grown = Ok(None);
    for piece in pieces {
        received.extend_from_slice(piece);
        grown = head::answer(&received);
        if !matches!(grown, Ok(None)) {
            break;
        }
    }
    match (&whole, &grown) {
        (Ok(Some(one)), Ok(Some(other))) => assert_eq!(one, other, "whole, and in pieces"),
        // Either may stop at what is wrong earlier than the other.
        (Err(_), Err(_)) | (Ok(None), Ok(None)) => {}
        _ => panic!("whole {whole:?}, in pieces {grown:?}"),
    }
    if let Ok(Some((head, used))) = whole {
        check_head(&head, used, bytes.len());
    }
    assert_eq!(decode(&[bytes]), decode(pieces), "whole, and in pieces");
}

fn check_head(head: &Head, used: usize, bytes: usize) {
    assert!(used <= bytes);
    assert!(!head.keep || head.length != Length::Close);
}

fn decode(pieces: &[&[u8]]) -> Decoded {
    let mut chunked = Chunked::new();
    let (mut body, mut after) = (Vec::new(), Vec::new());
    for piece in pieces {
        let rest = chunked.feed(piece, &mut |data| {
            assert!(!data.is_empty(), "an empty piece");
            body.extend_from_slice(data);
            ControlFlow::Continue(())
        })?;
        after.extend_from_slice(rest);
    }
    assert!(chunked.is_done() || after.is_empty());
    Ok((body, after, chunked.is_done()))
}
