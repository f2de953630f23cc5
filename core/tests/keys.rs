//! Keys that are asked for: when, what an answer does, and that none of them is ever shown.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use liter_llm::{
    ApiKey, Auth, CallKeys, Client, ClientOptions, ErrorKind, KeyFuture, KeyMaterial, KeyReason,
    KeyRequest, KeySource, LlmError, LlmRequest, LlmResponse, Message, Timer,
};
use serde_json::{json, Value};
use support::Mock;

const OLD: &str = "old-token-4f1c9a7b2e";
const NEW: &str = "new-token-8d3e6b5a0c";

/// Gives these answers, the last one again and again, and notes what it was asked.
#[derive(Default)]
struct Keys {
    answers: Mutex<VecDeque<Result<KeyMaterial, LlmError>>>,
    asked: Mutex<Vec<(u32, KeyReason)>>,
    requests: Mutex<Vec<KeyRequest>>,
}

impl Keys {
    fn new(answers: impl IntoIterator<Item = Result<KeyMaterial, LlmError>>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        })
    }

    fn of(keys: &[&str]) -> Arc<Self> {
        Self::new(keys.iter().map(|key| answer(&json!({ "api_key": key }))))
    }

    fn asked(&self) -> Vec<(u32, KeyReason)> {
        self.asked.lock().unwrap().clone()
    }
}

impl KeySource for Keys {
    fn key(&self, request: KeyRequest) -> KeyFuture {
        self.asked
            .lock()
            .unwrap()
            .push((request.attempt, request.reason));
        self.requests.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Box::pin(async move { answer })
    }
}

/// Asked, it never answers; counts how often that was.
#[derive(Default)]
struct Hangs(AtomicU32);

impl KeySource for Hangs {
    fn key(&self, _: KeyRequest) -> KeyFuture {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(pending())
    }
}

fn answer(json: &Value) -> Result<KeyMaterial, LlmError> {
    KeyMaterial::from_json(&json.to_string())
}

fn client(source: Arc<dyn KeySource>, more: &Value) -> Client {
    let mut options = json!({"provider": "openai", "api_key": {"ask": true}});
    options
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let mut options = ClientOptions::from_json(&options.to_string()).unwrap();
    options.key_source = Some(source);
    Client::new(options).unwrap()
}

fn request(mock: &Mock, key: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url(key));
    request
}

async fn complete(client: &Client, request: LlmRequest) -> Result<LlmResponse, LlmError> {
    let bounded = tokio::time::timeout(Duration::from_secs(30), client.complete(request));
    bounded.await.unwrap()
}

/// The keys that the provider saw, in order.
fn seen(mock: &Mock, key: &str) -> Vec<String> {
    let seen = mock.seen(key);
    let requests = seen["requests"].as_array().unwrap().iter();
    let key = |request: &Value| {
        let headers = request["headers"].as_array().unwrap().iter();
        let mut values = headers.filter(|header| header[0] == "authorization");
        values
            .next()
            .map_or("", |header| header[1].as_str().unwrap())
            .replace("Bearer ", "")
    };
    requests.map(key).collect()
}

fn refused(text: &str) -> Value {
    json!({"status": 401, "error": {"message": text, "code": "invalid_api_key"}})
}

