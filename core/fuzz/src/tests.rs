//! Each known difference has a response that shows it, and one beside it that shows no other; and
//! what the clients agree on is no accident of both refusing everything.

use std::collections::HashMap;

use fastrand::Rng;
use liter_llm::fuzzing::{pieces, seeded_rng};

use crate::compare::compare;
use crate::differences::Difference;
use crate::responses::response;
use crate::{hyper_client, Verdict};

/// Responses of random choices; the environment's RESPONSES says how many.
const RESPONSES: usize = 20_000;

/// What differs, whole and byte by byte.
fn difference(response: &[u8], closed: bool) -> Option<Difference> {
    let whole = compare(&[response], closed).unwrap_or_else(|unexplained| panic!("{unexplained}"));
    let bytes: Vec<&[u8]> = response.chunks(1).collect();
    let cut = compare(&bytes, closed).unwrap_or_else(|unexplained| panic!("{unexplained}"));
    assert_eq!(whole, cut, "{}", response.escape_ascii());
    whole
}

/// A head with these lines, and what follows it.
fn ok(lines: &str, body: &str) -> Vec<u8> {
    let lines = lines.replace('\n', "\r\n");
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n{body}").into_bytes()
}

fn chunked(body: &str) -> Vec<u8> {
    ok("transfer-encoding: chunked\n", body)
}

#[track_caller]
fn differs(response: &[u8], expected: Difference) {
    assert_eq!(
        difference(response, false),
        Some(expected),
        "{}",
        response.escape_ascii()
    );
}

#[track_caller]
fn agrees(response: &[u8]) {
    assert_eq!(
        difference(response, false),
        None,
        "{}",
        response.escape_ascii()
    );
    assert_eq!(
        difference(response, true),
        None,
        "{}",
        response.escape_ascii()
    );
}

#[test]
fn statuses() {
    let status = |status: &str| format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
    for outside in ["600", "999"] {
        differs(status(outside).as_bytes(), Difference::StatusOutsideHttp);
    }
    differs(status("101").as_bytes(), Difference::SwitchingProtocols);
    for agreed in [
        "000", "099", "100", "200", "204", "304", "599", "1000", "20",
    ] {
        agrees(status(agreed).as_bytes());
    }
}

#[test]
fn interim_responses() {
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let with = |interim: &str| format!("HTTP/1.1 150 x\r\n{interim}\r\n{last}");
    for body in ["content-length: 2\r\n", "transfer-encoding: chunked\r\n"] {
        differs(with(body).as_bytes(), Difference::InterimWithBody);
    }
    agrees(with("").as_bytes());
    let alone = b"HTTP/1.1 150 x\r\n\r\n";
    assert_eq!(difference(alone, true), Some(Difference::InterimOnly));
    assert_eq!(difference(alone, false), None);
    assert_eq!(difference(b"HTTP/1.1 103 x\r\n\r\n", true), None);
    let many = |count: usize| "HTTP/1.1 100 x\r\n\r\n".repeat(count) + last;
    differs(many(129).as_bytes(), Difference::InterimLimit);
    agrees(many(128).as_bytes());
}

#[test]
fn lengths_and_codings() {
    for length in ["9223372036854775808", "18446744073709551613"] {
        differs(
            &ok(&format!("content-length: {length}\n"), ""),
            Difference::LengthTooLarge,
        );
    }
    for length in [
        "9223372036854775807",
        "18446744073709551615",
        "5, 6",
        "+5",
        "",
        "5,",
    ] {
        agrees(&ok(&format!("content-length: {length}\n"), ""));
    }
    let coded = |coding: &str| {
        ok(
            &format!("transfer-encoding: {coding}\n"),
            "1\r\na\r\n0\r\n\r\n",
        )
    };
    for coding in [
        "gzip, chunked",
        "chunked, chunked",
        "chunked\ntransfer-encoding: chunked",
        "identity",
        "gzip",
        "",
        "chunked;q=1",
        "\u{e9}, chunked",
        "\u{e9}",
    ] {
        differs(&coded(coding), Difference::CodingUnknown);
    }
    differs(&coded("chunked,"), Difference::CodingEmptyElement);
    differs(
        &coded("chunked\ntransfer-encoding:"),
        Difference::CodingEmptyElement,
    );
    differs(
        &ok("transfer-encoding: chunked,\n", "x"),
        Difference::CodingEmptyElement,
    );
    for coding in ["chunked", "CHUNKED", " ,chunked"] {
        agrees(&coded(coding));
    }
    let unchanged =
        "304 Not Modified\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n";
    agrees(format!("HTTP/1.1 {unchanged}").as_bytes());
    differs(
        format!("HTTP/1.0 {unchanged}").as_bytes(),
        Difference::KeptWithCodingInHttp10,
    );
    let old = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n";
    for body in ["0\r\n\r\n", "", "x"] {
        differs(
            format!("{old}{body}").as_bytes(),
            Difference::ChunksInHttp10,
        );
    }
}

