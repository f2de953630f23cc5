//! Secrets of every origin, repeated by a provider in every place: none of them, and no piece of
//! one, is in an event, an error, a log line or a Debug text. Refusals to send a key, which, if
//! they failed, would send it to this machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::process::Command;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use liter_llm::{Client, ClientOptions, ErrorKind, LlmRequest, LlmResponse};
use serde_json::{json, Value};
use support::Mock;

const KEY: &str = "Call-Key_7f3a9c.e41b/88d2+zz";
const HEADER: &str = "Header-Value~5d0c.77e1";
const COOKIE: &str = "Cookie-Value~19ab.c4d8";

/// A client whose log is kept.
fn client(mut options: Value) -> (Client, Arc<Mutex<String>>) {
    options["provider"] = json!("openai");
    options["log_level"] = json!("debug");
    options["log_bodies"] = json!(true);
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let client = Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap();
    let client = client.with_logger(Arc::new(move |record| {
        lines.lock().unwrap().push_str(&format!("{record:?}\n"));
    }));
    (client, log)
}

/// Everything that a caller can see of a call.
async fn seen(client: &Client, log: &Arc<Mutex<String>>, request: Value) -> (LlmResponse, String) {
    let mut fields = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    fields
        .as_object_mut()
        .unwrap()
        .extend(request.as_object().unwrap().clone());
    let request = LlmRequest::from_json(&fields.to_string()).unwrap();
    let mut text = format!("{client:?}{request:?}");
    let mut events = client.stream(request);
    let mut response = LlmResponse::default();
    while let Some(event) = events.next().await {
        text.push_str(&format!("{event:?}{events:?}\n"));
        response.push(event);
    }
    text.push_str(&json!(response).to_string());
    text.push_str(&log.lock().unwrap());
    (response, text)
}

fn assert_hidden(text: &str, secrets: &[&str], place: &str) {
    let lower = text.to_ascii_lowercase();
    for secret in secrets {
        for piece in secret.to_ascii_lowercase().as_bytes().windows(8) {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!lower.contains(piece), "{place}: {piece} is in {text}");
        }
    }
    assert!(text.contains("[REDACTED]"), "{place}: nothing came: {text}");
}

/// A response that repeats a text wherever it can, by the name of the place.
fn echoes(text: &str) -> Vec<(&'static str, Value)> {
    let mut all = refusals(text);
    all.extend(streams(text));
    all
}

fn response(status: u16, headers: Value, body: &str) -> Value {
    json!({"status": status, "headers": headers, "body": body})
}

/// Responses that are refused, with the text in their body or their head.
fn refusals(text: &str) -> Vec<(&'static str, Value)> {
    let error = json!({"message": text, "type": text, "code": text, "request_id": text});
    let document = json!({"error": error}).to_string();
    let long = format!(
        "<html>{}{text}{}{text}",
        "x ".repeat(1010),
        "x".repeat(2040)
    );
    let kind = |kind: &str| json!([["content-type", kind]]);
    let behind = format!("{}{text}", "x ".repeat(1015));
    let location = json!([["location", format!("?{text}")]]);
    vec![
        (
            "error",
            response(400, json!([["x-request-id", text]]), &document),
        ),
        ("text", response(400, json!([]), &behind)),
        ("page", response(200, kind("text/html"), &long)),
        ("error page", response(403, kind("text/html"), &long)),
        (
            "document",
            response(200, kind("application/json"), &document),
        ),
        ("redirect", response(302, location, "")),
    ]
}

