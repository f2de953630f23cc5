//! A connection is used again for the same place, and never for another.

use futures_util::future::join_all;
use serde_json::{json, Value};

use crate::support::Mock;
use crate::{
    ask, assert_served, base_url, client, opened, pair, requests, requests_count, text,
    HTTP1_PLACES, PLACES,
};

/// Five calls one after another need one connection, in either version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_follow_each_other_share_a_connection() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for (place, version) in PLACES {
        let base_url = base_url(&mock, place, place);
        for _ in 0..5 {
            assert_eq!(text(&client, &base_url).await, "Hello world", "{place}");
        }
        assert_served(&mock, place, (place, version));
        assert_eq!(opened(&mock, place), 1, "{place}");
    }
}

/// However old is too old: `pool_idle_timeout_ms`, in either version.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_idle_too_long_is_closed_and_not_used() {
    let (mock, client) = pair(json!({"retries_max": 0, "pool_idle_timeout_ms": 200}));
    for (place, _) in PLACES {
        let base_url = base_url(&mock, place, place);
        assert_eq!(text(&client, &base_url).await, "Hello world", "{place}");
        mock.wait(place, "closed=1");
        assert_eq!(text(&client, &base_url).await, "Hello world", "{place}");
        assert_eq!(opened(&mock, place), 2, "{place}");
    }
}

/// Each of these responses is whole, and announces or shows that its connection must not serve
/// again, while the server would.
fn last_responses() -> Vec<(&'static str, Value)> {
    let body = crate::events("served");
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let head = |start: &str, fields: &str| {
        format!("{start}\r\ncontent-type: text/event-stream\r\n{fields}\r\n")
    };
    let sized = format!("content-length: {length}\r\n");
    let closing = |value: &str| {
        head(
            "HTTP/1.1 200 OK",
            &format!("{sized}connection: {value}\r\n"),
        ) + &body
    };
    let whole = head("HTTP/1.1 200 OK", &sized) + &body;
    let cases = [
        ("connection: close", closing("close")),
        ("Close in capitals", closing("Close")),
        ("close in a list", closing("keep-alive, Close")),
        ("HTTP/1.0", head("HTTP/1.0 200 OK", &sized) + &body),
        ("bytes behind the length", whole.clone() + "surplus"),
        ("a second response behind it", whole.clone() + &whole),
        (
            "bytes behind the last chunk",
            head("HTTP/1.1 200 OK", "transfer-encoding: chunked\r\n") + &chunked + "surplus",
        ),
        (
            MAY_BE_REFUSED[0],
            head(
                "HTTP/1.0 200 OK",
                "connection: keep-alive\r\ntransfer-encoding: chunked\r\n",
            ) + &chunked,
        ),
        (
            MAY_BE_REFUSED[1],
            head(
                "HTTP/1.1 200 OK",
                &format!("{sized}transfer-encoding: chunked\r\n"),
            ) + &chunked,
        ),
    ];
    let script = |bytes| json!({"raw": [{"write": bytes}, {"keep": true}]});
    cases.map(|(name, bytes)| (name, script(bytes))).into()
}

/// RFC 9112, 6.1: contradictory framing is parsed as chunks, or refused.
const MAY_BE_REFUSED: [&str; 2] = ["HTTP/1.0 with chunks", "a length beside chunks"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_with_a_reason_to_end_serves_once() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for place in HTTP1_PLACES {
        for (number, (name, script)) in last_responses().into_iter().enumerate() {
            let key = format!("{place}-{number}");
            mock.plan(&key, json!([script, {"answer": {"text": "again"}}]));
            let base_url = base_url(&mock, place, &key);
            match ask(&client, &base_url).await {
                Ok(response) => assert_eq!(response.text, "served", "{place}: {name}"),
                Err(error) => {
                    assert!(MAY_BE_REFUSED.contains(&name), "{place}: {name}: {error}");
                    assert_eq!(error.kind.name(), "PROTOCOL", "{place}: {name}: {error}");
                }
            }
            assert_eq!(text(&client, &base_url).await, "again", "{place}: {name}");
            assert_eq!(opened(&mock, &key), 2, "{place}: {name}");
            assert_eq!(requests_count(&mock, &key), 2, "{place}: {name}");
            assert_served(&mock, &key, (place, "HTTP/1.1"));
            mock.wait(&key, "closed=1");
        }
    }
}

