//! Good responses and status responses, steps, and the requests that cause them.

use serde_json::json;

use crate::client::{post, Connection, End};
use crate::program::{chat_path, Mock};

#[test]
fn a_key_without_a_plan_gets_a_good_stream() {
    let mock = Mock::start(&[]);

    let response = mock.chat("new");

    assert_eq!((response.status, &response.end), (200, &End::Whole));
    assert_eq!(
        response.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(response.header("x-request-id"), Some("req_1"));
    assert_eq!(response.tokens(), ["Hello", " world"]);
    let events = response.events();
    assert!(events[3].contains(r#""finish_reason":"stop""#) && events[3].contains("\"tiny\""));
    assert_eq!(events[4], "[DONE]");
}

#[test]
fn usage_comes_when_requested() {
    let mock = Mock::start(&[]);
    let body = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;

    let events = post(&mock.http(), &chat_path("a"), body).events();

    let usage = r#""usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#;
    assert!(events[4].contains(usage), "{}", events[4]);
}

#[test]
fn a_request_without_stream_gets_a_whole_response() {
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([{"answer": {"text": "Grüße", "finish": "length"}}]),
    );

    let response = mock.whole("k");

    let choice = &response.json()["choices"][0];
    assert_eq!(choice["message"]["content"], "Grüße");
    assert_eq!(choice["finish_reason"], "length");
    assert_eq!(response.header("content-type"), Some("application/json"));
}

#[test]
fn requests_play_the_steps_in_order_and_the_last_repeats() {
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([{"status": 500, "times": 2}, {"status": 429}, {"answer": {"text": "a"}}]),
    );

    let statuses: Vec<u16> = (0..5).map(|_| mock.whole("k").status).collect();

    assert_eq!(statuses, [500, 500, 429, 200, 200]);
}

#[test]
fn a_status_has_its_headers_and_one_of_three_bodies() {
    let mock = Mock::start(&[]);
    mock.plan(
        "k",
        json!([
            {"status": 429, "headers": [["Retry-After", "1"]], "body": "slow"},
            {"status": 502, "body_base64": "AP8="},
            {"status": 401, "error": {"message": "bad {{api_key}}", "type": "auth", "code": "c"}}
        ]),
    );

    let (text, bytes, error) = (mock.whole("k"), mock.whole("k"), mock.whole("k"));

    assert_eq!(
        (text.header("retry-after"), text.text().as_str()),
        (Some("1"), "slow")
    );
    assert_eq!(text.header("content-length"), Some("4"));
    assert_eq!(bytes.bytes(), [0, 255]);
    let document = json!({"error":
        {"message": "bad key-1", "type": "auth", "param": null, "code": "c"}});
    assert_eq!(error.json(), document);
    assert_eq!(error.header("content-type"), Some("application/json"));
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());

    for number in 1..=3 {
        connection.send("POST", &chat_path("k"), r#"{"stream":true}"#);
        let id = format!("req_{number}");
        assert_eq!(
            connection.response().header("x-request-id"),
            Some(id.as_str())
        );
    }

    let seen = mock.seen("k");
    assert_eq!(
        (&seen["requests_count"], &seen["connections_opened"]),
        (&json!(3), &json!(1))
    );
}

#[test]
fn requests_sent_ahead_are_served_in_order() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());

    connection.send("POST", &chat_path("tokens~3~20~k"), r#"{"stream":true}"#);
    connection.send("POST", &chat_path("second"), "{}");

    assert_eq!(connection.response().tokens().len(), 3);
    assert_eq!(connection.response().json()["object"], "chat.completion");
}

#[test]
fn connection_close_is_honoured() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());

    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\nconnection: close\r\n\r\n");

    assert_eq!(connection.response().status, 200);
    assert_eq!(connection.until(1), Err(End::Closed));
}

#[test]
fn a_chunked_request_is_read() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());

    connection.write(b"POST /k/v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.write(b"4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n");

    assert_eq!(connection.response().status, 200);
    assert_eq!(mock.seen("k")["requests"][0]["body"], json!({"a": 1}));
}

#[test]
fn a_body_of_80_mib_is_taken_and_measured() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());
    let bytes = 80 * 1024 * 1024;

    let head = format!("POST /k/v1/chat/completions HTTP/1.1\r\ncontent-length: {bytes}\r\n\r\n");
    connection.write(head.as_bytes());
    connection.write(&vec![b' '; bytes]);

    assert_eq!(connection.response().status, 200);
    assert_eq!(mock.seen("k")["requests"][0]["body_bytes"], json!(bytes));
}

#[test]
fn a_request_that_is_no_http_is_refused() {
    let mock = Mock::start(&[]);
    let mut connection = Connection::open(&mock.http());

    connection.write(b"nonsense\r\n\r\n");

    assert_eq!(connection.response().status, 400);
    assert_eq!(connection.until(1), Err(End::Closed));
}
