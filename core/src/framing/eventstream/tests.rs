//! Messages whole, cut, broken and too large.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::writer::{event, message, raw_message};
use super::*;

type Frames = Vec<(String, String)>;

fn frames(frame_bytes_max: usize, pieces: &[&[u8]]) -> (Frames, Option<LlmError>, bool) {
    let mut framer = EventStreamFramer::new(frame_bytes_max);
    let mut frames = Vec::new();
    let mut each = |frame: Frame<'_>| {
        frames.push((frame.name.to_owned(), frame.data.to_owned()));
        Ok(())
    };
    let fed = pieces
        .iter()
        .try_for_each(|piece| framer.feed(piece, &mut each));
    (frames, fed.err(), framer.is_inside_event())
}

fn refused(body: &[u8]) -> (ErrorKind, String) {
    let (_, error, _) = frames(1000, &[body]);
    let error = error.unwrap();
    for size in [1, 3, 7] {
        let pieces: Vec<_> = body.chunks(size).collect();
        assert_eq!(frames(1000, &pieces).1.unwrap().message, error.message);
    }
    (error.kind, error.message)
}

fn exception(name: &str, payload: &str) -> Vec<u8> {
    let headers = [(":exception-type", name), (":message-type", "exception")];
    message(&headers, payload.as_bytes())
}

fn failure(code: &str, text: &str) -> Vec<u8> {
    let headers = [
        (":message-type", "error"),
        (":error-code", code),
        (":error-message", text),
    ];
    message(&headers, b"")
}

