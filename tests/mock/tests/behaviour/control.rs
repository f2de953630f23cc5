//! The control API: plans, what was seen, waits, counts.

use serde_json::json;

use crate::client::{post, Connection};
use crate::program::{chat_path, Mock};

#[test]
fn what_was_seen_is_reported_whole() {
    let mock = Mock::start(&[]);

    post(
        &mock.http(),
        &format!("{}?a=b", chat_path("k")),
        r#"{"model":"tiny","b":1,"a":2}"#,
    );
    post(&mock.http(), "/k/other", "no JSON");

    let seen = mock.wait("k", "requests=2&closed=2");
    let first = &seen["requests"][0];
    assert_eq!(first["method"], "POST");
    assert_eq!(first["path"], "/k/v1/chat/completions?a=b");
    assert!(first["headers"]
        .as_array()
        .unwrap()
        .contains(&json!(["authorization", "Bearer key-1"])));
    assert_eq!(first["body"].to_string(), r#"{"model":"tiny","b":1,"a":2}"#);
    assert!(first["bytes_written"].as_u64().unwrap() > 100);
    assert!(first["closed_ms"].as_f64() >= first["at_ms"].as_f64());
    assert_eq!(seen["requests"][1]["body"], "no JSON");
    assert_ne!(seen["requests"][1]["connection"], first["connection"]);
    assert_eq!(seen["connections_closed"], 2);
}

#[test]
fn a_wait_returns_as_soon_as_it_holds() {
    let mock = Mock::start(&[]);
    mock.raw(
        "k",
        json!([{"head": {"status": 200, "chunked": true}}, {"chunk": "x"}, {"hang": true}]),
    );
    let address = mock.http();
    let (sent, received) = std::sync::mpsc::channel();

    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| mock.wait("k", "requests=1&bytes=40&timeout_ms=20000"));
        let mut connection = Connection::open(&address);
        connection.send("POST", &chat_path("k"), "{}");
        sent.send(connection).unwrap();
        assert_eq!(waiter.join().unwrap()["held"], true);
    });

    drop(received);
}

#[test]
fn a_wait_gives_up_at_its_timeout() {
    let mock = Mock::start(&[]);

    let seen = mock.wait("k", "requests=1&timeout_ms=30");

    assert_eq!(
        (&seen["held"], &seen["requests"]),
        (&json!(false), &json!([]))
    );
}

#[test]
fn a_new_plan_forgets_and_wakes_waiters() {
    let mock = Mock::start(&[]);
    mock.chat("k");
    assert_eq!(mock.seen("k")["requests_count"], 1);

    mock.plan("k", json!([{"status": 503}]));

    assert_eq!(mock.seen("k")["requests_count"], 0);
    assert_eq!(mock.chat("k").status, 503);
}

#[test]
fn a_deleted_plan_plays_the_default_again() {
    let mock = Mock::start(&[]);
    mock.plan("k", json!([{"status": 503}]));

    mock.control("DELETE", "plans/k", "");

    assert_eq!(mock.chat("k").status, 200);
    assert_eq!(mock.seen("k")["requests_count"], 1);
}

#[test]
fn control_is_never_counted_as_traffic() {
    let mock = Mock::start(&[]);
    mock.plan("k", json!([{"answer": {"text": "one two three"}}]));

    mock.chat("k");
    mock.wait("k", "closed=1");

    let stats = mock.stats();
    assert_eq!(stats["connections_total"], 1);
    assert_eq!(stats["connections_open"], 0);
    assert_eq!(stats["requests_total"], 1);
    assert_eq!(stats["tokens_written"], 3);
}

#[test]
fn mistakes_are_named() {
    let mock = Mock::start(&[]);

    for (method, path, body, status, part) in [
        ("PUT", "plans/k", "{", 400, "JSON"),
        (
            "PUT",
            "plans/k",
            r#"{"steps":[{"statsu":1}]}"#,
            400,
            "statsu",
        ),
        (
            "PUT",
            "plans/k",
            r#"{"steps":[{"raw":[{"nap":1}]}]}"#,
            400,
            "nap",
        ),
        (
            "PUT",
            "plans/k",
            r#"{"steps":[{"fault":"F99"}]}"#,
            400,
            "F99",
        ),
        ("PUT", "plans/a%20b", r#"{"steps":[]}"#, 400, "a%20b"),
        ("GET", "wait/k?request=1", "", 400, "request=1"),
        ("GET", "nothing", "", 404, "nothing"),
    ] {
        let response = mock.control(method, path, body);
        assert_eq!(response.status, status, "{path}");
        assert!(response.text().contains(part), "{}", response.text());
    }
}
