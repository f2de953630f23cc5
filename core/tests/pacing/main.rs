//! Requests that wait for their turn, over real connections. Where a test has minutes to wait,
//! tokio's clock is paused: it jumps to the next timer whenever the sockets are what is waited for,
//! so other timers are off there, and only the least times mean something.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod fallback;
#[path = "../support/http_request.rs"]
mod http_request;
mod server;
mod stats;

use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::{join_all, FutureExt};
use liter_llm::{
    Client, ClientOptions, ErrorKind, LlmError, LlmRequest, LlmResponse, Message, Outcome, Phase,
    Secret, Timer,
};
use serde_json::{json, Value};
use server::Provider;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(20);

fn client(base_url: &str, mut options: Value) -> Client {
    options["provider"] = json!("openai");
    options["api_key"] = json!("test-key-0123456789");
    options["base_url"] = json!(base_url);
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

/// The same, and no timer but those of pacing and retries.
fn client_without_timers(base_url: &str, mut options: Value) -> Client {
    let timers = ["connect", "headers", "first_token", "idle", "total"];
    for timer in timers {
        options[format!("{timer}_timeout_ms")] = json!(0);
    }
    client(base_url, options)
}

/// Ends the process when a test under a paused clock, where no timeout means anything, hangs.
struct TimeLimit {
    _ends_when_dropped: mpsc::Sender<()>,
}

impl TimeLimit {
    fn begin() -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            if receiver.recv_timeout(2 * PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("a test hangs");
                std::process::exit(1);
            }
        });
        Self {
            _ends_when_dropped: sender,
        }
    }
}

fn request(text: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user(text)]);
    request.stream = Some(false);
    request
}

async fn ask(client: &Client, text: &str) -> Result<LlmResponse, LlmError> {
    client.complete(request(text)).await
}

