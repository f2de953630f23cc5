//! The WHATWG rules one by one, and the promises of the framer: bytes cut anywhere give the same
//! frames, and memory is bounded.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod bare;
mod repeated;

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

type Events = Vec<(String, String)>;

/// All frames, or those before the error, of bytes that come in these pieces.
fn frames<'b>(
    bytes_max: usize,
    pieces: impl Iterator<Item = &'b [u8]>,
) -> (Events, Option<ErrorKind>) {
    let mut framer = SseFramer::new(bytes_max);
    let mut events = Vec::new();
    for piece in pieces {
        let fed = framer.feed(piece, &mut |frame: Frame<'_>| {
            events.push((frame.name.to_owned(), frame.data.to_owned()));
            Ok(())
        });
        if let Err(error) = fed {
            return (events, Some(error.kind));
        }
    }
    (events, None)
}

/// The frames of a stream, which are the same whole and in pieces of 1, 2, 3, 5 and 7 bytes.
fn read(stream: &[u8]) -> Events {
    let (whole, error) = frames(1 << 20, std::iter::once(stream));
    assert_eq!(error, None);
    for size in [1, 2, 3, 5, 7] {
        assert_eq!(
            frames(1 << 20, stream.chunks(size)),
            (whole.clone(), None),
            "pieces of {size}"
        );
    }
    whole
}

fn events(list: &[(&str, &str)]) -> Events {
    list.iter()
        .map(|(name, data)| ((*name).to_owned(), (*data).to_owned()))
        .collect()
}

#[test]
fn lines_end_with_lf_crlf_or_cr() {
    let expected = events(&[("", "one\ntwo"), ("", "three")]);
    for end in ["\n", "\r\n", "\r"] {
        let stream = "data: one|data: two||data: three||".replace('|', end);
        assert_eq!(read(stream.as_bytes()), expected, "{end:?}");
    }
}

#[test]
fn one_blank_after_the_colon_is_dropped_and_a_colon_is_not_needed() {
    let stream = b"data:none\n\ndata: one\n\ndata:  two\n\ndata\n\ndata:\n\ndata: a:b\n\n";
    let expected = [
        ("", "none"),
        ("", "one"),
        ("", " two"),
        ("", ""),
        ("", ""),
        ("", "a:b"),
    ];
    assert_eq!(read(stream), events(&expected));
}

#[test]
fn a_name_holds_for_one_event_only() {
    let stream = b"event: add\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\nevent\ndata: 4\n\n";
    assert_eq!(
        read(stream),
        events(&[("add", "1"), ("", "2"), ("", "3"), ("", "4")])
    );
}

#[test]
fn comments_and_unknown_fields_are_no_events() {
    let stream = b": hi\n\n:\n\nid: 7\nretry: 1\nfoo: bar\ndatax: y\n data: z\n\ndata: x\n\n";
    assert_eq!(read(stream), events(&[("", "x")]));
}