/// F70: what a server sends before a request is the response to none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_wait_on_a_reused_connection_are_never_a_response() {
    let fake = crate::events("fake");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ";
    let fake = format!("{head}{}\r\n\r\n{fake}", fake.len());
    let real = crate::events("real");
    let real = format!("{head}{}\r\n\r\n{real}", real.len());
    let (mock, client) = pair(json!({"retries_max": 1}));
    for place in HTTP1_PLACES {
        for (number, waiting) in [fake.as_str(), "H", "\r\n", "HTTP/1.1 408 Late\r\n\r\n"]
            .into_iter()
            .enumerate()
        {
            for round in 0..5 {
                let key = format!("{place}-{number}-{round}");
                let first = json!({"raw": [{"write": real}, {"signal": "answered"},
                    {"await": "poison"}, {"write": waiting}, {"signal": "poisoned"},
                    {"keep": true}]});
                mock.plan(&key, json!([first, {"answer": {"text": "asked"}}]));
                let base_url = base_url(&mock, place, &key);
                assert_eq!(text(&client, &base_url).await, "real", "{place}");
                mock.signal(&key, "poison");
                mock.wait(&key, "signal=poisoned");
                let response = text(&client, &base_url).await;
                assert_eq!(response, "asked", "{place} {waiting:?}");
                assert_eq!(opened(&mock, &key), 2, "{place} {waiting:?}");
                assert_eq!(requests_count(&mock, &key), 2, "{place} {waiting:?}");
            }
        }
    }
}

/// After 101 a connection speaks something else, whatever the response's framing was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switched_connection_is_refused_and_not_used() {
    let (mock, client) = pair(json!({"retries_max": 3}));
    let body = crate::events("switched");
    for place in HTTP1_PLACES {
        for (number, after) in [
            "".to_owned(),
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let key = format!("{place}-{number}");
            let head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\
                        connection: upgrade\r\n\r\n";
            let switch = json!({"raw": [{"write": format!("{head}{after}")}, {"keep": true}]});
            mock.plan(&key, json!([switch, {"answer": {"text": "next"}}]));
            let base_url = base_url(&mock, place, &key);
            let error = crate::refused(&client, &base_url).await;
            assert_eq!(
                (error.kind.name(), error.attempts),
                ("PROTOCOL", 1),
                "{place}: {error}"
            );
            assert_eq!(text(&client, &base_url).await, "next", "{place}");
            assert_eq!(opened(&mock, &key), 2, "{place}");
        }
    }
}

/// One client, several servers: each request goes where its URL points, also when a connection
/// to a place with the same host, the same port number or the same certificate is idle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_never_shared_between_places() {
    let (mock, other) = (Mock::start(&["--tls"]), Mock::start(&[]));
    let client = client(json!({"retries_max": 0, "ca_file": mock.ready["ca_file"]}));
    let elsewhere = other.base_url("elsewhere");
    for round in 1..=3 {
        for (place, version) in PLACES {
            let key = format!("on-{place}");
            let base_url = base_url(&mock, place, &key);
            assert_eq!(text(&client, &base_url).await, "Hello world");
            assert_served(&mock, &key, (place, version));
            assert_eq!(requests_count(&mock, &key), round);
        }
        assert_eq!(text(&client, &elsewhere).await, "Hello world");
        assert_eq!(requests_count(&other, "elsewhere"), round);
        assert_eq!(requests_count(&mock, "elsewhere"), 0);
    }
    for (place, _) in PLACES {
        // The same listener under two names: two places.
        let key = format!("host-{place}");
        let by_name = base_url(&mock, place, &key).replace("127.0.0.1", "localhost");
        let by_address = by_name.replace("localhost", "127.0.0.1");
        for base_url in [&by_name, &by_address, &by_name, &by_address] {
            assert_eq!(text(&client, base_url).await, "Hello world");
        }
        let seen = mock.seen(&key);
        let hosts: Vec<_> = requests(&seen).iter().map(host).collect();
        let port = by_name
            .split(':')
            .nth(2)
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let (name, address) = (format!("localhost:{port}"), format!("127.0.0.1:{port}"));
        // HTTP/2 sends it in a field of its own, which the mock does not keep.
        if place != "https" {
            assert_eq!(hosts, [&name, &address, &name, &address], "{place}");
        }
        let connection = |at: usize| requests(&seen)[at]["connection"].as_u64();
        assert_eq!(
            (connection(0), connection(1)),
            (connection(2), connection(3)),
            "{place}"
        );
        assert_ne!(connection(0), connection(1), "{place}");
    }
}

fn host(request: &Value) -> &str {
    let headers = request["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header[0] == "host");
    found.map_or("", |header| header[1].as_str().unwrap())
}

/// Many callers at once over HTTP/1.1 take a connection each, and later ones find them again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_once_take_a_connection_each_and_leave_it() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    let held = json!([{"raw": [crate::stream_head(json!([])), {"token": "a"}, {"await": "go"},
        {"finish": "stop"}, {"done": true}, {"chunk_end": true}]}]);
    for place in HTTP1_PLACES {
        mock.plan(place, held.clone());
        let base_url = base_url(&mock, place, place);
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (client, base_url) = (client.clone(), base_url.clone());
                tokio::spawn(async move { text(&client, &base_url).await })
            })
            .collect();
        mock.wait(place, "requests=20");
        mock.signal(place, "go");
        for response in join_all(calls).await {
            assert_eq!(response.unwrap(), "a");
        }
        assert_eq!(opened(&mock, place), 20, "{place}");
        let again = join_all((0..20).map(|_| text(&client, &base_url))).await;
        assert!(again.iter().all(|text| text == "a"));
        assert_eq!(opened(&mock, place), 20, "{place}: they are used again");
    }
}
