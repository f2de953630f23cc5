//! Bedrock through the Rust interface: its vectors, signatures on the wire, a clock that is wrong,
//! and credentials of the environment and of files.
#![cfg(feature = "bedrock")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use liter_llm::{Client, ClientOptions, Event, LlmRequest, Receipt};
use serde_json::{json, Value};
use support::vectors::play_all;
use support::Mock;

const SECRET: &str = "File-Secret+7f3a9c/e41b88d2zz";
const TOKEN: &str = "Session-Token~5d0c77e1~19abc4d8==";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_of_bedrock() {
    let count = play_all(|provider| provider == "bedrock").await;
    assert!(count >= 43, "{count}");
}

/// A client that signs.
fn client(more: Value) -> Client {
    let mut options = json!({"provider": "bedrock", "aws_region": "eu-central-1",
        "aws_access_key_id": "AKIDTEST", "aws_secret_access_key": SECRET});
    options
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}

fn request(mock: &Mock, key: &str) -> LlmRequest {
    let request = json!({"model": "amazon.nova-lite-v1:0", "stream": false,
        "messages": [{"role": "user", "content": "hi"}], "base_url": mock.base_url(key)});
    LlmRequest::from_json(&request.to_string()).unwrap()
}

async fn receipt(client: &Client, request: LlmRequest) -> Receipt {
    let events: Vec<Event> = client.stream(request).collect().await;
    match events.into_iter().last() {
        Some(Event::End(receipt)) => *receipt,
        other => panic!("{other:?}"),
    }
}

fn assert_good(receipt: &Receipt) {
    assert!(receipt.error.is_none(), "{:?}", receipt.error);
}

fn refusal(date: Option<SystemTime>) -> Value {
    let mut headers = vec![
        json!(["content-type", "application/json"]),
        json!([
            "x-amzn-errortype",
            "InvalidSignatureException:http://internal.amazon.com/"
        ]),
    ];
    headers.extend(date.map(|date| json!(["date", httpdate::fmt_http_date(date)])));
    let message = "Signature expired: 20260102T000000Z is now earlier than 20260102T030000Z";
    json!({"status": 403, "headers": headers, "body": json!({ "message": message }).to_string()})
}

fn answer() -> Value {
    let message = json!({"role": "assistant", "content": [{"text": "hello"}]});
    let body = json!({"output": {"message": message}, "stopReason": "end_turn"});
    json!({"status": 200, "headers": [["content-type", "application/json"]],
        "body": body.to_string()})
}

fn header<'r>(request: &'r Value, name: &str) -> &'r str {
    let headers = request["headers"].as_array().unwrap();
    let header = headers.iter().find(|header| header[0] == name);
    header.map_or("", |header| header[1].as_str().unwrap())
}

/// Day and hour that each request was signed for.
fn signed_hours(mock: &Mock, key: &str) -> Vec<String> {
    let seen = mock.seen(key);
    let requests = seen["requests"].as_array().unwrap();
    let times = requests.iter().map(|request| header(request, "x-amz-date"));
    times
        .map(|time| time.get(..11).unwrap().to_owned())
        .collect()
}

/// The same of a time: `20260102T03`.
fn hour(time: SystemTime) -> String {
    let date = httpdate::fmt_http_date(time);
    let words: Vec<&str> = date.split([' ', ':']).collect();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(words[2]).unwrap() / 3 + 1;
    format!("{}{month:02}{}T{}", words[3], words[1], words[4])
}

#[tokio::test]
async fn a_refused_time_is_corrected_once_and_for_all_calls() {
    let mock = Mock::start(&[]);
    let there = SystemTime::now() + Duration::from_secs(50 * 3600);
    mock.plan("skew", json!([refusal(Some(there)), answer(), answer()]));
    let client = client(json!({}));
    let first = receipt(&client, request(&mock, "skew")).await;
    assert_good(&first);
    assert_eq!(first.attempts, 2);
    let second = receipt(&client, request(&mock, "skew")).await;
    assert_good(&second);
    assert_eq!(second.attempts, 1);
    let hours = signed_hours(&mock, "skew");
    let near = |seen: &str, time: SystemTime| {
        // The hour may change while the test runs.
        [time, time + Duration::from_secs(60)]
            .iter()
            .any(|time| seen == hour(*time))
    };
    assert!(!near(&hours[0], there), "{hours:?}");
    assert!(
        near(&hours[1], there) && near(&hours[2], there),
        "{hours:?}"
    );
    let seen = mock.seen("skew");
    let signatures: Vec<_> = seen["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| {
            let authorization = header(request, "authorization").to_owned();
            assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDTEST/"));
            assert!(
                authorization.contains(header(request, "x-amz-date").split('T').next().unwrap())
            );
            authorization
        })
        .collect();
    assert_ne!(signatures[0], signatures[1]);
}