#[test]
fn one_byte_order_mark_is_dropped() {
    assert_eq!(read(b"\xef\xbb\xbfdata: x\n\n"), events(&[("", "x")]));
    assert_eq!(
        read(b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n"),
        events(&[("", "y")])
    );
    assert_eq!(
        read(b"\xef\xbbdata: x\n\ndata: y\n\n"),
        events(&[("", "y")])
    );
}

#[test]
fn the_end_of_the_body_completes_no_event() {
    assert_eq!(
        read(b"data: whole\n\ndata: cut\n"),
        events(&[("", "whole")])
    );
    assert_eq!(read(b"data: whole\n\ndata: cut"), events(&[("", "whole")]));
    assert_eq!(read(b""), events(&[]));
}

#[test]
fn json_in_a_line_of_an_unknown_field_is_handed_on_at_once() {
    let stream = b"data: {}\n\nerror: {\"code\":500}\nid: {}\nerror: words\n\ndata: x\n\n";
    assert_eq!(
        read(stream),
        events(&[("", "{}"), ("error:", "{\"code\":500}"), ("", "x")])
    );
}

#[test]
fn characters_are_whole_however_they_were_cut() {
    let text = "naïve – 東京 🦀\u{0}";
    assert_eq!(
        read(format!("data: {text}\n\n").as_bytes()),
        events(&[("", text)])
    );
}

#[test]
fn invalid_utf_8_is_an_error_and_events_before_it_stand() {
    for bad in [
        &b"data: \xff\n\n"[..],
        b"event: \xc3\ndata: x\n\n",
        b"data: \xe6\x9d\n\n",
    ] {
        let stream = [b"data: good\n\n", bad].concat();
        for size in [1, 3, stream.len()] {
            let expected = (events(&[("", "good")]), Some(ErrorKind::Protocol));
            assert_eq!(frames(1 << 20, stream.chunks(size)), expected);
        }
    }
    assert_eq!(read(b": \xff\n\ndata: x\n\n"), events(&[("", "x")]));
}

#[test]
fn events_and_comments_are_activity() {
    let mut framer = SseFramer::new(100);
    let mut signs = |bytes: &[u8]| {
        framer.feed(bytes, &mut |_: Frame<'_>| Ok(())).unwrap();
        framer.activity()
    };
    assert_eq!(signs(b": pi"), 0);
    assert_eq!(signs(b"ng\n"), 1);
    assert_eq!(signs(b"\ndata: x\n"), 1);
    assert_eq!(signs(b"\nid: 1\n\n"), 2);
}

#[test]
fn what_each_responses_ends_the_feeding() {
    let mut framer = SseFramer::new(100);
    let refuse = &mut |_: Frame<'_>| Err(LlmError::new(ErrorKind::Provider, "no"));
    let error = framer.feed(b"data: x\n\ndata: y\n\n", refuse).unwrap_err();
    assert_eq!((error.kind, framer.activity()), (ErrorKind::Provider, 1));
}

#[test]
fn an_event_beyond_the_limit_is_too_large() {
    let fits = [b"data: ".as_slice(), &[b'x'; 94], b"\n\n"].concat();
    assert_eq!(frames(100, fits.chunks(7)).1, None);
    let mut error = None;
    let mut framer = SseFramer::new(100);
    for _ in 0..101 {
        error = error.or(framer.feed(b"x", &mut |_: Frame<'_>| Ok(())).err());
    }
    let error = error.unwrap();
    assert_eq!(
        (error.kind, error.phase),
        (ErrorKind::TooLarge, Phase::Body)
    );
    assert!(
        error.message.contains("event_bytes_max"),
        "{}",
        error.message
    );
}

#[test]
fn every_endless_thing_meets_the_limit() {
    for endless in [
        "x",
        "data: xxxx\n",
        "data\n",
        ": xxxx",
        "event: ",
        "data: x\r",
    ] {
        let stream = endless.repeat(300);
        for size in [1, 64, stream.len()] {
            let (seen, error) = frames(100, stream.as_bytes().chunks(size));
            assert_eq!(
                (seen.len(), error),
                (0, Some(ErrorKind::TooLarge)),
                "{endless:?} {size}"
            );
        }
    }
    let (seen, error) = frames(
        100,
        ": ping\nid: 1\nevent: x\n".repeat(100).as_bytes().chunks(9),
    );
    assert_eq!((seen.len(), error), (0, None));
}

#[test]
fn large_events_leave_no_memory_behind() {
    let mut framer = SseFramer::new(1 << 22);
    let event = format!("data: {}\ndata: y\n\n", "x".repeat(1 << 20));
    let mut count = 0;
    for piece in event.as_bytes().chunks(1000) {
        framer
            .feed(piece, &mut |frame: Frame<'_>| {
                count += frame.data.len();
                Ok(())
            })
            .unwrap();
        assert!(framer.buffer.capacity() <= (1 << 22) + 1000);
    }
    assert_eq!(count, (1 << 20) + 2);
    assert!(framer.buffer.capacity() <= BUFFER_BYTES_KEPT);
}

#[test]
fn a_name_is_short_or_refused() {
    let named = |bytes: usize| format!("event: {}\ndata: x\n\n", "n".repeat(bytes));
    for (bytes, refused) in [(NAME_BYTES_MAX, false), (NAME_BYTES_MAX + 1, true)] {
        for size in [1000, usize::MAX] {
            let (seen, error) = frames(1 << 20, named(bytes).as_bytes().chunks(size));
            assert_eq!(
                error,
                refused.then_some(ErrorKind::TooLarge),
                "{bytes} in {size}"
            );
            assert_eq!(seen.len(), usize::from(!refused));
        }
    }
}

/// Half of an event, then the other half: neither is ever held twice.
#[test]
fn lines_of_one_event_share_one_buffer() {
    let half = "y".repeat(1 << 20);
    let event = format!("data: {half}\ndata: {half}\n\n");
    let (max, mut largest, mut count) = ((1 << 21) + 64, 0, 0);
    let mut framer = SseFramer::new(max);
    for piece in event.as_bytes().chunks(5000) {
        let mut each = |frame: Frame<'_>| {
            count += frame.data.len();
            assert_eq!(frame.data.find('\n'), Some(1 << 20));
            Ok(())
        };
        framer.feed(piece, &mut each).unwrap();
        largest = largest.max(framer.buffer.capacity());
    }
    assert_eq!(count, (1 << 21) + 1);
    assert!(largest <= max + "data: ".len(), "{largest}");
}

/// The recordings, if they are there: `LITER_LLM_RECORDINGS`, else beside the repository.
#[test]
#[allow(clippy::print_stderr)]
fn recorded_framings_give_their_events() {
    let root = std::env::var_os("LITER_LLM_RECORDINGS").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../shared/recordings"
            ))
        },
        PathBuf::from,
    );
    let Ok(exchanges) = std::fs::read_dir(root.join("sse-generic")) else {
        eprintln!("skipped: no recordings; set LITER_LLM_RECORDINGS");
        return;
    };
    let mut count = 0;
    for exchange in exchanges {
        let path = exchange.unwrap().path();
        let body = std::fs::read(path.join("response.body")).unwrap();
        let expected = std::fs::read(path.join("expected.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let expected: Events = expected["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                (
                    event["event"].as_str().unwrap(),
                    event["data"].as_str().unwrap(),
                )
            })
            .map(|(name, data)| (name.replace("message", ""), data.to_owned()))
            .collect();
        assert_eq!(read(&body), expected, "{}", path.display());
        count += 1;
    }
    assert!(count > 0);
}

