//! The Rust interface against a live server, as a Rust program uses it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::cell::Cell;
use std::future::poll_fn;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use liter_llm::{ErrorKind, Event, FinishReason, LlmRequest, Message, Outcome, Receipt, Timer};
use serde_json::json;
use support::{client, Mock};

/// A request to the mock under this key.
fn request(mock: &Mock, key: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url(key));
    request
}

async fn collect(stream: liter_llm::LlmStream) -> (String, Receipt) {
    let events: Vec<Event> = stream.collect().await;
    let ends = events
        .iter()
        .filter(|event| matches!(event, Event::End(_)))
        .count();
    assert_eq!(ends, 1, "exactly one END: {events:?}");
    let mut text = String::new();
    for event in &events {
        if let Event::Text(piece) = event {
            text.push_str(piece);
        }
    }
    match events.into_iter().last() {
        Some(Event::End(receipt)) => (text, *receipt),
        other => panic!("END comes last, not {other:?}"),
    }
}

thread_local! {
    /// In how many places something was to be loaded, and how many bytes.
    static ASKED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// What a stream wants to be loaded before its next poll.
fn asked(stream: &liter_llm::LlmStream) -> (usize, usize) {
    stream.prefetch(|_, bytes| {
        let (places, before) = ASKED.get();
        ASKED.set((places + 1, before + bytes));
    });
    ASKED.take()
}

/// The state of the stream, the response, the connection, the decoder, what repeats around its
/// texts, and the timer.
#[tokio::test]
async fn while_a_response_is_read_all_that_the_next_poll_reads_can_be_loaded() {
    let mock = Mock::start(&[]);
    let steps = json!([{"raw": [
        {"head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}},
        {"token": "a"}, {"token": "b"}, {"await": "more"}, {"finish": "stop"}, {"done": true},
        {"chunk_end": true}]}]);
    mock.plan("prefetch", steps);
    let client = client(json!({}));
    let mut stream = client.stream(request(&mock, "prefetch"));
    assert_eq!(asked(&stream).0, 1, "nothing is read yet");
    let mut text = String::new();
    while text != "ab" {
        assert!(poll_fn(|context| stream.poll_batch(context)).await);
        for event in stream.drain() {
            if let Event::Text(piece) = event {
                text.push_str(&piece);
            }
        }
    }
    let next = poll_fn(|context| stream.poll_batch(context));
    assert!(next.now_or_never().is_none(), "and it waits, with a timer");
    let (places, bytes) = asked(&stream);
    assert_eq!(places, 8);
    assert!((500..4096).contains(&bytes), "{bytes} bytes");
    mock.signal("prefetch", "more");
    while poll_fn(|context| stream.poll_batch(context)).await {}
    assert_eq!(asked(&stream).0, 1, "nothing is read any more");
}

/// END stands beside the last events where the body has ended with them; else they are not held
/// back for it.
#[tokio::test]
async fn the_end_comes_in_the_batch_of_the_last_events() {
    let mock = Mock::start(&[]);
    mock.plan("whole", json!([{"answer": {"text": "Hello"}}]));
    let steps = json!([{"raw": [
        {"head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}},
        {"token": "Hello"}, {"finish": "stop"}, {"done": true}, {"await": "more"},
        {"chunk_end": true}]}]);
    mock.plan("open", steps);
    for (plan, together) in [("whole", true), ("open", false)] {
        let client = client(json!({}));
        let mut asked = request(&mock, plan);
        asked.stream = Some(!together);
        let mut stream = client.stream(asked);
        let (mut text, mut ended) = (String::new(), false);
        while text != "Hello" {
            assert!(poll_fn(|context| stream.poll_batch(context)).await);
            for event in stream.drain() {
                match event {
                    Event::Text(piece) => text.push_str(&piece),
                    Event::End(_) => ended = true,
                    _ => {}
                }
            }
        }
        assert_eq!(ended, together, "{plan}");
        mock.signal(plan, "more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn echo() {
    let mock = Mock::start(&[]);
    mock.plan("echo", json!([{"answer": {"text": "Hello wide world"}}]));
    let client = client(json!({}));
    let events: Vec<Event> = client.stream(request(&mock, "echo")).collect().await;
    assert!(
        matches!(&events[0], Event::Start(start) if start.provider == "openai"),
        "{events:?}"
    );
    let (text, receipt) = collect(client.stream(request(&mock, "echo"))).await;
    assert_eq!(text, "Hello wide world");
    assert_eq!(receipt.outcome, Outcome::Complete);
    assert_eq!(receipt.finish_reason, Some(FinishReason::Stop));
    assert_eq!(receipt.attempts, 1);
    assert!(receipt.usage.is_some() && receipt.timings.first_token_ms.is_some());
    let response = client.complete(request(&mock, "echo")).await.unwrap();
    assert_eq!(response.text, "Hello wide world");
    let seen = mock.seen("echo");
    assert_eq!(seen["requests"][0]["body"]["stream"], true);
    assert_ne!(seen["requests"][2]["body"]["stream"], true);
    assert_eq!(
        seen["connections_opened"], 1,
        "connections are reused: {seen}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_stream_closes_its_connection() {
    let mock = Mock::start(&[]);
    mock.plan(
        "drop",
        json!([{"tokens": 10000, "interval_ms": 20, "text": "tok "}]),
    );
    let mut stream = client(json!({})).stream(request(&mock, "drop"));
    while !matches!(stream.next().await, Some(Event::Text(_))) {}
    let dropped = Instant::now();
    drop(stream);
    mock.wait("drop", "closed=1");
    assert!(dropped.elapsed() < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_truncated_with_the_text_so_far() {
    let mut mock = Mock::start(&[]);
    mock.plan(
        "kill",
        json!([{"tokens": 10000, "interval_ms": 10, "text": "tok "}]),
    );
    let mut stream = client(json!({})).stream(request(&mock, "kill"));
    let mut text = String::new();
    let receipt = loop {
        match stream.next().await {
            Some(Event::Text(piece)) => {
                text.push_str(&piece);
                if text == piece {
                    // Like a cut cable.
                    mock.child.kill().unwrap();
                }
            }
            Some(Event::End(receipt)) => break receipt,
            Some(_) => {}
            None => panic!("no END"),
        }
    };
    assert!(text.starts_with("tok "));
    assert_eq!(receipt.outcome, Outcome::Truncated);
    let error = receipt.error.unwrap();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Truncated, true)
    );
    assert!(stream.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_whole_response_carries_what_came() {
    let mock = Mock::start(&[]);
    mock.plan(
        "partial",
        json!([{"raw": [{"head": {"status": 200, "chunked": true,
                                  "headers": [["content-type", "text/event-stream"]]}},
                        {"token": "half an "}, {"token": "answer"}, {"reset": true}]}]),
    );
    let mut request = request(&mock, "partial");
    request.stream = Some(true);
    let error = client(json!({})).complete(request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Truncated);
    assert_eq!(error.partial.unwrap().text, "half an answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_follow_retry_after_and_share_one_idempotency_key() {
    let mock = Mock::start(&[]);
    let busy = json!({"status": 429, "headers": [["retry-after-ms", "300"]],
                      "error": {"message": "slow down", "type": "requests",
                                "code": "rate_limit_exceeded"}});
    mock.plan("retry", json!([busy, busy, {"answer": {"text": "ok"}}]));
    let began = Instant::now();
    let (text, receipt) = collect(client(json!({})).stream(request(&mock, "retry"))).await;
    assert!(began.elapsed() >= Duration::from_millis(600));
    assert_eq!((text.as_str(), receipt.attempts), ("ok", 3));
    let seen = mock.seen("retry");
    let key = |request: usize| {
        let headers = seen["requests"][request]["headers"]
            .as_array()
            .unwrap()
            .clone();
        headers
            .into_iter()
            .find(|header| header[0] == "idempotency-key")
            .unwrap()[1]
            .clone()
    };
    assert!(key(0) == key(1) && key(1) == key(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_timer_names_itself() {
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 200, "chunked": true,
                               "headers": [["content-type", "text/event-stream"]]}});
    mock.plan("headers", json!([{"raw": [{"hang": true}]}]));
    mock.plan("first_token", json!([{"raw": [head, {"hang": true}]}]));
    mock.plan(
        "idle",
        json!([{"raw": [head, {"token": "a"}, {"hang": true}]}]),
    );
    mock.plan(
        "total",
        json!([{"raw": [head, {"token": "a"}, {"hang": true}]}]),
    );
    let timers = [
        ("headers", Timer::Headers),
        ("first_token", Timer::FirstToken),
        ("idle", Timer::Idle),
        ("total", Timer::Total),
    ];
    for (name, timer) in timers {
        let mut options = json!({"retries_max": 0});
        options[format!("{name}_timeout_ms")] = json!(300);
        let (_, receipt) = collect(client(options).stream(request(&mock, name))).await;
        let error = receipt.error.unwrap();
        assert_eq!(
            (error.kind, error.timer),
            (ErrorKind::Timeout, Some(timer)),
            "{error}"
        );
        assert!(error.message.contains(name), "{error}");
        mock.wait(name, "closed=1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_provider_repeats_is_redacted() {
    let mock = Mock::start(&[]);
    mock.plan(
        "echo-key",
        json!([{"status": 401, "error": {
            "message": "Incorrect API key provided: test-key-0123456789.",
            "type": "invalid_request_error",
            "code": "invalid_api_key"}}]),
    );
    let (_, receipt) = collect(client(json!({})).stream(request(&mock, "echo-key"))).await;
    let error = receipt.error.unwrap();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::Authentication, Some(401))
    );
    assert!(
        !format!("{error:?}").contains("test-key-0123456789"),
        "{error:?}"
    );
    assert!(error.message.contains("[REDACTED]"));
}