#[tokio::test]
async fn a_time_that_stays_refused_is_an_error_that_names_the_clock() {
    let mock = Mock::start(&[]);
    let there = SystemTime::now() + Duration::from_secs(50 * 3600);
    mock.plan("stays", json!([refusal(Some(there)), refusal(Some(there))]));
    mock.plan("dateless", json!([refusal(None)]));
    for (key, attempts) in [("stays", 2), ("dateless", 1)] {
        let receipt = receipt(&client(json!({})), request(&mock, key)).await;
        let error = receipt.error.unwrap();
        assert_eq!(error.kind, liter_llm::ErrorKind::Authentication, "{key}");
        assert!(
            error.message.contains("the clock of this machine"),
            "{error}"
        );
        assert_eq!(
            (receipt.attempts, error.retryable),
            (attempts, false),
            "{key}"
        );
    }
    // A call that is not signed learns nothing of a clock.
    mock.plan("bearer", json!([refusal(Some(there))]));
    let bearer = client(json!({"api_key": "test-key"}));
    assert_eq!(receipt(&bearer, request(&mock, "bearer")).await.attempts, 1);
}

#[tokio::test]
async fn a_gateway_is_called_and_aws_is_signed() {
    let mock = Mock::start(&[]);
    mock.plan("gateway", json!([answer(), answer()]));
    let own = "https://bedrock-runtime.us-west-2.amazonaws.com";
    let signing = client(json!({"aws_signing_url": own, "aws_region": null}));
    assert_good(&receipt(&signing, request(&mock, "gateway")).await);
    let open = json!({"provider": "bedrock", "auth": "none"});
    let open = Client::new(ClientOptions::from_json(&open.to_string()).unwrap()).unwrap();
    assert_good(&receipt(&open, request(&mock, "gateway")).await);
    let seen = mock.seen("gateway");
    let signed = header(&seen["requests"][0], "authorization");
    assert!(
        signed.contains("/us-west-2/bedrock/aws4_request"),
        "{signed}"
    );
    assert!(seen["requests"][0]["path"]
        .as_str()
        .unwrap()
        .ends_with("/v1/model/amazon.nova-lite-v1%3A0/converse"));
    assert_eq!(header(&seen["requests"][1], "authorization"), "");
}

