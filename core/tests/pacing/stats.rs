//! What a client tells of itself.

use futures_util::future::join_all;
use futures_util::StreamExt;
use liter_llm::{AnyRequest, ErrorKind, Event, Outcome, StatsRequest};
use serde_json::json;

use super::server::Provider;
use super::{ask, client, request, until_asked, until_queued};

#[tokio::test]
async fn everything_is_counted_by_provider() {
    let (provider, url) = Provider::start();
    provider.respond(&[(429, "retry-after-ms: 1\r\n")]);
    let client = client(&url, json!({}));
    assert_eq!(client.stats().providers.len(), 0);
    for _ in 0..3 {
        ask(&client, "a").await.unwrap();
    }
    let stats = client.stats();
    assert_eq!((stats.live, stats.queued, stats.providers.len()), (0, 0, 1));
    let openai = &stats.providers["openai"];
    assert_eq!(
        (openai.requests, openai.retries, openai.rate_limited),
        (4, 1, 1)
    );
    assert_eq!((openai.input_tokens, openai.output_tokens), (9, 12));
    let (p50, p99) = (openai.first_token_p50_ms, openai.first_token_p99_ms);
    assert!(
        p50.is_some_and(|p50| (0.5..20_000.0).contains(&p50)),
        "{p50:?}"
    );
    assert!(p99 >= p50);
}

#[tokio::test]
async fn stats_come_at_once_from_a_client_that_is_full() {
    let (provider, url) = Provider::start();
    provider.hold();
    let client = client(&url, json!({"streams_max": 1}));
    let calls = tokio::spawn({
        let client = client.clone();
        async move { join_all(["a", "b"].map(|text| ask(&client, text))).await }
    });
    until_asked(&provider, 1).await;
    until_queued(&client, 1).await;
    let mut stream = client.start(AnyRequest::Stats(StatsRequest::default()));
    assert!(stream.next_batch().await.is_some());
    let events = stream.drain();
    let [Event::Result(stats), Event::End(receipt)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!((receipt.outcome, receipt.attempts), (Outcome::Complete, 0));
    assert_eq!((&stats["live"], &stats["queued"]), (&json!(2), &json!(1)));
    assert_eq!(stats["providers"]["openai"]["requests"], 1);
    assert!(stream.next_batch().await.is_none());
    provider.release(2);
    assert_eq!(calls.await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_stream_that_has_ended_is_not_live() {
    let (_provider, url) = Provider::start();
    let client = client(&url, json!({}));
    let [mut read, mut polled, mut aborted] =
        ["a", "b", "c"].map(|text| client.stream(request(text)));
    assert_eq!(client.stats().live, 3);
    while read.next_batch().await.is_some() {}
    while polled.next().await.is_some() {}
    aborted.abort(ErrorKind::Cancelled);
    assert_eq!(client.stats().live, 0);
    drop((read, polled, aborted));
    assert_eq!(client.stats().live, 0);
}

#[test]
fn a_request_for_stats_has_no_fields() {
    let parse = |json: &str| AnyRequest::from_json(json);
    assert!(parse(r#"{"operation":"stats"}"#).is_ok());
    for field in ["model", "messages", "temperature", "anything"] {
        let error = parse(&json!({"operation": "stats", field: 1}).to_string()).unwrap_err();
        let message = &error.message;
        assert!(
            message.starts_with(&format!("\"{field}\" is ")),
            "{message}"
        );
        assert!(message.ends_with("of stats"), "{message}");
    }
}
