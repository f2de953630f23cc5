//! Where bodies end, and what no decoder of chunks may guess.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;

fn read(reader: &mut BodyReader, bytes: &[u8]) -> Result<(Vec<u8>, Option<usize>), Malformed> {
    let mut body = Vec::new();
    let end = reader.read(bytes, &mut |data| {
        assert!(!data.is_empty());
        body.extend_from_slice(data);
        ControlFlow::Continue(())
    })?;
    Ok((body, end))
}

#[test]
fn a_known_length_ends_after_its_bytes() {
    let mut reader = BodyReader::new(Length::Known(5));
    assert_eq!(read(&mut reader, b"hel"), Ok((b"hel".to_vec(), None)));
    assert_eq!(
        (reader.is_done(), reader.is_whole_at_close()),
        (false, false)
    );
    assert_eq!(read(&mut reader, b""), Ok((vec![], None)));
    assert_eq!(
        read(&mut reader, b"lo, next"),
        Ok((b"lo".to_vec(), Some(2)))
    );
    assert_eq!((reader.is_done(), reader.is_whole_at_close()), (true, true));
    // What comes later is not part of it either.
    assert_eq!(read(&mut reader, b"more"), Ok((vec![], Some(0))));
}

#[test]
fn an_empty_body_is_done_from_the_start() {
    let mut reader = BodyReader::new(Length::Known(0));
    assert!(reader.is_done());
    assert_eq!(read(&mut reader, b""), Ok((vec![], Some(0))));
    assert_eq!(read(&mut reader, b"desync"), Ok((vec![], Some(0))));
}

#[test]
fn chunks_end_with_the_last_one() {
    let mut reader = BodyReader::new(Length::Chunked);
    assert_eq!(
        read(&mut reader, b"2\r\nhi\r\n0\r\n"),
        Ok((b"hi".to_vec(), None))
    );
    assert!(!reader.is_whole_at_close());
    assert_eq!(read(&mut reader, b"\r\nnext"), Ok((vec![], Some(2))));
    assert_eq!((reader.is_done(), reader.is_whole_at_close()), (true, true));
    assert_eq!(read(&mut reader, b"0\r\n\r\n"), Ok((vec![], Some(0))));
    let refused = read(&mut BodyReader::new(Length::Chunked), b"hi");
    assert_eq!(refused, Err(Malformed::ChunkSize));
}

#[test]
fn without_a_length_the_connection_ends_it() {
    let mut reader = BodyReader::new(Length::Close);
    assert!(reader.is_whole_at_close(), "empty, but whole");
    assert_eq!(read(&mut reader, b"all"), Ok((b"all".to_vec(), None)));
    assert_eq!(
        (reader.is_done(), reader.is_whole_at_close()),
        (false, true)
    );
}

#[test]
fn after_a_break_nothing_more_is_handed_out() {
    for (length, wire) in [
        (Length::Chunked, &b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"[..]),
        (Length::Known(2), b"ab"),
        (Length::Close, b"ab"),
    ] {
        let mut count = 0;
        let read = BodyReader::new(length).read(wire, &mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert!(read.is_ok() && count == 1, "{length:?}");
    }
}

proptest! {
    #[test]
    fn split_anywhere_it_gives_the_same(
        body in prop::collection::vec(any::<u8>(), 0..60),
        after in prop::collection::vec(any::<u8>(), 0..9),
        known in any::<bool>(),
        cuts in prop::collection::vec(0..100_usize, 0..6),
    ) {
        let (length, mut wire) = if known {
            (Length::Known(body.len() as u64), body.clone())
        } else {
            let mut wire = Vec::new();
            for chunk in body.chunks(7) {
                wire.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
                wire.extend([chunk, b"\r\n"].concat());
            }
            wire.extend(b"0\r\n\r\n");
            (Length::Chunked, wire)
        };
        let ends = wire.len();
        wire.extend(&after);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (wire.len() + 1)).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        let mut reader = BodyReader::new(length);
        let (mut received, mut consumed) = (Vec::new(), 0);
        for cut in cuts.windows(2) {
            let (data, end) = read(&mut reader, &wire[cut[0]..cut[1]]).unwrap();
            received.extend(data);
            consumed += end.unwrap_or(cut[1] - cut[0]);
        }
        prop_assert_eq!(received, body);
        prop_assert_eq!(consumed, ends);
        prop_assert!(reader.is_done());
    }
}

// ---- chunks

/// The body, what follows it, and whether it is done.
fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, bool), Malformed> {
    let mut chunked = Chunked::new();
    let (mut body, mut after) = (Vec::new(), Vec::new());
    for piece in pieces {
        let rest = chunked.feed(piece, &mut |data| {
            body.extend_from_slice(data);
            ControlFlow::Continue(())
        })?;
        after.extend_from_slice(rest);
    }
    Ok((body, after, chunked.is_done()))
}

#[test]
fn sizes_extensions_and_trailers() {
    let wire =
        b"5\r\nhello\r\n1 ; name=\"x\"\r\n!\r\n0F\r\nfifteen bytes..\r\n0\r\nA: b\r\n\r\nnext";
    let expected = (b"hello!fifteen bytes..".to_vec(), b"next".to_vec(), true);
    assert_eq!(decode(&[wire]), Ok(expected.clone()));
    let bytes: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(decode(&bytes), Ok(expected));
}

