//! Falling back to another model or provider: for which failures, with which keys, and what START
//! and END say of it. One mock plays all providers, each below a path of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use liter_llm::{
    AnyRequest, Client, ClientOptions, ErrorKind, Event, Fallback, Fallbacks, LlmRequest,
    LlmResponse, Message,
};
use serde_json::{json, Value};
use support::{client, Mock};

const KEY: &str = "test-key-0123456789";
const OTHER_KEY: &str = "Other-Key_55aa.77e1";
const HEADER: &str = "Header-Value~5d0c.99b3";

fn fields(mock: &Mock, key: &str, more: Value) -> Value {
    let mut fields = json!({
        "model": "first", "messages": [{"role": "user", "content": "hello"}],
        "base_url": mock.base_url(key), "retries_max": 0});
    let more = more.as_object().unwrap().clone();
    fields.as_object_mut().unwrap().extend(more);
    fields
}

async fn ask(client: &Client, fields: &Value) -> LlmResponse {
    let mut response = LlmResponse::default();
    match LlmRequest::from_json(&fields.to_string()) {
        Ok(request) => {
            let mut events = client.stream(request);
            while let Some(event) = events.next().await {
                response.push(event);
            }
        }
        Err(error) => response.receipt = liter_llm::Receipt::failed(error),
    }
    response
}

/// Provider, model, kind and status of each attempt.
fn tried(response: &LlmResponse) -> Value {
    let list = json!(response.receipt.tried);
    let list = list.as_array().unwrap().iter().map(|attempt| {
        assert!(attempt["milliseconds"].as_f64().unwrap() > 0.0, "{attempt}");
        json!([
            attempt["provider"],
            attempt["model"],
            attempt["kind"],
            attempt["status"]
        ])
    });
    let list = Value::from_iter(list);
    if let Some(error) = &response.receipt.error {
        assert_eq!(json!(error.tried), json!(response.receipt.tried));
    }
    list
}

fn message(response: &LlmResponse) -> &str {
    &response.receipt.error.as_ref().unwrap().message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fallback_is_tried_in_order_and_the_last_answers() {
    let mock = Mock::start(&[]);
    mock.plan(
        "home",
        json!([{"status": 503, "times": 2}, {"status": 404}]),
    );
    mock.plan("other", json!([{"answer": {"text": "from the other"}}]));
    let client = client(json!({}));
    for stream in [true, false] {
        mock.plan(
            "home",
            json!([{"status": 503, "times": 2}, {"status": 404}]),
        );
        let other = json!({"provider": "anthropic", "model": "third", "base_url": mock.base_url("other"),
            "api_key": OTHER_KEY, "max_tokens": 7});
        let more = json!({"fallbacks": ["second", other], "retries_max": 1, "stream": stream});
        // A 404 is not tried again, a 503 is.
        let response = ask(&client, &fields(&mock, "home", more)).await;
        assert_eq!(response.text, "from the other", "{:?}", response.receipt);
        assert_eq!(response.start.provider, "anthropic");
        assert_eq!(response.receipt.attempts, 4);
        assert_eq!(
            tried(&response),
            json!([
                ["openai", "first", "PROVIDER", 503],
                ["openai", "first", "PROVIDER", 503],
                ["openai", "second", "NOT_FOUND", 404],
                ["anthropic", "third", null, 200]
            ])
        );
    }
    let seen = mock.seen("other");
    let body = &seen["requests"][0]["body"];
    assert_eq!(
        (&body["model"], &body["max_tokens"]),
        (&json!("third"), &json!(7))
    );
    assert_eq!(body["messages"][0]["role"], "user");
}

/// Whether a call went on after a failure that the mock plays.
async fn falls_back(mock: &Mock, steps: Value, more: Value) -> (bool, LlmResponse) {
    let mut steps = steps.as_array().unwrap().clone();
    steps.push(json!({"answer": {"text": "second"}}));
    mock.plan("kinds", Value::Array(steps));
    let mut fields = fields(mock, "kinds", more);
    fields["fallbacks"] = json!(["second"]);
    let response = ask(&client(json!({})), &fields).await;
    (response.text == "second", response)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_failures_that_another_may_not_have_fall_back() {
    let mock = Mock::start(&[]);
    let error = |status: u16, code: &str| json!([{"status": status, "error": {"message": "no", "type": code, "code": code}}]);
    let hang = json!([{"raw": [{"hang": true}]}]);
    let page =
        json!([{"status": 200, "headers": [["content-type", "text/html"]], "body": "<html>"}]);
    for (steps, kind, expected) in [
        (error(429, "rate_limit_exceeded"), "RATE_LIMITED", true),
        (error(529, "overloaded_error"), "OVERLOADED", true),
        (error(500, "server_error"), "PROVIDER", true),
        (error(501, "server_error"), "PROVIDER", true),
        (error(429, "insufficient_quota"), "QUOTA_EXCEEDED", true),
        (error(404, "model_not_found"), "NOT_FOUND", true),
        (json!([{"raw": [{"reset": true}]}]), "NETWORK", true),
        (hang, "TIMEOUT", true),
        (error(400, "invalid"), "INVALID_REQUEST", false),
        (error(401, "invalid_api_key"), "AUTHENTICATION", false),
        (error(403, "no"), "PERMISSION", false),
        (error(413, "no"), "TOO_LARGE", false),
        (page, "PROTOCOL", false),
    ] {
        let (falls, response) = falls_back(&mock, steps, json!({"headers_timeout_ms": 300})).await;
        assert_eq!(falls, expected, "{kind}: {:?}", response.receipt);
        let first = json!(response.receipt.tried[0]);
        assert_eq!(first["kind"], kind);
        assert_eq!(response.receipt.attempts, if expected { 2 } else { 1 });
    }
}

/// A model that had finished has answered, and what a caller has is never followed by another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_falls_back_after_content_or_a_finish_reason() {
    let mock = Mock::start(&[]);
    let head = json!({"head": {"status": 200, "chunked": true,
        "headers": [["content-type", "text/event-stream"]]}});
    let error = json!({"sse": {"error": {"message": "down", "type": "server_error"}}});
    let ends = |first: Value| json!([{"raw": [head, first, error, {"chunk_end": true}]}]);
    let (falls, response) = falls_back(&mock, ends(json!({"token": "half"})), json!({})).await;
    assert!(!falls && response.text == "half", "{response:?}");
    assert_eq!(
        response.receipt.error.as_ref().unwrap().kind,
        ErrorKind::Provider
    );
    let finish = json!({"sse": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}});
    let (falls, response) = falls_back(&mock, ends(finish), json!({})).await;
    assert!(!falls, "{response:?}");
    // The same error with nothing before it.
    let (falls, response) =
        falls_back(&mock, ends(json!({"chunk": ": hello\n\n"})), json!({})).await;
    assert!(falls, "{response:?}");
    assert!(response.receipt.tried[0].maybe_executed);
}

