//! Every action of a raw plan, seen by its bytes.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{json, Value};

use crate::client::{Connection, End, Response};
use crate::program::{chat_path, Mock};

fn stream_of(actions: Value) -> Response {
    let mock = Mock::start(&[]);
    let mut all = vec![json!({"head": {"status": 200, "headers": [], "chunked": true}})];
    all.extend(actions.as_array().unwrap().iter().cloned());
    mock.raw("k", all.into());
    mock.chat("k")
}

#[test]
fn write_is_bytes_as_they_are() {
    let mock = Mock::start(&[]);
    mock.raw(
        "k",
        json!([
            {"write": "HTTP/1.1 299 Odd\r\ncontent-length: 3\r\n\r\n"},
            {"write_base64": "AAH/"},
            {"close": true}
        ]),
    );

    let response = mock.chat("k");

    assert_eq!((response.status, response.bytes()), (299, vec![0, 1, 255]));
}

#[test]
fn chunks_are_the_writes_of_the_plan() {
    let response = stream_of(json!([{"chunk": "ab"}, {"chunk": "c"}, {"chunk_end": true}]));

    assert_eq!(response.pieces, [b"ab".to_vec(), b"c".to_vec()]);
    assert_eq!(response.end, End::Whole);
}

#[test]
fn events_are_json_or_literal() {
    let response =
        stream_of(json!([{"sse": {"b": 1, "a": 2}}, {"sse": "{oops"}, {"chunk_end": true}]));

    assert_eq!(
        response.text(),
        "data: {\"b\":1,\"a\":2}\n\ndata: {oops\n\n"
    );
}

#[test]
fn the_parts_of_the_wire_can_be_sent() {
    let response = stream_of(json!([
        {"start": true}, {"token": "a"}, {"token": "b"}, {"finish": "length"}, {"usage": true},
        {"done": true}, {"chunk_end": true}
    ]));

    let events = response.events();
    assert_eq!(response.tokens(), ["a", "b"]);
    assert!(events[0].contains("assistant") && events[3].contains("\"length\""));
    assert!(events[4].contains("\"completion_tokens\":2"));
    assert_eq!(events[5], "[DONE]");
}

#[test]
fn lists_repeat_also_inside_each_other() {
    let inner = json!({"repeat": 2, "actions": [{"chunk": "b"}]});
    let response = stream_of(json!([
        {"repeat": 2, "actions": [{"chunk": "a"}, inner]},
        {"repeat": 0, "actions": [{"chunk": "never"}]},
        {"repeat": 3, "actions": []},
        {"chunk_end": true}
    ]));

    assert_eq!(response.text(), "abbabb");
}

#[test]
fn filler_comes_in_pieces_of_64_kib() {
    let response = stream_of(json!([{"bytes": 200_000, "of": "xy"}, {"chunk_end": true}]));

    let lengths: Vec<usize> = response.pieces.iter().map(Vec::len).collect();
    assert_eq!(lengths, [65_536, 65_536, 65_536, 3_392]);
    assert!(response.text().starts_with("xyxy"));
}

#[test]
fn a_pause_takes_its_time() {
    let began = Instant::now();

    let response = stream_of(json!([{"chunk": "a"}, {"pause_ms": 120}, {"chunk_end": true}]));

    assert_eq!(response.text(), "a");
    assert!(began.elapsed() >= Duration::from_millis(120));
}

#[test]
fn gzip_is_flushed_per_part() {
    let mock = Mock::start(&[]);
    mock.raw(
        "k",
        json!([
            {"head": {"status": 200, "headers": [["content-encoding", "gzip"]], "chunked": true}},
            {"gzip": true}, {"chunk": "Hello"}, {"sse": "x"}, {"bytes": 1_000_000, "of": "z"},
            {"chunk_end": true}
        ]),
    );

    let response = mock.chat("k");

    let mut first = [0; 5];
    GzDecoder::new(&response.pieces[0][..])
        .read_exact(&mut first)
        .unwrap();
    assert_eq!(&first, b"Hello");
    let mut all = String::new();
    GzDecoder::new(&response.bytes()[..])
        .read_to_string(&mut all)
        .unwrap();
    assert!(all.starts_with("Hellodata: x\n\nzzz") && all.len() == 1_000_014);
    assert!(response.bytes().len() < 20_000);
}