/// Until so many requests wait.
async fn until_queued(client: &Client, count: u64) {
    let waits = async {
        while client.stats().queued != count {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waits).await;
    assert!(waited.is_ok(), "{:?} queued", client.stats().queued);
}

/// Until the provider has so many requests.
async fn until_asked(provider: &Provider, count: usize) {
    let waits = async {
        while provider.asked().len() < count {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waits).await;
    assert!(waited.is_ok(), "{:?}", provider.asked());
}

#[tokio::test]
async fn streams_max_lets_calls_pass_one_by_one_in_their_order() {
    let (provider, url) = Provider::start();
    provider.hold();
    let client = client(&url, json!({"streams_max": 1}));
    let calls = join_all(["a", "b", "c"].map(|text| ask(&client, text)));
    let watches = async {
        until_queued(&client, 2).await;
        until_asked(&provider, 1).await;
        assert_eq!(client.stats().live, 3);
        provider.release(3);
    };
    let (responses, ()) = tokio::join!(calls, watches);
    assert_eq!(provider.asked(), ["a", "b", "c"]);
    assert_eq!(provider.live_max(), 1);
    for (position, response) in responses.into_iter().enumerate() {
        let queued_ms = response.unwrap().receipt.timings.queued_ms.unwrap();
        assert_eq!(queued_ms > 0.0, position > 0, "{position}: {queued_ms}");
    }
    assert_eq!((client.stats().live, client.stats().queued), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn requests_per_minute_hold_in_any_minute() {
    let _limit = TimeLimit::begin();
    let (provider, url) = Provider::start();
    let client = client_without_timers(&url, json!({"requests_per_minute": 2}));
    let began = Instant::now();
    let times = join_all(["a", "b", "c", "d", "e"].map(|text| {
        let client = &client;
        async move {
            let response = ask(client, text).await.unwrap();
            (
                began.elapsed().as_secs(),
                response.receipt.timings.queued_ms,
            )
        }
    }));
    let times = times.await;
    let at_least = [0, 0, 60, 60, 120];
    let is_late = |(time, least): (&(u64, _), u64)| time.0 >= least;
    assert!(times.iter().zip(at_least).all(is_late), "{times:?}");
    assert_eq!(times[0].1, Some(0.0));
    assert!(times[4].1.unwrap() >= 120_000.0, "{times:?}");
    assert_eq!(provider.asked().len(), 5);
}

/// Reserved by estimate, a thousand tokens and more, and settled by the usage, which is 7.
#[tokio::test]
async fn tokens_that_were_not_used_are_given_back() {
    let (_provider, url) = Provider::start();
    let client = client(&url, json!({"tokens_per_minute": 1_500}));
    let calls = join_all(["a", "b", "c"].map(|text| ask(&client, text)));
    let responses = tokio::time::timeout(PATIENCE, calls).await;
    assert!(responses.unwrap().iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn tokens_per_minute_hold_in_any_minute() {
    let _limit = TimeLimit::begin();
    let (_provider, url) = Provider::start();
    let client = client_without_timers(&url, json!({"tokens_per_minute": 1_500}));
    let began = Instant::now();
    ask(&client, "a").await.unwrap();
    let mut large = request("b");
    large.max_tokens = Some(1_490);
    client.complete(large).await.unwrap();
    assert!(began.elapsed() >= MINUTE, "7 of 1500 were used");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_with_a_wait_holds_the_whole_lane() {
    let _limit = TimeLimit::begin();
    let (provider, url) = Provider::start();
    provider.respond(&[(429, "retry-after: 7\r\n")]);
    let options = json!({"pacing": "headers", "streams_max": 8});
    let client = client_without_timers(&url, options);
    let began = Instant::now();
    let first = ask(&client, "a");
    let second = async {
        while client
            .stats()
            .providers
            .get("openai")
            .is_none_or(|it| it.rate_limited == 0)
        {
            tokio::task::yield_now().await;
        }
        ask(&client, "b").await
    };
    let (first, second) = tokio::join!(first, second);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.receipt.attempts, second.receipt.attempts), (2, 1));
    assert!(second.receipt.timings.queued_ms.unwrap() >= 6_900.0);
    assert!(began.elapsed() >= Duration::from_secs(7));
    assert_eq!(provider.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_headers_say_is_left_is_not_exceeded() {
    let _limit = TimeLimit::begin();
    let (provider, url) = Provider::start();
    let headers = "x-ratelimit-limit-requests: 2\r\nx-ratelimit-remaining-requests: 0\r\n\
                   x-ratelimit-reset-requests: 1m30s\r\n";
    provider.respond(&[(200, headers)]);
    let options = json!({"pacing": "headers", "retry_after_max_ms": 120_000});
    let client = client_without_timers(&url, options);
    ask(&client, "a").await.unwrap();
    let began = Instant::now();
    ask(&client, "b").await.unwrap();
    assert!(began.elapsed().as_secs() >= 90);
}

#[tokio::test]
async fn each_key_and_each_model_has_a_lane_of_its_own() {
    let (_provider, url) = Provider::start();
    let client = client(&url, json!({"requests_per_minute": 1}));
    ask(&client, "a").await.unwrap();
    let mut of_model = request("b");
    of_model.model = "another-model".to_owned();
    let mut of_key = request("c");
    of_key.call.api_key = Some(Secret::new("another-key-0123".to_owned()).unwrap().into());
    for request in [of_model, of_key] {
        let response = tokio::time::timeout(PATIENCE, client.complete(request)).await;
        assert_eq!(
            response.unwrap().unwrap().receipt.timings.queued_ms,
            Some(0.0)
        );
    }
}

#[tokio::test]
async fn a_queued_call_that_is_dropped_or_ended_frees_its_place() {
    let (provider, url) = Provider::start();
    provider.hold();
    let client = client(&url, json!({"streams_max": 1}));
    let first = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, "a").await }
    });
    until_asked(&provider, 1).await;
    let mut dropped = client.stream(request("b"));
    let mut ended = client.stream(request("c"));
    for (count, stream) in [(1, &mut dropped), (2, &mut ended)] {
        let step = tokio::time::timeout(Duration::from_millis(1), stream.next_batch());
        assert!(step.await.is_err());
        until_queued(&client, count).await;
    }
    let last = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, "d").await }
    });
    until_queued(&client, 3).await;
    drop(dropped);
    let receipt = ended.abort(ErrorKind::Cancelled);
    assert_eq!((receipt.outcome, receipt.attempts), (Outcome::Cancelled, 0));
    assert_eq!(receipt.error.unwrap().phase, Phase::Request);
    assert!(receipt.timings.queued_ms.unwrap() > 0.0);
    assert_eq!(client.stats().queued, 1);
    provider.release(2);
    assert!(first.await.unwrap().is_ok());
    assert!(last.await.unwrap().is_ok());
    assert_eq!(provider.asked(), ["a", "d"]);
}

