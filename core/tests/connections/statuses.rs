//! What a status line can do to a call: F78 an error whose body stalls, F79 a server that wants
//! the retry at once, F80 invalid statuses, F28 redirects of every kind, F76 no HTTP.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::{
    assert_served, base_url, pair, refused, request, requests, requests_count, within,
    HTTP1_PLACES, PLACES,
};

/// Once the status is known its error comes within two seconds, with the part of the body that
/// arrived, whether the rest never comes or trickles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_status_whose_body_stalls_is_that_error_soon() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    let drops = json!({"repeat": 1000, "actions": [{"chunk": "."}, {"pause_ms": 50}]});
    let mut calls = Vec::new();
    for (place, version) in PLACES {
        for (status, kind) in [
            (401, "AUTHENTICATION"),
            (429, "RATE_LIMITED"),
            (500, "PROVIDER"),
        ] {
            for (name, rest) in [
                ("stalls", json!({"hang": true})),
                ("trickles", drops.clone()),
            ] {
                let key = format!("{place}-{status}-{name}");
                let head = json!({"head": {"status": status, "chunked": true,
                    "headers": [["content-type", "text/plain"]]}});
                mock.plan(&key, json!([{"raw": [head, {"chunk": "begun and"}, rest]}]));
                let base_url = base_url(&mock, place, &key);
                let expected = (status, kind, place, version);
                let client = &client;
                calls.push(async move {
                    let began = Instant::now();
                    let error = refused(client, &base_url).await;
                    (key, expected, error, began.elapsed())
                });
            }
        }
    }
    for (key, (status, kind, place, version), error, took) in join_all(calls).await {
        assert_eq!(error.kind.name(), kind, "{key}: {error}");
        assert_eq!(error.status, Some(status), "{key}: {error}");
        assert!(took < Duration::from_millis(3_000), "{key}: {took:?}");
        assert_served(&mock, &key, (place, version));
        mock.wait(&key, "closed=1");
    }
}

/// However soon a server wants the retry, five retries take a part of the client's own backoff.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_of_zero_leaves_a_backoff() {
    let (mock, client) = pair(json!({"retries_max": 5}));
    let rows = [
        ("retry-after-ms", "1"),
        ("retry-after-ms", "0"),
        ("retry-after", "0"),
        // Once it has passed the backoff is as without it: up to 23 s in all.
        ("retry-after", "{{date+0}}"),
    ];
    let calls = rows.iter().enumerate().map(|(number, (name, value))| {
        let key = format!("soon-{number}");
        mock.plan(&key, json!([{"status": 429, "headers": [[name, value]]}]));
        let (client, base_url) = (&client, base_url(&mock, "http", &key));
        let called = async move { client.complete(request(&base_url)).await.unwrap_err() };
        async move { (key, within(Duration::from_secs(60), called).await) }
    });
    let ended = join_all(calls.collect::<Vec<_>>()).await;
    for ((name, value), (key, error)) in rows.iter().zip(ended) {
        assert_eq!(error.attempts, 6, "{name} {value}: {error}");
        let seen = mock.seen(&key);
        let at_ms = |at: usize| requests(&seen)[at]["at_ms"].as_f64().unwrap();
        // A tenth of U(0, 1 s) + U(0, 2 s) + ...: under 100 ms once in some 50,000 runs.
        assert!(at_ms(5) - at_ms(0) >= 100.0, "{name} {value}: {seen}");
    }
}