/// Streams made of what matters to the rules, so that random ones contain it often.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "data", "event", "error", "id", ":", ": ", " ", "\n", "\r", "\r\n", "\n\n", "x", "{}", "é",
        "🦀", "\u{feff}", "data: ", "\0", "{", "}", "\"", "\\",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn cut_anywhere_gives_the_same(
        stream in stream(),
        max in 4..80_usize,
        cuts in prop::collection::vec(1..9_usize, 1..20),
    ) {
        let mut rest = stream.as_slice();
        let pieces: Vec<&[u8]> = cuts.iter().cycle().map_while(|size| {
            let (piece, after) = rest.split_at(rest.len().min(*size));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        }).collect();
        prop_assert_eq!(pieces.concat(), stream.clone());
        let whole = frames(max, std::iter::once(stream.as_slice()));
        prop_assert_eq!(frames(max, pieces.into_iter()), whole);
    }

    #[test]
    fn memory_is_bounded(
        bytes in prop::collection::vec(any::<u8>(), 0..4000),
        max in 1..200_usize,
        size in 1..300_usize,
    ) {
        let mut framer = SseFramer::new(max);
        for piece in bytes.chunks(size) {
            if framer.feed(piece, &mut |_: Frame<'_>| Ok(())).is_err() {
                break;
            }
            prop_assert!(framer.held() + framer.partial_line().len() <= max);
            // A vector never holds less than 8 bytes, and data may keep its field's name.
            prop_assert!(framer.buffer.capacity() <= max.max(8) + "data: ".len());
        }
    }
}
