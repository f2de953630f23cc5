//! Lines of a tape and the recordings in them: pure parts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{json, Value};

use super::exchange::{Received, TapedEnd, TapedExchange};
use super::failure::is_held;
use super::recordings::Recordings;
use super::request::TapedRequest;
use super::{Clean, Keeps, TapePace};
use crate::error::ErrorKind;
use crate::http::read::Read;
use crate::http::HttpRequest;

const SECRET: &str = "hidden-key";

fn clean() -> Clean {
    Arc::new(|text: &str| {
        let has = text.contains(SECRET);
        has.then(|| text.replace(SECRET, "[REDACTED]"))
    })
}

fn request(body: &Value) -> TapedRequest {
    let request = HttpRequest {
        method: Method::POST,
        url: "https://host/v1/chat".parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from(body.to_string()),
    };
    TapedRequest::new("openai", &request, &clean())
}

fn received(body: &[u8], pieces: &[(u64, usize)]) -> Received {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("set-cookie", "session"),
        ("server", "x"),
        ("x-ratelimit-remaining-requests", "5"),
        ("x-own", SECRET),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Received {
        status: 200,
        headers,
        head_ms: 3,
        body: body.to_vec(),
        pieces: pieces.to_vec(),
    }
}

/// What a line plays.
async fn played(line: &str) -> (Vec<u8>, bool) {
    let exchange = TapedExchange::parse(line).unwrap();
    let (_, _, mut body) = exchange.play(TapePace::Full).unwrap();
    let mut bytes = Vec::new();
    let whole = poll_fn(|context| loop {
        let mut sink = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            ControlFlow::Continue(())
        };
        match body.poll_read(context, &mut sink) {
            Poll::Ready(Ok(Read::More)) => {}
            Poll::Ready(Ok(Read::End)) => return Poll::Ready(true),
            Poll::Ready(Err(_)) => return Poll::Ready(false),
            Poll::Pending => return Poll::Pending,
        }
    });
    let whole = whole.await;
    (bytes, whole)
}

/// All but one; cookies are none.
fn keeps() -> Keeps {
    Arc::new(|name| name != "server")
}

fn line(body: &[u8], pieces: &[(u64, usize)], end: TapedEnd) -> String {
    let response = received(body, pieces).tape(end, None, &keeps(), &clean());
    TapedExchange::of_response(request(&json!({"a": 1})), response).to_line()
}

#[tokio::test]
async fn text_and_bytes_come_back_as_they_were() {
    for (body, pieces) in [
        (&b""[..], vec![]),
        (b"data: {}\n\n", vec![(5, 4), (9, 6)]),
        (b"\xff\x00\x01", vec![(5, 3)]),
        ("h\u{e9}".as_bytes(), vec![(5, 2), (6, 1)]),
        // Where somebody changed the text, what the list leaves open comes at the end.
        (b"longer than its pieces", vec![(5, 3)]),
        (b"short", vec![(5, 300), (6, 1)]),
    ] {
        let line = line(body, &pieces, TapedEnd::Complete);
        assert_eq!(played(&line).await, (body.to_vec(), true));
        let cut = line.replace("\"complete\"", "\"cut\"");
        assert_eq!(played(&cut).await, (body.to_vec(), false));
    }
}

#[tokio::test]
async fn a_secret_is_taken_out_of_text_and_bytes_with_it_are_not_written() {
    let text = line(
        b"data: hidden-key\n\n",
        &[(5, 9), (6, 9)],
        TapedEnd::Complete,
    );
    assert!(
        !text.contains(SECRET) && !text.contains("session"),
        "{text}"
    );
    assert_eq!(
        played(&text).await,
        (b"data: [REDACTED]\n\n".to_vec(), true)
    );
    let document: Value = serde_json::from_str(&text).unwrap();
    let expected = json!({"content-type": "text/event-stream", "x-own": "[REDACTED]",
        "x-ratelimit-remaining-requests": "5"});
    assert_eq!(document["response"]["headers"], expected);
    let binary = line(b"\xffhidden-key\xff", &[(5, 12)], TapedEnd::Complete);
    assert_eq!(played(&binary).await, (Vec::new(), false));
}

#[test]
fn a_deeply_nested_request_can_be_read_again() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    let response = received(b"", &[]).tape(TapedEnd::Complete, None, &keeps(), &clean());
    let line = TapedExchange::of_response(request(&json!({ "a": deep })), response).to_line();
    assert!(TapedExchange::parse(&line).is_ok());
}

#[test]
fn each_recording_is_played_once_in_its_order() {
    let mut recordings = Recordings::default();
    for text in ["one", "two"] {
        let response = received(text.as_bytes(), &[]);
        let response = response.tape(TapedEnd::Complete, None, &keeps(), &clean());
        recordings.add(TapedExchange::of_response(
            request(&json!({"a": 1})),
            response,
        ));
    }
    let key = request(&json!({"a": 1})).key();
    let mut next = || {
        let found = recordings.next(&key)?;
        let line: Value = serde_json::from_str(&found.to_line()).unwrap();
        Some(line["response"]["text"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        [next(), next(), next()],
        [Some("one".to_owned()), Some("two".to_owned()), None]
    );
}

#[test]
fn the_nearest_request_is_the_one_that_differs_least() {
    let mut recordings = Recordings::default();
    for body in [
        json!({"a": 1, "b": {"c": [1, 2], "d": true}, "e": "x"}),
        json!({"a": 2, "b": {"c": [1, 2], "d": false}}),
    ] {
        let response = received(b"", &[]).tape(TapedEnd::Complete, None, &keeps(), &clean());
        recordings.add(TapedExchange::of_response(request(&body), response));
    }
    let asked = request(&json!({"a": 2, "b": {"c": [1], "d": null}, "f": 1}));
    assert_eq!(
        recordings.missing(&asked, &asked.key()),
        "does not have this request; the nearest one differs in body.b.c (recorded 2 entries, \
         asked 1), body.b.d (recorded false, asked null), body.f (not recorded)"
    );
}

#[test]
fn only_failures_of_the_network_are_held() {
    assert!(is_held(ErrorKind::Network));
    assert!(!is_held(ErrorKind::Config));
}