/// Streams with the text in their head, in an event, or in how they end.
fn streams(text: &str) -> Vec<(&'static str, Value)> {
    let stream = |headers: Value, events: &[&Value]| {
        let mut all = vec![json!(["content-type", "text/event-stream"])];
        all.extend(headers.as_array().unwrap().iter().cloned());
        let mut actions = vec![json!({"head": {"status": 200, "chunked": true, "headers": all}})];
        actions.extend(events.iter().map(|event| (*event).clone()));
        actions.extend([json!({"done": true}), json!({"chunk_end": true})]);
        json!({ "raw": actions })
    };
    let plain = |events: &[&Value]| stream(json!([]), events);
    let (token, finish) = (json!({"token": "a"}), json!({"finish": "stop"}));
    let named = json!([["x-request-id", text], ["x-ratelimit-reset-requests", text]]);
    let error = json!({"message": text, "type": text, "code": text, "request_id": text});
    let failed = json!({"sse": {"error": error}});
    let broken = json!({"sse": format!("{{{text}")});
    let chunk = json!({"sse": {"id": text, "model": text, "choices":
        [{"index": 0, "delta": {"content": "a"}, "finish_reason": null}]}});
    let usage = json!({"sse": {"choices": [], "usage": {"prompt_tokens": 1, "by": text}}});
    vec![
        ("error event", plain(&[&token, &failed])),
        ("bad event", plain(&[&token, &broken])),
        ("headers", stream(named, &[&token, &finish])),
        ("chunk", plain(&[&chunk, &finish])),
        ("finish", plain(&[&token, &json!({"finish": text})])),
        ("usage", plain(&[&token, &finish, &usage])),
    ]
}

/// Secrets of the call and of the client, in every place, whole and encoded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_of_a_call_comes_back() {
    let mock = Mock::start(&[]);
    let base64 = "Q2FsbC1LZXlfN2YzYTljLmU0MWIvODhkMit6eg==";
    let percent = "Call%2dKey%5F7f3a9c%2Ee41b%2F88d2%2Bzz";
    let (client, log) = client(json!({"headers": {"Cookie": format!("session={COOKIE}")}}));
    for (number, echo) in [KEY, HEADER, COOKIE, base64, percent]
        .into_iter()
        .enumerate()
    {
        for (place, step) in echoes(echo) {
            let name = format!("{}-{number}", place.replace(' ', "-"));
            mock.plan(&name, json!([step]));
            let request = json!({"base_url": mock.base_url(&name), "api_key": KEY,
                "headers": {"x-any-name": HEADER}, "retries_max": 0});
            let (response, text) = seen(&client, &log, request).await;
            assert_eq!(mock.seen(&name)["requests_count"], 1, "{place}");
            if place != "redirect" {
                assert_hidden(&text, &[KEY, HEADER, COOKIE, base64, percent], place);
            }
            assert_hidden(&format!("{text}[REDACTED]"), &[echo], place);
            if let Some(error) = &response.receipt.error {
                assert!(error.message.len() <= liter_llm::MESSAGE_BYTES_MAX);
            }
        }
    }
}

/// START is clean when it comes, not only once the response is complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_holds_no_secret_while_the_response_goes_on() {
    let mock = Mock::start(&[]);
    let chunk = json!({"id": KEY, "model": HEADER, "choices":
        [{"index": 0, "delta": {"content": "a"}, "finish_reason": null}]});
    let headers = json!([
        ["content-type", "text/event-stream"],
        ["x-request-id", KEY],
        ["x-ratelimit-reset-requests", HEADER]
    ]);
    mock.plan(
        "start",
        json!([{"raw": [{"head": {"status": 200, "chunked": true, "headers": headers}},
            {"sse": chunk}, {"await": "go"}, {"finish": "stop"}, {"done": true},
            {"chunk_end": true}]}]),
    );
    let (client, _) = client(json!({"headers": {"x-any-name": HEADER}}));
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}],
        "base_url": mock.base_url("start"), "api_key": KEY});
    let mut events = client.stream(LlmRequest::from_json(&request.to_string()).unwrap());
    let first = format!("{:?}", events.next().await.unwrap());
    assert!(first.starts_with("Start("), "{first}");
    assert_eq!(first.matches("[REDACTED]").count(), 4, "{first}");
    assert_hidden(&first, &[KEY, HEADER], "start");
    mock.signal("start", "go");
    let rest: Vec<_> = events.collect().await;
    assert_hidden(&format!("{rest:?}"), &[KEY, HEADER], "end");
}