/// With a fallback left, a long Retry-After is not waited for; without one it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_wait_falls_back_at_once_and_a_short_one_is_waited_for() {
    let mock = Mock::start(&[]);
    let after = |seconds: &str| json!([{"status": 429, "headers": [["retry-after", seconds]]}]);
    let more = json!({"retries_max": 3});
    let began = Instant::now();
    let (falls, response) = falls_back(&mock, after("20"), more.clone()).await;
    assert!(
        falls && began.elapsed() < Duration::from_secs(5),
        "{response:?}"
    );
    assert_eq!(tried(&response)[1][1], "second");
    let (answered, response) = falls_back(&mock, after("1"), more.clone()).await;
    assert!(answered && response.start.model != "second");
    assert_eq!(response.receipt.tried[1].model, "first");
}

/// The one deadline of a call ends it, whatever fallbacks are left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_total_deadline_runs_over_all_of_it() {
    let mock = Mock::start(&[]);
    mock.plan("late", json!([{"raw": [{"hang": true}]}]));
    let more = json!({"headers_timeout_ms": 700, "total_timeout_ms": 1500,
        "fallbacks": ["b", {"model": "c", "headers_timeout_ms": 0}, "d"]});
    let began = Instant::now();
    let response = ask(&client(json!({})), &fields(&mock, "late", more)).await;
    let took = began.elapsed();
    assert!((1500..4000).contains(&took.as_millis()), "{took:?}");
    let error = response.receipt.error.as_ref().unwrap();
    assert_eq!(
        json!([error.kind, error.timer, error.maybe_executed]),
        json!(["TIMEOUT", "total", true])
    );
    assert_eq!(
        tried(&response),
        json!([
            ["openai", "first", "TIMEOUT", null],
            ["openai", "b", "TIMEOUT", null],
            ["openai", "c", "TIMEOUT", null]
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_ends_the_call_and_not_only_an_attempt() {
    let mock = Mock::start(&[]);
    mock.plan(
        "cancelled",
        json!([{"status": 500}, {"raw": [{"hang": true}]}]),
    );
    let more = json!({"fallbacks": ["b", "c"]});
    let request = fields(&mock, "cancelled", more).to_string();
    let mut stream = client(json!({})).stream(LlmRequest::from_json(&request).unwrap());
    tokio::select! {
        event = stream.next() => panic!("{event:?}"),
        () = mock.held("cancelled", "requests=2") => {}
    }
    let mut response = LlmResponse::default();
    response.push(Event::End(Box::new(stream.abort(ErrorKind::Cancelled))));
    assert_eq!(
        tried(&response),
        json!([
            ["openai", "first", "PROVIDER", 500],
            ["openai", "b", "CANCELLED", null]
        ])
    );
    assert!(stream.next().await.is_none());
    mock.wait("cancelled", "closed=1");
}

fn headers(seen: &Value, index: usize) -> String {
    seen["requests"][index]["headers"]
        .to_string()
        .to_ascii_lowercase()
}

/// Keys, headers and base URLs go only to the place that they were given for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_goes_to_another_place() {
    let mock = Mock::start(&[]);
    let other = mock.base_url("other");
    mock.plan("other", json!([{"answer": {"text": "other"}}]));
    let of_call = json!({"api_key": "Call-Key_7f3a9c.e41b", "headers": {"x-own": HEADER}});
    let call = client(json!({"headers": {"x-client": "Client-Header_31.77"}}));
    for fallback in [
        json!({"provider": "anthropic", "base_url": other, "api_key": OTHER_KEY}),
        json!({"provider": "groq", "base_url": other}),
        // Another server of the same provider is another place too.
        json!({"base_url": other}),
    ] {
        mock.plan("home", json!([{"status": 500}]));
        let mut more = of_call.clone();
        more["extra_body"] = json!({"for_home": "Body-Secret_99x"});
        more["fallbacks"] = json!([fallback]);
        let response = ask(&call, &fields(&mock, "home", more)).await;
        assert_eq!(response.text, "other", "{fallback}: {:?}", response.receipt);
        let home = headers(&mock.seen("home"), 0);
        assert!(
            home.contains("call-key_7f3a9c.e41b") && home.contains("header-value~"),
            "{home}"
        );
    }
    let seen = mock.seen("other");
    for index in 0..3 {
        let headers = headers(&seen, index);
        for hidden in ["call-key", "test-key", "header-value~", "client-header"] {
            assert!(!headers.contains(hidden), "{index} {hidden}: {headers}");
        }
    }
    assert!(headers(&seen, 0).contains(&OTHER_KEY.to_ascii_lowercase()));
    let body = |index: usize| seen["requests"][index]["body"].to_string();
    assert!(!body(0).contains("for_home") && body(2).contains("for_home"));
}

/// The client's own provider may be a fallback, with the client's key; and a model of the same
/// provider has all that the request has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_key_is_for_the_clients_provider() {
    let mock = Mock::start(&[]);
    mock.plan("away", json!([{"status": 500}]));
    mock.plan("own", json!([{"answer": {"text": "own"}}]));
    let own = client(json!({"base_url": mock.base_url("own")}));
    let request = json!({"provider": "groq", "api_key": OTHER_KEY, "fallbacks": ["openai/gpt"]});
    let response = ask(&own, &fields(&mock, "away", request)).await;
    assert_eq!(response.text, "own", "{:?}", response.receipt);
    assert!(headers(&mock.seen("own"), 0).contains(KEY));
    mock.plan(
        "home",
        json!([{"status": 500}, {"answer": {"text": "same"}}]),
    );
    let request = json!({"api_key": OTHER_KEY, "headers": {"x-own": HEADER},
        "fallbacks": [{"model": "b/c", "headers": {"x-more": "1"}}]});
    let response = ask(&own, &fields(&mock, "home", request)).await;
    assert_eq!(
        response.receipt.tried[1].model, "b/c",
        "{:?}",
        response.receipt
    );
    let sent = headers(&mock.seen("home"), 1);
    let parts = [OTHER_KEY, HEADER, "x-more"].map(str::to_ascii_lowercase);
    assert!(parts.iter().all(|part| sent.contains(part)), "{sent}");
}

/// Secrets of the call, also of a fallback that was not reached, or of the request before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_all_of_them_are_redacted() {
    let mock = Mock::start(&[]);
    let own = "Call-Key_7f3a9c.e41b";
    let echo = format!("no: {own} {OTHER_KEY} {HEADER}");
    let error = json!({"status": 500, "error": {"message": echo, "type": echo, "code": echo}});
    mock.plan("home", json!([error]));
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let options = json!({"log_level": "debug", "log_bodies": true});
    let client = client(options).with_logger(Arc::new(move |record| {
        lines.lock().unwrap().push_str(&format!("{record:?}\n"));
    }));
    for times in [1, 2] {
        let more = json!({"api_key": own, "fallbacks": [
            {"provider": "groq", "base_url": mock.base_url("home"), "api_key": OTHER_KEY,
             "headers": {"x-own": HEADER}}]});
        let request = fields(&mock, "home", more);
        let shown = format!("{:?}", LlmRequest::from_json(&request.to_string()).unwrap());
        let response = ask(&client, &request).await;
        let text = format!(
            "{shown}{response:?}{}{}",
            json!(response),
            log.lock().unwrap()
        );
        for secret in [own, OTHER_KEY, HEADER] {
            assert!(!text.contains(secret), "{times} {secret}: {text}");
        }
        assert!(text.matches("[REDACTED]").count() > 2, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_fallbacks_for_its_chats_and_a_call_may_have_none() {
    let mock = Mock::start(&[]);
    let client = client(json!({"fallbacks": ["second"]}));
    let steps = json!([{"status": 500}, {"answer": {"text": "second"}}]);
    mock.plan("client", steps.clone());
    let response = ask(&client, &fields(&mock, "client", json!({}))).await;
    assert_eq!(response.text, "second");
    mock.plan("client", steps);
    let response = ask(&client, &fields(&mock, "client", json!({"fallbacks": []}))).await;
    assert_eq!(response.receipt.attempts, 1);
    assert!(response.receipt.tried.is_empty(), "there was nothing else");
    // They are no models of embeddings.
    mock.plan("embed", json!([{"status": 500}]));
    let embed = json!({"operation": "embed", "model": "e", "input": "a", "retries_max": 0,
        "base_url": mock.base_url("embed")});
    let AnyRequest::Embed(request) = AnyRequest::from_json(&embed.to_string()).unwrap() else {
        panic!("it is one");
    };
    let error = client.embed(request).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Provider, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ranking_falls_back_and_other_operations_refuse_to() {
    let mock = Mock::start(&[]);
    mock.plan("rank", json!([{"status": 500}, {"answer": {"text": ""}}]));
    let any = |fields: Value| {
        let mut fields = fields;
        fields["base_url"] = json!(mock.base_url("rank"));
        fields["fallbacks"] = json!(["second"]);
        fields["api_key"] = json!(KEY);
        fields["retries_max"] = json!(0);
        AnyRequest::from_json(&fields.to_string()).unwrap()
    };
    let client = Client::new(ClientOptions::default()).unwrap();
    let rank = any(
        json!({"operation": "rerank", "model": "cohere/m", "query": "q",
        "documents": ["a", "b"]}),
    );
    let AnyRequest::Rerank(request) = rank else {
        panic!("it is one");
    };
    let response = client.rerank(request).await.unwrap();
    assert_eq!(response.receipt.tried.len(), 2, "{:?}", response.receipt);
    assert_eq!(response.results.len(), 2);
    for (operation, fields) in [
        (
            "embed",
            json!({"operation": "embed", "model": "openai/e", "input": "a"}),
        ),
        (
            "models",
            json!({"operation": "models", "provider": "openai"}),
        ),
        (
            "count_tokens",
            json!({"operation": "count_tokens", "model": "anthropic/m",
                "messages": [{"role": "user", "content": "hi"}]}),
        ),
    ] {
        let mut events = client.start(any(fields));
        let Some(Event::End(end)) = events.next().await else {
            panic!("it ends");
        };
        let error = end.error.unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error}");
        let text = format!("fallbacks: {operation} has none");
        assert!(error.message.contains(&text), "{error}");
    }
    assert_eq!(mock.seen("rank")["requests_count"], 2);
}

/// Before anything is sent, also where the first request would have been answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fallback_that_cannot_be_sent_is_refused_at_once() {
    let mock = Mock::start(&[]);
    mock.plan("good", json!([{"answer": {"text": "ok"}}]));
    let client = client(json!({}));
    for (fallback, text) in [
        (
            json!(5),
            "fallbacks[1]: expected a model or an object, got a number",
        ),
        (json!(""), "fallbacks[1]: a model is missing"),
        (
            json!("groq"),
            "fallbacks[1]: groq is a provider; write groq/ and its model",
        ),
        (
            json!({"model": 5}),
            "fallbacks[1].model: expected text, got a number",
        ),
        (json!({"model": null}), "fallbacks[1].model is missing"),
        (json!({}), "fallbacks[1].model is missing"),
        (
            json!({"model": "m", "temperature": "hot"}),
            "fallbacks[1].temperature: expected",
        ),
        (
            json!({"model": "m", "api_key": "a\nb"}),
            "fallbacks[1].api_key",
        ),
        (
            json!({"api_key": {"ask": true}}),
            "fallbacks[1].api_key: a function gives",
        ),
        (
            json!({"fallbacks": ["a"]}),
            "fallbacks[1].fallbacks: a fallback has none",
        ),
        (
            json!({"total_timeout_ms": 5}),
            "fallbacks[1].total_timeout_ms: it runs over",
        ),
        (
            json!({"retry_budget": 5}),
            "fallbacks[1]: \"retry_budget\" is an option of the client",
        ),
        (json!({"provider": "nobody"}), "fallbacks[1].provider"),
        (
            json!({"base_url": "ftp://x"}),
            "fallbacks[1].base_url must begin",
        ),
        (
            json!({"provider": "anthropic", "seed": 5, "base_url": mock.base_url("a")}),
            "fallbacks[1]",
        ),
        (json!("groq/"), "fallbacks[1].model is missing"),
    ] {
        let more = json!({"fallbacks": ["fine", fallback]});
        let response = ask(&client, &fields(&mock, "good", more)).await;
        assert!(
            message(&response).starts_with(text),
            "{fallback}: {}",
            message(&response)
        );
    }
    let response = ask(&client, &fields(&mock, "good", json!({"fallbacks": "m"}))).await;
    assert_eq!(
        message(&response),
        "fallbacks: expected a list of models or objects, got text"
    );
    assert_eq!(mock.seen("good")["requests_count"], 0);
    let error = ClientOptions::from_json(r#"{"fallbacks":["a",{"seed":"x"}]}"#).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(
        error.message.starts_with("option fallbacks[1].seed: "),
        "{error}"
    );
}

/// In Rust they are values.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patch_replaces_fields_and_null_takes_them_out() {
    let mock = Mock::start(&[]);
    mock.plan(
        "patch",
        json!([{"status": 500}, {"answer": {"text": "ok"}}]),
    );
    let mut request = LlmRequest::new("first", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url("patch"));
    request.call.limits.retries_max = Some(0);
    request.temperature = Some(0.5);
    request.seed = Some(7);
    request.extra = json!({"max_completion_tokens": 9, "own": 1, "kept": 2})
        .as_object()
        .unwrap()
        .clone();
    let patch = json!({"temperature": null, "max_tokens": 3, "own": null, "new": true});
    let patch = Fallback::patch(patch.as_object().unwrap().clone()).unwrap();
    request.call.fallbacks = Some(Fallbacks::new([patch]));
    let response = client(json!({})).complete(request).await.unwrap();
    assert_eq!(response.receipt.attempts, 2);
    let seen = mock.seen("patch");
    let body = &seen["requests"][1]["body"];
    let fields = ["model", "temperature", "seed", "own", "kept", "new"];
    let found: Vec<_> = fields.iter().map(|name| body[*name].clone()).collect();
    assert_eq!(
        json!(found),
        json!(["first", null, 7, null, 2, true]),
        "{body}"
    );
    assert!(body.to_string().contains("tokens\":3") && !body.to_string().contains("tokens\":9"));
}

/// A call without fallbacks lists its attempts once there are several.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_are_listed_and_a_single_attempt_is_not() {
    let mock = Mock::start(&[]);
    let client = client(json!({}));
    mock.plan(
        "retried",
        json!([{"status": 503}, {"answer": {"text": "ok"}}]),
    );
    let response = ask(
        &client,
        &fields(&mock, "retried", json!({"retries_max": 2})),
    )
    .await;
    let expected = json!([
        ["openai", "first", "PROVIDER", 503],
        ["openai", "first", null, 200]
    ]);
    assert_eq!(tried(&response), expected);
    let response = ask(&client, &fields(&mock, "retried", json!({}))).await;
    assert_eq!(response.receipt.attempts, 1);
    assert!(json!(response.receipt).get("tried").is_none());
}