#[tokio::test]
async fn the_total_deadline_counts_in_the_queue() {
    let (provider, url) = Provider::start();
    provider.hold();
    let client = client(&url, json!({"streams_max": 1, "total_timeout_ms": 0}));
    let first = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, "a").await }
    });
    until_asked(&provider, 1).await;
    let mut late = request("b");
    late.call.limits.total_timeout_ms = Some(50);
    let error = client.complete(late).await.unwrap_err();
    assert_eq!(
        (error.kind, error.timer),
        (ErrorKind::Timeout, Some(Timer::Total))
    );
    assert_eq!((error.phase, error.attempts), (Phase::Request, 0));
    assert!(
        error.message.contains("was queued for"),
        "{}",
        error.message
    );
    assert!(!error.maybe_executed && !error.retryable);
    provider.release(1);
    assert!(first.await.unwrap().is_ok());
    assert_eq!(provider.asked(), ["a"]);
}

#[tokio::test]
async fn more_than_may_wait_fail_at_once() {
    let (provider, url) = Provider::start();
    provider.hold();
    let client = client(&url, json!({"streams_max": 1, "queued_max": 1}));
    let calls = join_all(["a", "b"].map(|text| ask(&client, text)));
    let watches = async {
        until_queued(&client, 1).await;
        let error = ask(&client, "c").await.unwrap_err();
        assert_eq!((error.kind, error.attempts), (ErrorKind::Overloaded, 0));
        assert!(
            error.retryable && error.message.contains("queued_max (1)"),
            "{error}"
        );
        until_asked(&provider, 1).await;
        provider.release(2);
    };
    let (responses, ()) = tokio::join!(calls, watches);
    assert!(responses.iter().all(Result::is_ok));
}

/// A stream whose turn came and that nobody polls does not keep the timer from the others.
#[tokio::test(start_paused = true)]
async fn a_caller_that_does_not_poll_holds_nobody_back() {
    let _limit = TimeLimit::begin();
    let (_provider, url) = Provider::start();
    let client = client_without_timers(&url, json!({"requests_per_minute": 1}));
    let [mut sent, mut idle] = ["a", "b"].map(|text| client.stream(request(text)));
    assert!(sent.next_batch().now_or_never().is_none());
    assert!(idle.next_batch().now_or_never().is_none());
    assert_eq!(client.stats().queued, 1, "the first one passed");
    let began = Instant::now();
    ask(&client, "c").await.unwrap();
    assert!(began.elapsed() >= 2 * MINUTE, "behind the idle one");
    drop(idle);
}

#[tokio::test]
async fn without_an_option_nothing_waits() {
    let (_provider, url) = Provider::start();
    let client = client(&url, json!({}));
    let response = ask(&client, "a").await.unwrap();
    assert_eq!(response.receipt.timings.queued_ms, None);
}

/// Each model has a lane of its own, so a fallback does not wait for the turn of the one before it.
#[tokio::test]
async fn a_fallback_waits_in_its_own_lane() {
    let (provider, url) = Provider::start();
    provider.respond(&[(503, "")]);
    let client = client(&url, json!({"requests_per_minute": 1, "retries_max": 0}));
    let asked = json!({
        "model": "test-model", "stream": false,
        "fallbacks": [{"provider": "groq", "model": "other-model", "base_url": url}],
        "messages": [{"role": "user", "content": "a"}],
    });
    let asked = LlmRequest::from_json(&asked.to_string()).unwrap();
    let called = tokio::time::timeout(PATIENCE, client.complete(asked)).await;
    let response = called.unwrap().unwrap();
    let models: Vec<_> = response
        .receipt
        .tried
        .iter()
        .map(|it| it.model.clone())
        .collect();
    assert_eq!(models, ["test-model", "other-model"]);
    assert_eq!(provider.asked().len(), 2);
    let stats = client.stats();
    assert_eq!((stats.live, stats.queued), (0, 0));
    let of = |name: &str| {
        let counted = &stats.providers[name];
        (counted.requests, counted.output_tokens)
    };
    assert_eq!((of("openai"), of("groq")), ((1, 0), (1, 4)));
}