#[test]
fn close_is_fin_after_all_bytes() {
    let response = stream_of(json!([{"chunk": "a"}, {"close": true}, {"chunk": "never"}]));

    assert_eq!((response.text().as_str(), response.end), ("a", End::Closed));
}

#[test]
fn a_plan_that_ends_before_its_response_cuts_it() {
    assert_eq!(stream_of(json!([{"chunk": "a"}])).end, End::Closed);
}

#[test]
fn reset_is_really_a_reset_after_all_bytes() {
    let response = stream_of(json!([{"chunk": "a"}, {"reset": true}]));

    assert_eq!((response.text().as_str(), response.end), ("a", End::Reset));
}

#[test]
fn before_request_resets_with_the_body_unread() {
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([{"before_request": [{"reset": true}]}, {"answer": {"text": "ok"}}]),
    );
    let mut connection = Connection::open(&mock.http());

    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\ncontent-length: 1000\r\n\r\n");

    assert_eq!(connection.response().end, End::Reset);
    assert_eq!(mock.seen("k")["requests"][0]["body"], json!(null));
    assert_eq!(mock.chat("k").tokens(), ["ok"]);
}

#[test]
fn before_request_can_respond_early() {
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 413, "headers": [["content-length", "0"]]}});
    mock.plan("k", json!([{ "before_request": [head] }]));
    let mut connection = Connection::open(&mock.http());

    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\ncontent-length: 1000\r\n\r\n");

    assert_eq!(connection.response().status, 413);
    assert_eq!(connection.until(1), Err(End::Closed));
}

#[test]
fn a_request_can_be_read_while_it_is_served() {
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([{"before_request": [
            {"head": {"status": 200, "chunked": true}}, {"chunk": "early "},
            {"read_request": true}, {"chunk": "late"}, {"chunk_end": true}, {"keep": true}
        ]}]),
    );
    let mut connection = Connection::open(&mock.http());

    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\ncontent-length: 4\r\n\r\n");
    assert_eq!(mock.wait("k", "bytes=1")["held"], true);
    connection.write(b"body");

    assert_eq!(connection.response().text(), "early late");
    assert_eq!(mock.seen("k")["requests"][0]["body"], "body");
    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(connection.response().text(), "early late");
}

#[test]
fn keep_keeps_a_connection_whatever_the_head_announced() {
    let mock = Mock::start(&[]);
    let extra = json!([
        {"write": "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nab"},
        {"keep": true}
    ]);
    mock.raw("k", extra);
    let mut connection = Connection::open(&mock.http());

    for _ in 0..2 {
        connection.send("POST", &chat_path("k"), "{}");
        assert_eq!(connection.response().text(), "ab");
    }

    let seen = mock.seen("k");
    assert_eq!(
        (&seen["requests_count"], &seen["connections_opened"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(seen["requests"][0]["version"], "HTTP/1.1");
    assert_eq!(seen["requests"][0]["place"], "http");
}

#[test]
fn hang_lasts_until_the_peer_closes() {
    let mock = Mock::start(&[]);
    mock.raw(
        "k",
        json!([{"head": {"status": 200, "chunked": true}}, {"hang": true}]),
    );
    let mut connection = Connection::open(&mock.http());

    connection.send("POST", &chat_path("k"), "{}");
    connection.line("\r\n\r\n").unwrap();
    assert_eq!(mock.seen("k")["requests"][0]["closed_ms"], json!(null));
    drop(connection);

    let seen = mock.wait("k", "closed=1");
    assert_eq!(seen["held"], true);
    assert!(seen["requests"][0]["closed_ms"].is_f64());
    assert_eq!(
        (&seen["connections_opened"], &seen["connections_closed"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn plan_and_test_signal_each_other() {
    let mock = Mock::start(&[]);
    mock.raw(
        "k",
        json!([
            {"head": {"status": 200, "chunked": true}}, {"signal": "ready"}, {"await": "go"},
            {"chunk": "went"}, {"chunk_end": true}
        ]),
    );
    let mut connection = Connection::open(&mock.http());

    connection.send("POST", &chat_path("k"), "{}");
    assert_eq!(mock.wait("k", "signal=ready")["held"], true);
    assert_eq!(mock.control("POST", "signal/k/go", "").status, 200);

    assert_eq!(connection.response().text(), "went");
    let events = mock.seen("k")["events"].clone();
    let names: Vec<&Value> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["name"])
        .collect();
    assert_eq!(names, ["ready", "go"]);
}