#[test]
fn messages_come_whole_however_they_are_cut() {
    let body = [
        event("messageStart", r#"{"role":"assistant"}"#),
        event("contentBlockDelta", "{\"a\":\"\u{e9}\u{1f980}\"}"),
        event("empty", ""),
        exception("throttlingException", r#"{"message":"slow"}"#),
        failure("InternalFailure", "it broke"),
    ]
    .concat();
    let expected = [
        ("messageStart", r#"{"role":"assistant"}"#),
        ("contentBlockDelta", "{\"a\":\"\u{e9}\u{1f980}\"}"),
        ("empty", ""),
        (
            ":exception-type=throttlingException",
            r#"{"message":"slow"}"#,
        ),
        (":error-code=InternalFailure", "it broke"),
    ]
    .map(|(name, data)| (name.to_owned(), data.to_owned()));
    for size in 1..=body.len() {
        let pieces: Vec<_> = body.chunks(size).collect();
        let (seen, error, is_inside) = frames(1000, &pieces);
        assert_eq!(seen, expected, "in pieces of {size}");
        assert!(error.is_none() && !is_inside);
    }
    let failures = expected.map(|(name, data)| {
        let frame = Frame {
            name: &name,
            data: &data,
        };
        frame.failure().map(str::to_owned)
    });
    let names = ["throttlingException", "InternalFailure"];
    assert_eq!(failures[3..], names.map(|name| Some(name.to_owned())));
    assert_eq!(failures[..3], [None, None, None]);
}

/// The first frame of a real stream, up to its payload (protocol of Bedrock Converse).
#[test]
fn a_real_head_is_read() {
    let head = b"\x00\x00\x00\xb2\x00\x00\x00\x52\x8a\x40\xb4\xc5";
    let framer = EventStreamFramer::new(1000);
    assert_eq!(framer.message_bytes(head).unwrap(), Some(0xb2));
}

#[test]
fn every_type_of_header_is_passed_over() {
    let mut headers = Vec::new();
    for (kind, length) in [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 4),
        (5, 8),
        (8, 8),
        (9, 16),
    ] {
        headers.extend([2, b'x', b'0' + kind, kind]);
        headers.extend(vec![1; length]);
    }
    headers.extend(b"\x01b\x06\x00\x03\xff\xfe\xfd");
    headers.extend(b"\x0b:event-type\x07\x00\x02hi");
    let (seen, error, _) = frames(1000, &[&raw_message(&headers, b"{}")]);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, [("hi".to_owned(), "{}".to_owned())]);
}

#[test]
fn each_flipped_bit_is_found() {
    let body = event("contentBlockDelta", r#"{"delta":{"text":"hello"}}"#);
    for place in 0..body.len() * 8 {
        let mut body = body.clone();
        body[place / 8] ^= 1 << (place % 8);
        let (seen, error, _) = frames(1000, &[&body]);
        assert_eq!(seen, [], "bit {place}");
        assert_eq!(error.unwrap().kind, ErrorKind::Protocol, "bit {place}");
    }
}

#[test]
fn what_no_message_can_be_is_refused_before_it_is_waited_for() {
    let prelude = |total: u32, headers: u32| {
        let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    };
    let large = "one event of the stream has more than 1000 bytes; raise event_bytes_max";
    assert_eq!(
        refused(&prelude(1017, 10)),
        (ErrorKind::TooLarge, large.to_owned())
    );
    for (total, headers) in [
        (15, 0),
        (0, 0),
        (100, 85),
        (u32::MAX, 0x20_001),
        (16, u32::MAX),
    ] {
        let (kind, message) = refused(&prelude(total, headers));
        assert_eq!(kind, ErrorKind::Protocol, "{message}");
    }
    assert!(frames(1000, &[&prelude(1016, 10)]).1.is_none());
}

#[test]
fn broken_headers_and_payloads_are_refused() {
    let twice = b"\x0b:event-type\x07\x00\x01a\x0b:event-type\x07\x00\x01b";
    let rows: [(&[u8], &str); 8] = [
        (twice, "has one header twice"),
        (b"\x0b:event-type\x00", "has a header that is not text"),
        (b"\x00\x07\x00\x01a", "has a header that is broken"),
        (b"\x01a\x0a", "has a header that is broken"),
        (b"\x01a\x07\x00\x05abc", "has a header that is broken"),
        (b"\x01a\x07\x00", "has a header that is broken"),
        (b"\x01a\x07\x00\x01\xff", "has a header that is broken"),
        (b"\x09a", "has a header that is broken"),
    ];
    for (headers, how) in rows {
        let (kind, message) = refused(&raw_message(headers, b"{}"));
        let expected = format!("a message of the event stream {how}");
        assert_eq!((kind, message), (ErrorKind::Protocol, expected));
    }
    let (kind, message) = refused(&message(&[], b"\xff"));
    assert_eq!(
        (kind, &*message),
        (
            ErrorKind::Protocol,
            "a message of the event stream is not UTF-8"
        )
    );
}

#[test]
fn an_end_inside_a_message_shows() {
    let body = event("messageStart", "{}");
    for end in 1..body.len() {
        let (seen, error, is_inside) = frames(1000, &[&body[..end]]);
        assert!(seen.is_empty() && error.is_none() && is_inside, "{end}");
    }
}

proptest! {
    #[test]
    fn split_anywhere_gives_the_same_frames(
        names in prop::collection::vec("[a-zA-Z]{0,9}", 0..5),
        tail in prop::collection::vec(any::<u8>(), 0..40),
        cuts in prop::collection::vec(0usize..400, 0..6),
    ) {
        let mut body: Vec<u8> = names.iter().flat_map(|name| event(name, "{\"a\":1}")).collect();
        body.extend(tail);
        let whole = frames(100, &[&body]);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| (*cut).min(body.len())).collect();
        ends.sort_unstable();
        ends.push(body.len());
        let mut begin = 0;
        let pieces: Vec<&[u8]> = ends
            .iter()
            .map(|end| &body[std::mem::replace(&mut begin, *end)..*end])
            .collect();
        let split = frames(100, &pieces);
        prop_assert_eq!(&split.0, &whole.0);
        let inside = |end: (Frames, Option<LlmError>, bool)| match end {
            (_, Some(error), _) => error.message,
            (_, None, is_inside) => is_inside.to_string(),
        };
        prop_assert_eq!(inside(split), inside(whole));
    }
}