#[test]
fn a_size_has_up_to_16_digits() {
    let padded = decode(&[b"0000000000000002\r\nhi\r\n0000000000000000\r\n\r\n"]);
    assert_eq!(padded, Ok((b"hi".to_vec(), vec![], true)));
    let largest = decode(&[b"FFFFFFFFFFFFFFFF\r\nhi"]);
    assert_eq!(largest, Ok((b"hi".to_vec(), vec![], false)));
}

#[test]
fn an_early_end_is_not_done() {
    for wire in [
        "",
        "5",
        "5\r\nhel",
        "5\r\nhello\r\n",
        "0\r\n",
        "0\r\nA: b\r\n",
    ] {
        assert!(!decode(&[wire.as_bytes()]).unwrap().2, "{wire:?}");
    }
}

#[test]
fn what_is_no_chunk_is_refused() {
    let sizes = [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x5\r\n",
        "+5\r\n",
        " 5\r\n",
        ";a\r\n",
        "5 0\r\n",
        "5\t0\r\n",
        "5 ;a\nb",
        "5;a\nb",
        "5\nhello",
        "5 \nhello",
        "1\rx",
        "1;a\rx",
        "5_0\r\n",
        "5\0\r\n",
        "fffffffffffffffff\r\n",
        "00000000000000005\r\n",
    ];
    let ends = ["5\r\nhello!", "1\r\nab", "1\r\na\n", "1\r\na\rx"];
    let trailers = [
        "0\r\n\n",
        "0\r\nA\n\r\n",
        "0\r\nA: b\n\r\n",
        "0\r\nA: b\nC: d\r\n\r\n",
        "0\r\n\rx",
        "0\r\nA: b\rc\r\n",
        "0\r\nA\r\n",
        "0\r\n: b\r\n",
        "0\r\nA : b\r\n",
        "0\r\n A: b\r\n",
        "0\r\nA: b\r\n c\r\n",
        "0\r\nA: \0\r\n",
        "0\r\nA: \x7f\r\n",
        "0\r\n\u{e9}: b\r\n",
    ];
    let expect = |wires: &[&str], expected: Malformed| {
        for wire in wires {
            let pieces: Vec<&[u8]> = wire.as_bytes().chunks(1).collect();
            assert_eq!(
                decode(&[wire.as_bytes()]),
                Err(expected.clone()),
                "{wire:?}"
            );
            assert_eq!(decode(&pieces), Err(expected.clone()), "{wire:?}");
        }
    };
    expect(&sizes, Malformed::ChunkSize);
    expect(&ends, Malformed::ChunkEnd);
    expect(&trailers, Malformed::Trailer);
}

#[test]
fn the_overhead_of_chunks_has_a_limit() {
    let limit = OVERHEAD_BYTES_MAX;
    for (open, filler, close) in [
        ("1;", "a", "\r\n"),
        ("1 ", " ", "\r\n"),
        ("0\r\nA:", "b", "\r\n\r\n"),
        ("0\r\n", "b", ":\r\n\r\n"),
    ] {
        let wire = |count: usize| format!("{open}{}{close}", filler.repeat(count));
        let own = wire(0)
            .bytes()
            .filter(|byte| !b"10\r\n".contains(byte))
            .count();
        assert!(decode(&[wire(limit - own).as_bytes()]).is_ok(), "{open:?}");
        let over = decode(&[wire(limit - own + 1).as_bytes()]);
        assert_eq!(over, Err(Malformed::ChunkOverhead), "{open:?}");
    }
    // Over the whole body, not per chunk.
    let chunks = "1;a\r\nx\r\n".repeat(limit);
    assert_eq!(decode(&[chunks.as_bytes()]), Err(Malformed::ChunkOverhead));
}

proptest! {
    #[test]
    fn chunks_split_anywhere_give_the_same(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..6),
        cuts in prop::collection::vec(0..400_usize, 0..6),
    ) {
        let mut wire = Vec::new();
        for chunk in &chunks {
            wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\n\r\nrest");
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % wire.len()).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &wire[cut[0]..cut[1]]).collect();
        let expected = (chunks.concat(), b"rest".to_vec(), true);
        prop_assert_eq!(decode(&pieces), Ok(expected));
    }

    /// Sizes as httparse reads them; but a line without a size is not a size of 0.
    #[test]
    fn sizes_are_those_of_httparse(
        line in "[0-9a-fA-F][0-9a-fA-F ;\t\rxg]{0,17}(;[ -~\r]{0,4})?\r\n",
    ) {
        let expected = match httparse::parse_chunk_size(line.as_bytes()) {
            Ok(httparse::Status::Complete((used, size))) => Some((used, size)),
            _ => None,
        };
        let mut chunked = Chunked::new();
        let mut refuse = |_: &[u8]| ControlFlow::Break(());
        let read = chunked.feed(line.as_bytes(), &mut refuse);
        let size = match chunked.state {
            State::TrailerStart => Some(0),
            State::Data { left } => Some(left),
            _ => None,
        };
        let used = read.ok().map(|rest| line.len() - rest.len());
        prop_assert_eq!(used.zip(size), expected);
    }
}
