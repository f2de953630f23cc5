//! Paced tokens: their pace, their number, and readers that are slower than the pace.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Connection;
use crate::program::{chat_path, Mock};

#[test]
fn tokens_keep_their_interval() {
    let mock = Mock::start(&[]);
    let began = Instant::now();

    let response = mock.chat("tokens~6~40~k");

    assert_eq!(response.tokens(), ["tok "; 6]);
    assert_eq!(response.events().last().unwrap(), "[DONE]");
    // Start, six tokens, and the end as one piece.
    assert_eq!(response.pieces.len(), 8);
    assert!(began.elapsed() >= Duration::from_millis(5 * 40));
    assert_eq!(mock.stats()["tokens_written"], 6);
}

#[test]
fn timed_tokens_hold_when_they_were_due() {
    let mock = Mock::start(&[]);

    let response = mock.chat("timed~5~30~k");

    let tokens = response.tokens();
    assert!(tokens.iter().all(|token| token.len() == 16));
    let due_us: Vec<u64> = tokens
        .iter()
        .map(|token| token.trim_end().parse().unwrap())
        .collect();
    let gaps_us: Vec<u64> = due_us.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps_us, [30_000; 4]);
    assert_eq!(response.events().last().unwrap(), "[DONE]");
    assert_eq!(mock.stats()["tokens_written"], 5);
}

#[test]
fn many_streams_share_the_pacer() {
    let mock = Mock::start(&[]);
    mock.plan("k", json!([{"tokens": 10, "interval_ms": 20, "text": "t"}]));
    let mut connections: Vec<_> = (0..200).map(|_| Connection::open(&mock.http())).collect();
    let began = Instant::now();

    for connection in &mut connections {
        connection.send("POST", &chat_path("k"), r#"{"stream":true}"#);
    }
    for connection in &mut connections {
        assert_eq!(connection.response().tokens().len(), 10);
    }

    // One after the other they would take 36 seconds.
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(mock.stats()["tokens_written"], 2_000);
}

#[test]
fn a_slow_reader_gets_every_byte_in_the_end() {
    let mock = Mock::start(&[]);
    let text = "x".repeat(200_000);
    mock.plan(
        "k",
        json!([{"tokens": 100, "interval_ms": 1, "text": text}]),
    );
    let mut connection = Connection::open(&mock.http());

    connection.send("POST", &chat_path("k"), r#"{"stream":true}"#);
    // 20 MB do not fit into the sockets: the pacer must have given the stream back by then.
    assert_eq!(mock.wait("k", "bytes=1000000")["held"], true);
    let stuck = mock.wait("k", "bytes=20000000&timeout_ms=300");
    let response = connection.response();

    assert_eq!(stuck["held"], false);
    assert_eq!(response.tokens().len(), 100);
    assert!(response
        .tokens()
        .iter()
        .all(|token| token.len() == text.len()));
}

#[test]
fn without_an_interval_tokens_flood_under_back_pressure() {
    let mock = Mock::start(&[]);
    mock.plan("k", json!([{"tokens": 5_000, "text": "x".repeat(4_000)}]));
    let mut connection = Connection::open(&mock.http());

    connection.send("POST", &chat_path("k"), r#"{"stream":true}"#);
    let stuck = mock.wait("k", "bytes=20000000&timeout_ms=300");
    let response = connection.response();

    assert!(stuck["bytes_written"].as_u64().unwrap() < 12_000_000);
    assert_eq!(response.tokens().len(), 5_000);
}

#[test]
fn a_peer_that_leaves_is_paced_no_more() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());
    let key = "tokens~1000~20~k";

    connection.send("POST", &chat_path(key), r#"{"stream":true}"#);
    assert_eq!(mock.wait(key, "bytes=1000")["held"], true);
    drop(connection);

    let seen = mock.wait(key, "closed=1");
    assert_eq!(seen["held"], true);
    let more = mock.wait(key, &format!("bytes={}&timeout_ms=100", written(&seen) + 1));
    assert_eq!(written(&more), written(&seen));
}

fn written(seen: &serde_json::Value) -> u64 {
    seen["bytes_written"].as_u64().unwrap()
}
