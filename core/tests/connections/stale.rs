//! F62 over HTTP/1.1: a kept connection that ends under a request, and whether that is certain not
//! to have cost anything.

use std::time::{Duration, Instant};

use serde_json::{json, Value};

use crate::{base_url, opened, pair, refused, requests_count, text, HTTP1_PLACES};

fn good(text: &str) -> Value {
    json!({"answer": { "text": text }})
}

/// The server worked before it closed: it may have run the request. One retry, on a connection of
/// its own, and the error reports it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reused_connection_that_works_and_closes_costs_two_requests_at_most() {
    for end in ["close", "reset"] {
        let (mock, client) = pair(json!({"retries_max": 5}));
        for place in HTTP1_PLACES {
            let works = json!({"raw": [{"pause_ms": 250}, {end: true}]});
            mock.plan(place, json!([good("kept"), works]));
            let base_url = base_url(&mock, place, place);
            assert_eq!(text(&client, &base_url).await, "kept", "{place} {end}");
            let error = refused(&client, &base_url).await;
            assert_eq!(error.kind.name(), "NETWORK", "{place} {end}: {error}");
            assert!(error.maybe_executed, "{place} {end}: {error}");
            assert_eq!(requests_count(&mock, place), 3, "{place} {end}: {error}");
            assert_eq!(
                opened(&mock, place),
                2,
                "the first was on the kept connection"
            );
        }
    }
}

/// Closed at once: the server had given up the connection. The request is sent again at once, for
/// free, but only once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reused_connection_that_closes_at_once_is_replaced_for_free() {
    for end in ["close", "reset"] {
        let (mock, client) = pair(json!({"retries_max": 1}));
        for place in HTTP1_PLACES {
            let ends = json!({"raw": [{end: true}]});
            let plan = json!([good("kept"), ends, {"status": 503}, good("third")]);
            mock.plan(place, plan);
            let base_url = base_url(&mock, place, place);
            assert_eq!(text(&client, &base_url).await, "kept", "{place} {end}");
            // The one retry that is allowed is still there for the 503.
            assert_eq!(text(&client, &base_url).await, "third", "{place} {end}");
            let seen = mock.seen(place);
            assert_eq!(seen["requests_count"], 4, "{place} {end}");
            let at_ms = |at: usize| seen["requests"][at]["at_ms"].as_f64().unwrap();
            assert!(at_ms(2) - at_ms(1) < 100.0, "{place} {end}: {seen}");
        }
    }
}

/// Once per call: the second kept connection that ends so counts as an attempt that may have run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_free_retry_is_given_once() {
    let (mock, client) = pair(json!({"retries_max": 5}));
    for place in HTTP1_PLACES {
        let held = json!({"times": 6, "raw": [crate::stream_head(json!([])), {"token": "a"},
            {"await": "go"}, {"finish": "stop"}, {"done": true}, {"chunk_end": true}]});
        mock.plan(place, json!([held, {"raw": [{"close": true}]}]));
        let base_url = base_url(&mock, place, place);
        let calls: Vec<_> = (0..6)
            .map(|_| {
                let (client, base_url) = (client.clone(), base_url.clone());
                tokio::spawn(async move { text(&client, &base_url).await })
            })
            .collect();
        mock.wait(place, "requests=6");
        mock.signal(place, "go");
        for call in calls {
            assert_eq!(call.await.unwrap(), "a");
        }
        assert_eq!(opened(&mock, place), 6, "six connections are kept");
        let error = refused(&client, &base_url).await;
        assert!(error.maybe_executed, "{place}: {error}");
        let posts = requests_count(&mock, place) - 6;
        assert!(posts <= 3, "{place}: {posts} requests of one prompt");
    }
}

/// On a new connection every retry counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_connection_that_closes_may_have_run_the_request() {
    for end in ["close", "reset"] {
        let (mock, client) = pair(json!({"retries_max": 5}));
        for place in HTTP1_PLACES {
            mock.plan(place, json!([{"raw": [{end: true}]}]));
            let error = refused(&client, &base_url(&mock, place, place)).await;
            let got = (error.kind.name(), error.maybe_executed, error.attempts);
            assert_eq!(got, ("NETWORK", true, 2), "{place} {end}: {error}");
            assert_eq!(requests_count(&mock, place), 2, "{place} {end}");
        }
    }
}

/// A kept connection that ended while nobody used it is noticed before anything is sent on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ended_while_idle_is_not_used() {
    for end in ["close", "reset"] {
        let (mock, client) = pair(json!({"retries_max": 0}));
        for place in HTTP1_PLACES {
            let body = crate::events("kept");
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length:";
            let whole = format!("{head} {}\r\n\r\n{body}", body.len());
            let idle = json!({"raw": [{"write": whole}, {"await": "end"}, {"signal": "ending"},
                {end: true}]});
            mock.plan(place, json!([idle, good("next")]));
            let base_url = base_url(&mock, place, place);
            assert_eq!(text(&client, &base_url).await, "kept", "{place} {end}");
            mock.signal(place, "end");
            let ended = || mock.seen(place)["connections_closed"] == 1;
            while !ended() {
                mock.wait(place, "signal=ending");
            }
            let began = Instant::now();
            assert_eq!(text(&client, &base_url).await, "next", "{place} {end}");
            assert!(began.elapsed() < Duration::from_secs(1), "{place} {end}");
            assert_eq!(requests_count(&mock, place), 2, "{place} {end}");
            assert_eq!(opened(&mock, place), 2, "{place} {end}");
        }
    }
}