/// The message of an error that was retried is in the log only, and there without secrets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_of_retries_hold_no_secret() {
    let mock = Mock::start(&[]);
    let (client, log) = client(json!({}));
    for echo in [KEY, HEADER] {
        let busy = json!({"status": 503, "headers": [["retry-after-ms", "1"]],
            "error": {"message": format!("{}{echo} {}", "x ".repeat(1005), "y ".repeat(2000)),
                "type": "busy"}});
        mock.plan("retried", json!([busy, {"answer": {"text": "ok"}}]));
        let request = json!({"base_url": mock.base_url("retried"), "api_key": KEY,
            "headers": {"x-any-name": HEADER}, "user": echo});
        let (response, text) = seen(&client, &log, request).await;
        assert_eq!(
            (response.text.as_str(), response.receipt.attempts),
            ("ok", 2)
        );
        let lines = log.lock().unwrap().clone();
        assert!(
            lines.contains("trying again") && lines.contains("request: {"),
            "{lines}"
        );
        let retried = lines.lines().find(|line| line.contains("trying again"));
        assert!(
            retried.unwrap().len() < 2300,
            "as long as an error: {lines}"
        );
        assert_hidden(&lines, &[KEY, HEADER], "log");
        assert_hidden(&text, &[KEY, HEADER], "events");
    }
}

/// Runs one test of this file in a process of its own, with these variables.
fn in_child(test: &str, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--ignored", "--nocapture"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        child.env_remove(name).env_remove(name.to_ascii_uppercase());
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && stdout.contains("1 passed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(passed, "{test}: {stdout}{errors}");
}

#[test]
fn no_secret_of_the_environment_comes_back() {
    let variables = [
        ("OPENAI_API_KEY", KEY),
        // Of another provider: not sent, but known.
        ("GROQ_API_KEY", HEADER),
        (
            "ALL_PROXY",
            "http://somebody:Cookie-Value%7E19ab.c4d8@127.0.0.1:9",
        ),
        ("NO_PROXY", "127.0.0.1"),
    ];
    in_child("child_repeats_secrets_of_the_environment", &variables);
}

#[tokio::test]
#[ignore = "run by no_secret_of_the_environment_comes_back"]
async fn child_repeats_secrets_of_the_environment() {
    let mock = Mock::start(&[]);
    let (client, log) = client(json!({}));
    for echo in [KEY, HEADER, COOKIE] {
        for (place, step) in echoes(&format!("{echo} {{{{api_key}}}}")) {
            let name = place.replace(' ', "-");
            mock.plan(&name, json!([step]));
            let request = json!({"base_url": mock.base_url(&name), "retries_max": 0});
            let (_, text) = seen(&client, &log, request).await;
            let text = format!("{text}[REDACTED]");
            assert_hidden(&text, &[KEY, HEADER, COOKIE], place);
        }
    }
    assert!(mock.seen("error")["requests"][0].to_string().contains(KEY));
    // It was read when the client was made, and is not read again.
    std::env::set_var("OPENAI_API_KEY", "another-key-0123456789");
    mock.plan("again", json!([{"answer": {"text": "ok"}}]));
    let request = json!({"base_url": mock.base_url("again")});
    seen(&client, &log, request).await;
    assert!(mock.seen("again")["requests"][0].to_string().contains(KEY));
}

/// A base URL on this machine whose address is not a loopback one, and the same on loopback.
fn open_and_loopback(mock: &Mock, name: &str) -> (String, String) {
    let here = mock.base_url(name);
    (here.replace("127.0.0.1", "0.0.0.0"), here)
}

/// Security default 3: neither a key nor a secret header crosses a network in the clear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_goes_over_plain_http_to_another_machine() {
    let mock = Mock::start(&[]);
    mock.plan("plain", json!([{"answer": {"text": "ok"}}]));
    let (open, here) = open_and_loopback(&mock, "plain");
    let (client, log) = client(json!({"headers": {"x-title": "harmless"}}));
    let with_key = json!({ "api_key": KEY });
    let with_token = json!({"headers": {"Authorization": format!("Bearer {KEY}")}});
    let with_cookie = json!({"headers": {"cookie": COOKIE}});
    for secret in [with_key.clone(), with_token, with_cookie] {
        let mut request = secret.clone();
        request["base_url"] = json!(open);
        let (response, text) = seen(&client, &log, request).await;
        let error = response.receipt.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        assert!(error.message.contains("allow_insecure_http"), "{error}");
        assert_hidden(&format!("{text}[REDACTED]"), &[KEY, COOKIE], "refusal");
    }
    assert_eq!(mock.seen("plain")["requests_count"], 0);
    let mut request = with_key;
    request["base_url"] = json!(here);
    assert_eq!(seen(&client, &log, request.clone()).await.0.text, "ok");
    let (allowing, log) = self::client(json!({"allow_insecure_http": true}));
    request["base_url"] = json!(open);
    assert_eq!(seen(&allowing, &log, request).await.0.text, "ok");
}

