//! Framing: the same bytes cut anywhere give the same frames, or the same error after them, and
//! what is kept between two reads is bounded.

use super::{check_error, one_of, pieces, seeded_rng};
use crate::framing::eventstream::writer;
use crate::framing::{Frame, Framer, Framing};

/// Server-sent events.
pub fn sse(bytes: &[u8]) {
    check(Framing::Sse, bytes);
}

/// One document per line.
pub fn ndjson(bytes: &[u8]) {
    check(Framing::Ndjson, bytes);
}

/// AWS's binary messages: as they come, and behind a good message with a good one after them.
pub fn eventstream(bytes: &[u8]) {
    check(Framing::EventStream, bytes);
    let message = writer::raw_message(bytes, b"{}");
    check(Framing::EventStream, &message);
    check(Framing::EventStream, &[message, bytes.to_vec()].concat());
}

fn check(framing: Framing, bytes: &[u8]) {
    let mut rng = seeded_rng(bytes);
    let frame_bytes_max = one_of(&[8, 100, 1000, 1 << 20], &mut rng);
    let whole = frames(framing, frame_bytes_max, &[bytes]);
    let split = frames(framing, frame_bytes_max, &pieces(bytes, &mut rng));
    assert_eq!(whole, split, "whole, and in pieces");
}

type Frames = (Vec<(String, String)>, Option<String>);

fn frames(framing: Framing, frame_bytes_max: usize, pieces: &[&[u8]]) -> Frames {
    let mut framer = Framer::new(framing, frame_bytes_max);
    let mut frames = Vec::new();
    let mut each = |frame: Frame<'_>| {
        assert!(frame.name.len() + frame.data.len() <= frame_bytes_max);
        frames.push((frame.name.to_owned(), frame.data.to_owned()));
        Ok(())
    };
    let mut fed = Ok(());
    for piece in pieces {
        fed = framer.feed(piece, &mut each);
        if fed.is_err() {
            break;
        }
        // A line, the data and a name, each grown by doubling at most.
        assert!(framer.bytes_buffered() <= 4 * frame_bytes_max + 64);
    }
    let ended = fed.and_then(|()| framer.end(&mut each));
    let error = ended.err();
    error.iter().for_each(check_error);
    (frames, error.map(|error| format!("{error:?}")))
}