/// Runs one test of this file in a process of its own, with these variables.
fn in_child(test: &str, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--ignored", "--nocapture"]);
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("AWS_")) {
        child.env_remove(name);
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && stdout.contains("1 passed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(passed, "{test}: {stdout}{errors}");
}

/// A folder of the shared files; removed with the test.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        let name = format!(
            "liter-llm-home-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(folder.join(".aws")).unwrap();
        let credentials = format!(
            "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = {SECRET}\n\
             aws_session_token = {TOKEN}\n[sso]\nsso_session = x\n"
        );
        std::fs::write(folder.join(".aws/credentials"), credentials).unwrap();
        std::fs::write(
            folder.join(".aws/config"),
            "[default]\nregion = ap-south-1\n",
        )
        .unwrap();
        Self(folder)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn keys_of_the_shared_files_sign_and_never_come_back() {
    let home = Home::new();
    in_child("child_of_a_home", &[("HOME", home.0.to_str().unwrap())]);
}

#[tokio::test]
#[ignore = "run by keys_of_the_shared_files_sign_and_never_come_back"]
async fn child_of_a_home() {
    let mock = Mock::start(&[]);
    let echo = json!({"message": format!("wrong: {SECRET} and {TOKEN}"), "other": TOKEN});
    let echo = json!({"status": 400, "headers": [["content-type", "application/json"]],
        "body": echo.to_string()});
    mock.plan("file", json!([answer(), echo]));
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let options = json!({"provider": "bedrock", "log_level": "debug", "log_bodies": true});
    let client = Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap();
    let client = client.with_logger(Arc::new(move |record| {
        lines.lock().unwrap().push_str(&format!("{record:?}\n"));
    }));
    assert_good(&receipt(&client, request(&mock, "file")).await);
    let seen = mock.seen("file");
    let sent = &seen["requests"][0];
    assert!(header(sent, "authorization").contains("Credential=AKIDFILE/"));
    assert!(header(sent, "authorization").contains("/ap-south-1/bedrock/"));
    assert_eq!(header(sent, "x-amz-security-token"), TOKEN);
    let refused = receipt(&client, request(&mock, "file")).await;
    let shown = format!("{client:?}{refused:?}{}", log.lock().unwrap());
    assert!(shown.contains("[REDACTED]"), "{shown}");
    for secret in [SECRET, TOKEN] {
        assert!(!shown.contains(secret.get(..12).unwrap()), "{shown}");
    }
    // A profile that only AWS's own library resolves, and no request.
    let mut named = request(&mock, "file");
    named.call.cloud.aws_profile = Some("sso".to_owned());
    let error = receipt(&client, named).await.error.unwrap();
    assert_eq!(error.kind, liter_llm::ErrorKind::Config);
    assert!(
        error.message.contains("has sso_session, single sign-on"),
        "{error}"
    );
    assert_eq!(mock.seen("file")["requests"].as_array().unwrap().len(), 2);
}

#[test]
fn variables_name_the_account_the_region_and_the_endpoint() {
    let mock = Mock::start(&[]);
    mock.plan("env", json!([answer(), answer(), answer()]));
    let base_url = mock.base_url("env");
    let keys = [
        ("HOME", "/nonexistent"),
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
        ("AWS_DEFAULT_REGION", "eu-north-1"),
    ];
    let endpoint = ("AWS_ENDPOINT_URL", base_url.as_str());
    in_child("child_of_variables", &[&keys[..], &[endpoint]].concat());
    let own = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", base_url.as_str());
    let other = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let region = ("AWS_REGION", "eu-south-1");
    in_child(
        "child_of_variables",
        &[&keys[..], &[own, other, region]].concat(),
    );
    let token = ("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-0123456789");
    in_child("child_of_variables", &[&keys[..], &[own, token]].concat());
    let seen = mock.seen("env");
    let sent = |at: usize| header(&seen["requests"][at], "authorization").to_owned();
    assert!(sent(0).contains("Credential=AKIDENV/") && sent(0).contains("/eu-north-1/"));
    assert!(sent(1).contains("/eu-south-1/"), "{}", sent(1));
    assert_eq!(sent(2), "Bearer bedrock-api-key-0123456789");
    assert_eq!(header(&seen["requests"][0], "x-amz-security-token"), TOKEN);
}

#[tokio::test]
#[ignore = "run by variables_name_the_account_the_region_and_the_endpoint"]
async fn child_of_variables() {
    let options = json!({"provider": "bedrock"});
    let client = Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap();
    let request = json!({"model": "m", "stream": false,
        "messages": [{"role": "user", "content": "hi"}]});
    let request = LlmRequest::from_json(&request.to_string()).unwrap();
    assert_good(&receipt(&client, request).await);
}

#[test]
fn without_credentials_nothing_is_sent() {
    in_child("child_without_credentials", &[("HOME", "/nonexistent")]);
}

#[tokio::test]
#[ignore = "run by without_credentials_nothing_is_sent"]
async fn child_without_credentials() {
    let client = |more: Value| {
        let mut options = json!({ "provider": "bedrock" });
        options
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
    };
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let request = || LlmRequest::from_json(&request.to_string()).unwrap();
    let region = json!({"aws_region": "eu-central-1"});
    let error = receipt(&client(region), request()).await.error.unwrap();
    assert!(
        error.message.starts_with("no key and no AWS credentials"),
        "{error}"
    );
    assert!(error.message.contains("key function"), "{error}");
    let error = receipt(&client(json!({"api_key": "k"})), request())
        .await
        .error
        .unwrap();
    assert!(
        error
            .message
            .starts_with("no region for bedrock; set aws_region"),
        "{error}"
    );
}

#[test]
fn a_secret_that_cannot_be_one_is_named_by_its_field() {
    for name in [
        "api_key",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    ] {
        let error = ClientOptions::from_json(&json!({ name: "a b" }).to_string()).unwrap_err();
        assert!(
            error.message.starts_with(&format!("{name} has a blank")),
            "{error}"
        );
        let error = ClientOptions::from_json(&json!({ name: "" }).to_string()).unwrap_err();
        assert_eq!(error.message, format!("{name} is empty"));
    }
}