/// Security default 11: the address of a name is only known once it was looked up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_a_private_address_is_refused_when_it_is_looked_up() {
    let mock = Mock::start(&[]);
    mock.plan("private", json!([{"answer": {"text": "ok"}}]));
    let here = mock.base_url("private");
    for host in ["localhost", "127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]"] {
        let base_url = here.replace("127.0.0.1", host);
        let (client, log) = client(json!({"deny_private": true, "allow_insecure_http": true}));
        let request = json!({"base_url": base_url, "api_key": KEY});
        let (response, text) = seen(&client, &log, request).await;
        let error = response.receipt.error.unwrap();
        assert_eq!(
            (error.kind, error.attempts),
            (ErrorKind::Config, 1),
            "{error}"
        );
        assert!(error.message.contains("is refused"), "{error}");
        assert_hidden(&format!("{text}[REDACTED]"), &[KEY], host);
    }
    assert_eq!(mock.seen("private")["requests_count"], 0);
    let (open, log) = client(json!({}));
    let request = json!({"base_url": here.replace("127.0.0.1", "localhost"), "api_key": KEY});
    assert_eq!(seen(&open, &log, request).await.0.text, "ok");
}

/// F72: through a proxy, with variables that a process of its own sees.
#[test]
fn proxies_of_the_environment_get_no_secret_in_the_clear() {
    let mock = Mock::start(&[]);
    let (open, here) = open_and_loopback(&mock, "x");
    let proxy = |url: &str| url.split("/x/").next().unwrap().to_owned();
    let (open, here) = (proxy(&open), proxy(&here));
    let child = |variables: &[(&str, &str)], expected: &str| {
        let mut all = vec![("MOCK", here.as_str()), ("EXPECTED", expected)];
        all.extend(variables);
        in_child("child_calls_through_a_proxy", &all);
    };
    child(&[("HTTP_PROXY", &open)], "through the proxy http://0.0.0.0");
    child(&[("ALL_PROXY", &open)], "through the proxy http://0.0.0.0");
    child(&[("HTTP_PROXY", &open), ("ALLOW", "1")], "ok");
    child(&[("HTTP_PROXY", &open), ("NO_PROXY", "127.0.0.1")], "ok");
    child(&[("HTTP_PROXY", &open), ("UNUSED", "1")], "ok");
    child(&[("HTTP_PROXY", &here)], "ok");
    child(&[("HTTPS_PROXY", &open)], "ok");
}

#[tokio::test]
#[ignore = "run by proxies_of_the_environment_get_no_secret_in_the_clear"]
async fn child_calls_through_a_proxy() {
    let variable = |name: &str| std::env::var(name).ok();
    let (client, log) = client(json!({"proxy": variable("UNUSED").is_none(),
        "allow_insecure_http": variable("ALLOW").is_some()}));
    let mock = variable("MOCK").unwrap();
    let base_url = format!("{mock}/any~{}/v1", std::process::id());
    let request = json!({"base_url": base_url, "api_key": KEY, "retries_max": 0});
    let (response, text) = seen(&client, &log, request).await;
    let expected = variable("EXPECTED").unwrap();
    match response.receipt.error {
        None => assert_eq!(expected, "ok"),
        Some(error) => {
            assert!(error.message.contains(&expected), "{error}");
            assert_eq!(error.kind, ErrorKind::Config);
        }
    }
    assert_hidden(&format!("{text}[REDACTED]"), &[KEY], "proxy");
}