fn ok() -> Value {
    json!({"answer": {"text": "ok"}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_expired_is_renewed_once_and_nothing_is_waited_for() {
    let mock = Mock::start(&[]);
    mock.plan("expired", json!([refused("expired"), ok()]));
    let keys = Keys::of(&[OLD, NEW]);
    // Neither a retry nor its backoff is needed.
    let client = client(Arc::clone(&keys) as _, &json!({"retries_max": 0}));
    let response = complete(&client, request(&mock, "expired")).await.unwrap();
    assert_eq!(
        (response.text.as_str(), response.receipt.attempts),
        ("ok", 2)
    );
    assert_eq!(seen(&mock, "expired"), [OLD, NEW]);
    assert_eq!(
        keys.asked(),
        [(1, KeyReason::First), (2, KeyReason::Rejected)]
    );
    let request = keys.requests.lock().unwrap()[0].clone();
    assert_eq!(
        (request.provider, request.model.as_str()),
        ("openai", "test-model")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_again_is_not_sent_again() {
    let mock = Mock::start(&[]);
    mock.plan("same", json!([refused("no such key"), ok()]));
    let keys = Keys::of(&[OLD]);
    let client = client(Arc::clone(&keys) as _, &json!({}));
    let error = complete(&client, request(&mock, "same")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::Authentication, Some(401))
    );
    assert!(error.message.contains("no such key"), "{error}");
    assert_eq!((error.attempts, keys.asked().len()), (1, 2));
    assert_eq!(seen(&mock, "same").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_key_that_is_refused_is_the_last() {
    let mock = Mock::start(&[]);
    mock.plan("twice", json!([refused("one"), refused("two"), ok()]));
    let keys = Keys::of(&[OLD, NEW, "third-token-77"]);
    let client = client(Arc::clone(&keys) as _, &json!({}));
    let error = complete(&client, request(&mock, "twice"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Authentication, 2));
    assert!(error.message.contains("two"), "{error}");
    assert_eq!(keys.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_asked_for_before_each_attempt() {
    let mock = Mock::start(&[]);
    let busy = json!({"status": 429, "headers": [["retry-after-ms", "1"]],
        "error": {"message": "slow down"}});
    mock.plan("retried", json!([busy, refused("expired"), ok()]));
    let keys = Keys::of(&["a-token-1", "a-token-1", "a-token-2"]);
    let client = client(Arc::clone(&keys) as _, &json!({}));
    let response = complete(&client, request(&mock, "retried")).await.unwrap();
    assert_eq!(response.receipt.attempts, 3);
    let expected = [
        (1, KeyReason::First),
        (2, KeyReason::Retry),
        (3, KeyReason::Rejected),
    ];
    assert_eq!(keys.asked(), expected);
    assert_eq!(
        seen(&mock, "retried"),
        ["a-token-1", "a-token-1", "a-token-2"]
    );
}

/// A text of the call goes before the client's function, and the other way round; a header of the
/// caller's own goes before both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_call_goes_before_its_client() {
    let mock = Mock::start(&[]);
    mock.plan("order", json!([ok()]));
    let (of_client, of_call) = (Keys::of(&["of-client"]), Keys::of(&["of-call"]));
    let client = client(Arc::clone(&of_client) as _, &json!({}));
    let mut text = request(&mock, "order");
    let secret = liter_llm::Secret::new("a-text".to_owned()).unwrap();
    text.call.api_key = Some(secret.into());
    let mut function = request(&mock, "order");
    function.call.api_key = Some(ApiKey::Ask);
    function.call.keys = CallKeys::new(Arc::clone(&of_call) as _);
    let mut header = request(&mock, "order");
    header.call.headers = vec![("Authorization".to_owned(), "Bearer a-header".to_owned())];
    for request in [text, function, header, request(&mock, "order")] {
        complete(&client, request).await.unwrap();
    }
    assert_eq!(
        seen(&mock, "order"),
        ["a-text", "of-call", "a-header", "of-client"]
    );
    assert_eq!((of_client.asked().len(), of_call.asked().len()), (1, 1));
}

/// A key that could not be sent, or is not wanted, is not asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_of_no_use_is_not_asked_for() {
    let mock = Mock::start(&[]);
    mock.plan("none", json!([ok()]));
    let keys = Keys::of(&[NEW]);
    let client = client(Arc::clone(&keys) as _, &json!({}));
    let mut elsewhere = request(&mock, "none");
    elsewhere.call.base_url = Some("http://192.0.2.1/v1".to_owned());
    let error = complete(&client, elsewhere).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("over plain http"), "{error}");
    let mut without = request(&mock, "none");
    without.call.auth = Some(Auth::None);
    complete(&client, without).await.unwrap();
    assert_eq!(seen(&mock, "none"), [""]);
    assert!(keys.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_the_function_ends_the_call_before_anything_is_sent() {
    let mock = Mock::start(&[]);
    mock.plan("error", json!([ok()]));
    let keys = Keys::new([answer(&json!({"error": "the vault is sealed"}))]);
    let error = complete(&client(keys, &json!({})), request(&mock, "error"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.retryable),
        (ErrorKind::Authentication, false)
    );
    assert_eq!(error.message, "openai: the vault is sealed");
    assert_eq!((error.attempts, error.maybe_executed), (0, false));
    assert_eq!(
        mock.seen("error")["connections_opened"]
            .as_u64()
            .unwrap_or(0),
        0
    );
}

/// A program that has no one to ask is told so, and AWS credentials are not sent as text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_used_is_a_config_error() {
    let mock = Mock::start(&[]);
    mock.plan("config", json!([ok()]));
    let options = r#"{"provider":"openai","api_key":{"ask":true}}"#;
    let nobody = Client::new(ClientOptions::from_json(options).unwrap()).unwrap();
    let error = complete(&nobody, request(&mock, "config"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(
        error.message.contains("cannot be asked for in this call"),
        "{error}"
    );
    let aws = json!({"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "hidden-secret"});
    let aws = client(Keys::new([answer(&aws)]), &json!({}));
    let error = complete(&aws, request(&mock, "config")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("takes text"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_hangs_is_timed_out_and_its_timer_named() {
    let mock = Mock::start(&[]);
    for (limits, timer) in [
        (json!({"key_timeout_ms": 50}), Timer::Key),
        (json!({"total_timeout_ms": 50}), Timer::Total),
        (
            json!({"key_timeout_ms": 0, "total_timeout_ms": 50}),
            Timer::Total,
        ),
    ] {
        let client = client(Arc::new(Hangs::default()), &limits);
        let error = complete(&client, request(&mock, "hang")).await.unwrap_err();
        assert_eq!((error.kind, error.timer), (ErrorKind::Timeout, Some(timer)));
        let name = format!("{}_timeout_ms", timer.name());
        assert!(error.message.contains(&name), "{error}");
        assert_eq!((error.attempts, error.retryable), (0, false));
    }
}

/// Dropping a step loses nothing, and the function is not asked a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_waits_for_its_key_can_be_aborted() {
    let mock = Mock::start(&[]);
    let hangs = Arc::new(Hangs::default());
    let client = client(Arc::clone(&hangs) as _, &json!({}));
    let mut stream = client.stream(request(&mock, "abort"));
    for _ in 0..2 {
        let step = tokio::time::timeout(Duration::from_millis(10), stream.next_batch());
        assert!(step.await.is_err(), "nothing comes");
    }
    let receipt = stream.abort(ErrorKind::Cancelled);
    let error = receipt.error.unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Cancelled, 0));
    assert!(stream.next_batch().await.is_none());
    assert_eq!(hangs.0.load(Ordering::Relaxed), 1);
}

/// Every key that was given, also one that a newer one has replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_that_was_given_is_shown() {
    let mock = Mock::start(&[]);
    let echo = format!("you sent {OLD} and {NEW}");
    let first = format!("you sent {OLD}");
    mock.plan(
        "echo",
        json!([refused(&first), {"status": 400, "error": {"message": echo}}]),
    );
    let lines = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&lines);
    let client = client(
        Keys::of(&[OLD, NEW]),
        &json!({"log_level": "debug", "log_bodies": true}),
    );
    let client = client.with_logger(Arc::new(move |record| {
        log.lock().unwrap().push_str(&record.message);
    }));
    let error = complete(&client, request(&mock, "echo")).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::InvalidRequest, 2));
    let shown = format!("{error:?} {} {client:?}", lines.lock().unwrap());
    assert!(!shown.contains(OLD) && !shown.contains(NEW), "{shown}");
    assert_eq!(error.message.matches("[REDACTED]").count(), 2, "{error}");
    assert!(shown.contains("asking for a new key"), "{shown}");
    let said = Keys::new([
        answer(&json!({"api_key": OLD})),
        answer(&json!({"error": OLD})),
    ]);
    mock.plan("said", json!([refused("expired")]));
    let client = self::client(said, &json!({}));
    let error = complete(&client, request(&mock, "said")).await.unwrap_err();
    assert_eq!(error.message, "openai: [REDACTED]");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_calls_share_one_function() {
    let mock = Mock::start(&[]);
    mock.plan("many", json!([ok()]));
    let keys = Keys::of(&[NEW]);
    let client = client(Arc::clone(&keys) as _, &json!({}));
    let calls = (0..500).map(|_| complete(&client, request(&mock, "many")));
    let responses = futures_util::future::join_all(calls).await;
    assert!(responses
        .iter()
        .all(|response| response.as_ref().unwrap().text == "ok"));
    assert_eq!(keys.asked().len(), 500);
    assert!(seen(&mock, "many").iter().all(|key| key == NEW));
}