#[test]
fn chunks() {
    differs(
        &chunked("00000000000000001\r\na\r\n0\r\n\r\n"),
        Difference::SizeDigits,
    );
    agrees(&chunked("0000000000000001\r\na\r\n0\r\n\r\n"));
    agrees(&chunked("fffffffffffffffff\r\n"));
    for agreed in [
        "5 0\r\n",
        "1 \t;a\r\na\r\n0\r\n\r\n",
        "1;a\nb\r\n",
        "1\na",
        "1\r\nab",
        "\r\n",
        "x",
    ] {
        agrees(&chunked(agreed));
    }
    let blanks = format!("1{}\r\na\r\n0\r\n\r\n", " ".repeat(17_000));
    differs(&chunked(&blanks), Difference::OverheadLimit);
    let halves = format!("1;{0}\r\na\r\n0\r\nA: {0}\r\n\r\n", "b".repeat(9000));
    differs(&chunked(&halves), Difference::OverheadLimit);
}

#[test]
fn trailers() {
    for trailer in ["\nA: b", "A: b\n\nC: d", "A: b\n", "\n"] {
        let response = chunked(&format!("0\r\n{trailer}\r\n\r\n"));
        differs(&response, Difference::TrailerLineFeed);
    }
    let early = chunked("0\r\nA : b");
    assert_eq!(difference(&early, false), Some(Difference::TrailerEarly));
    assert_eq!(difference(&early, true), Some(Difference::TrailerEarly));
    differs(
        &chunked(&format!("0\r\n{}\r\n", "a:\r\n".repeat(257))),
        Difference::TrailerLimit,
    );
    for agreed in [
        "A: b",
        "a:",
        "A: b\nC: d",
        "A : b",
        " A: b",
        "A",
        "A: \0",
        "A: b\rc",
        "\u{e9}: b",
    ] {
        agrees(&chunked(&format!("0\r\n{agreed}\r\n\r\n")));
    }
}

#[test]
fn reused_connections() {
    let both = ok(
        "transfer-encoding: chunked\ncontent-length: 5\n",
        "0\r\n\r\n",
    );
    differs(&both, Difference::KeptWithTwoLengths);
    for header in ["content-length: 5\r\n", "transfer-encoding: chunked\r\n"] {
        let empty = format!("HTTP/1.1 204 x\r\n{header}\r\n");
        differs(empty.as_bytes(), Difference::KeptWithBodyOf204);
        // With a body behind it neither keeps it.
        agrees(format!("{empty}0\r\n\r\n").as_bytes());
    }
    differs(
        &ok("content-length: 0\nconnection: \u{e9}\n", ""),
        Difference::KeptThoughUnreadable,
    );
    agrees(&ok(
        "content-length: 0\nconnection: close, \u{e9}\nconnection: close\n",
        "",
    ));
    agrees(&ok(
        "content-length: 0\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ));
}

#[test]
fn long_heads() {
    let line = format!("a: {}\n", "b".repeat(300_000));
    let response = ok(&format!("{line}content-length: 0\n"), "");
    let pieces: Vec<&[u8]> = response.chunks(8000).collect();
    let found = compare(&pieces, false).unwrap_or_else(|unexplained| panic!("{unexplained}"));
    assert_eq!(found, Some(Difference::HeadLimit));
    let lines = |count: usize| {
        ok(
            &format!("content-length: 0\n{}", "a: b\n".repeat(count)),
            "",
        )
    };
    agrees(&lines(255));
    agrees(&lines(256));
}

#[test]
fn responses_of_random_choices_differ_as_explained() {
    let count = std::env::var("RESPONSES").map_or(RESPONSES, |count| count.parse().unwrap());
    let mut rng = Rng::with_seed(1);
    let mut verdicts: HashMap<(Verdict, bool), usize> = HashMap::new();
    for _ in 0..count {
        let length = rng.usize(..300);
        let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(length).collect();
        let (response, closed) = response(&bytes);
        let pieces = pieces(&response, &mut seeded_rng(&bytes));
        compare(&pieces, closed).unwrap_or_else(|unexplained| panic!("{unexplained}"));
        let theirs = hyper_client::read(&pieces, closed);
        *verdicts
            .entry((theirs.verdict, theirs.reusable))
            .or_default() += 1;
    }
    // Whole responses are common, and nothing is rare.
    assert!(
        verdicts[&(Verdict::Whole, false)] > count / 4,
        "{verdicts:?}"
    );
    assert!(
        verdicts[&(Verdict::Whole, true)] > count / 20,
        "{verdicts:?}"
    );
    for verdict in [
        Verdict::HeadPending,
        Verdict::HeadCut,
        Verdict::HeadRefused,
        Verdict::BodyPending,
        Verdict::BodyCut,
        Verdict::BodyRefused,
    ] {
        assert!(verdicts[&(verdict, false)] > count / 500, "{verdicts:?}");
    }
}
