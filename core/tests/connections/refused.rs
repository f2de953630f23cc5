//! What cannot be reached: the message names host, port and path and says what to check, and a call
//! that cannot succeed says so within a second. Servers on this machine need no key and no
//! certificates.

use std::net::TcpListener;
use std::time::Instant;

use liter_llm::{Client, ClientOptions, ErrorKind, LlmRequest, Message};
use serde_json::json;

use crate::support::Mock;
use crate::{ask, base_url, client, refused, requests};

/// A port at which nothing listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_port_of_this_machine_is_tried_once_more_and_named() {
    let port = closed_port();
    let client = client(json!({"retries_max": 5}));
    for host in ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"] {
        let began = Instant::now();
        let url = format!("http://{host}:{port}/v1?api-version=hidden");
        let error = refused(&client, &url).await;
        let took_ms = began.elapsed().as_millis();
        assert_eq!(error.kind, ErrorKind::Network, "{error}");
        // A machine may have no IPv6.
        if host != "[::1]" || error.message.contains("refused") {
            let start = format!("openai: cannot connect to {host}:{port}: ");
            assert!(error.message.starts_with(&start), "{error}");
            let advice = "; is the server running? check base_url";
            assert!(error.message.ends_with(advice), "{error}");
            assert_eq!((error.attempts, error.retryable), (2, true), "{error}");
            assert!(took_ms < 1_000, "{host}: {took_ms} ms");
        }
        assert!(!format!("{error:?}").contains("hidden"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_names_the_port() {
    let mock = Mock::start(&[]);
    mock.plan("cut", json!([{"raw": [{"reset": true}]}]));
    let place = mock.ready["http"].as_str().unwrap();
    let at = place.trim_start_matches("http://");
    let client = client(json!({"retries_max": 0}));
    let error = refused(&client, &base_url(&mock, "http", "cut")).await;
    let start = format!("openai: the connection to {at} broke before a response came: ");
    assert!(error.message.starts_with(&start), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_404_names_the_path_that_was_asked_for() {
    let mock = Mock::start(&[]);
    let long = "x".repeat(5_000);
    for (key, said) in [("short", "no such model"), ("long", long.as_str())] {
        let error = json!({"message": said, "type": "x", "code": null});
        mock.plan(key, json!([{"status": 404, "headers": [], "error": error}]));
        let url = format!("{}?secret=hidden", base_url(&mock, "http", key));
        let error = refused(&client(json!({})), &url).await;
        let end = format!("; the path asked for was /{key}/v1/chat/completions");
        assert!(error.message.ends_with(&end), "{error}");
        assert!(error.message.len() <= 2_048, "{}", error.message.len());
        assert!(!format!("{error:?}").contains("hidden"), "{error}");
    }
    let said = json!({"message": "no", "type": "x", "code": null});
    // Where the provider says what it has not found, the path was right.
    for (key, code) in [("by-code", "model_not_found"), ("by-name", "x")] {
        let error = json!({"message": "no test-model here", "type": "x", "code": code});
        mock.plan(key, json!([{"status": 404, "headers": [], "error": error}]));
        let error = refused(&client(json!({})), &base_url(&mock, "http", key)).await;
        assert_eq!(error.message, "openai: 404 no test-model here");
    }
    mock.plan(
        "other",
        json!([{"status": 400, "headers": [], "error": said}]),
    );
    let error = refused(&client(json!({})), &base_url(&mock, "http", "other")).await;
    assert_eq!(error.message, "openai: 400 no");
}

/// Also of a provider that has no address of its own, whose every address counts as that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_this_machine_needs_no_key() {
    let mock = Mock::start(&[]);
    for (provider, host) in [
        ("openai", "127.0.0.1"),
        ("groq", "localhost"),
        ("azure", "127.0.0.1"),
        ("litellm", "localhost"),
    ] {
        let options = ClientOptions::from_json(r#"{"proxy":false,"retries_max":0}"#).unwrap();
        // Its own variable must not be set where the test runs.
        let client = Client::new(options).unwrap();
        let url = base_url(&mock, "http", provider).replace("127.0.0.1", host);
        let mut request = LlmRequest::new("m", vec![Message::user("hello")]);
        request.call.provider = Some(provider.to_owned());
        request.call.base_url = Some(url);
        let response = client.complete(request).await;
        assert!(response.is_ok(), "{provider}: {response:?}");
        let seen = mock.seen(provider);
        let headers = requests(&seen)[0]["headers"].to_string().to_lowercase();
        let has_key = headers.contains("authorization") || headers.contains("api-key");
        assert!(
            headers.contains("user-agent") && !has_key,
            "{provider}: {headers}"
        );
    }
}

/// A `ca_file` that is not there matters where TLS is used, and nothing is opened then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_ca_file_is_reported_at_the_first_tls() {
    let mock = Mock::start(&["--tls"]);
    let file = std::env::temp_dir().join(format!("liter-llm-ca-{}.pem", std::process::id()));
    let client = client(json!({"ca_file": file}));
    let plain = ask(&client, &base_url(&mock, "http", "plain")).await;
    assert_eq!(plain.unwrap().text, "Hello world");
    let error = refused(&client, &base_url(&mock, "https", "tls")).await;
    let start = format!("openai: ca_file {} cannot be used: ", file.display());
    assert!(error.message.starts_with(&start), "{error}");
    assert_eq!((error.kind, error.attempts), (ErrorKind::Config, 1));
    assert_eq!(mock.accepted("https"), 0);
    // It may be there later, as where another container writes it.
    std::fs::copy(mock.ready["ca_file"].as_str().unwrap(), &file).unwrap();
    let response = ask(&client, &base_url(&mock, "https", "tls")).await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(response.unwrap().text, "Hello world");
}

#[test]
fn a_ca_file_of_other_content_is_found_at_once() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let options = json!({ "ca_file": path });
    let options = ClientOptions::from_json(&options.to_string()).unwrap();
    let error = Client::new(options).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    let message = format!("ca_file {path} holds no PEM certificate");
    assert_eq!(error.message, message);
}