/// Three digits are not enough to be a status (RFC 9110, 15), and what is below 200 is not final.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_status_is_a_protocol_error() {
    let (mock, client) = pair(json!({"retries_max": 5, "headers_timeout_ms": 10_000}));
    for place in HTTP1_PLACES {
        for status in [
            "600", "700", "999", "199", "099", "000", "20", "2000", "-20", "abc",
        ] {
            let key = format!("{place}-{status}");
            let line = format!("HTTP/1.1 {status} Odd\r\ncontent-length: 2\r\n\r\n{{}}");
            mock.plan(&key, json!([{"raw": [{"write": line}, {"hang": true}]}]));
            let began = Instant::now();
            let error = refused(&client, &base_url(&mock, place, &key)).await;
            assert_eq!(error.kind.name(), "PROTOCOL", "{key}: {error}");
            assert_eq!(
                (error.attempts, error.maybe_executed),
                (1, true),
                "{key}: {error}"
            );
            assert!(
                began.elapsed() < Duration::from_secs(2),
                "{key}: {:?}",
                began.elapsed()
            );
            assert_eq!(requests_count(&mock, &key), 1, "{key}");
        }
    }
}

/// What is no HTTP is refused at its first bytes, with or without a line end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_http_is_a_protocol_error_at_once() {
    let (mock, client) = pair(json!({"retries_max": 3, "headers_timeout_ms": 10_000}));
    for place in HTTP1_PLACES {
        for (number, bytes) in [
            "SSH-2.0-OpenSSH_9.2p1",
            "220 mail.example ESMTP",
            "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}P",
            "{\"error\":\"no HTTP here\"}",
            "HTTP/3.0 200 OK",
            "http/1.1 200 ok",
            "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
            "HTTP/1.1 200 OK\r\nname : value\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: \u{e9}chunked\r\n\r\n",
        ]
        .into_iter()
        .enumerate()
        {
            let key = format!("{place}-{number}");
            mock.plan(&key, json!([{"raw": [{"write": bytes}, {"hang": true}]}]));
            let began = Instant::now();
            let base_url = base_url(&mock, place, &key);
            let error = refused(&client, &base_url).await;
            assert_eq!(error.kind.name(), "PROTOCOL", "{bytes:?}: {error}");
            let host = base_url.split(['/', ':']).nth(3).unwrap();
            assert!(error.message.contains(host), "{bytes:?}: {error}");
            assert_eq!(
                (error.attempts, error.maybe_executed),
                (1, true),
                "{bytes:?}: {error}"
            );
            assert!(
                began.elapsed() < Duration::from_secs(2),
                "{bytes:?}: {:?}",
                began.elapsed()
            );
        }
    }
}

/// F28: no redirect is followed, also of those that clients like to turn into a GET.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_redirect_is_followed() {
    let (mock, client) = pair(json!({"retries_max": 3}));
    for (place, _) in PLACES {
        for status in [300, 301, 302, 303, 304, 305, 307, 308] {
            let key = format!("{place}-{status}");
            let to = base_url(&mock, "http", &format!("target-{place}-{status}"));
            let headers = json!([["location", to]]);
            mock.plan(&key, json!([{"status": status, "headers": headers}]));
            let error = refused(&client, &base_url(&mock, place, &key)).await;
            assert_eq!(
                (error.kind.name(), error.attempts),
                ("PROTOCOL", 1),
                "{key}: {error}"
            );
            assert_eq!(error.status, Some(status), "{key}: {error}");
            assert_eq!(requests_count(&mock, &key), 1, "{key}");
            let target = format!("target-{place}-{status}");
            assert_eq!(requests_count(&mock, &target), 0, "{key}");
        }
    }
}

/// A body without a length ends with its connection and counts as whole, even where the response
/// has no end mark of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_may_end_with_its_connection() {
    let (mock, client) = pair(json!({"retries_max": 0}));
    for place in HTTP1_PLACES {
        for (stream, kind, body) in [
            (true, "text/event-stream", crate::events("until the end")),
            (false, "application/json", crate::body("until the end")),
        ] {
            let key = format!("{place}-{stream}");
            let whole = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n{body}");
            mock.plan(&key, json!([{"raw": [{"write": whole}, {"close": true}]}]));
            let mut request = crate::request(&base_url(&mock, place, &key));
            request.stream = Some(stream);
            let response = crate::within(crate::PATIENCE, client.complete(request)).await;
            assert_eq!(response.unwrap().text, "until the end", "{key}");
        }
    }
}
