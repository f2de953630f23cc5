//! F77: proxies. The variables are read once, when a client is made, so each call is made by a
//! process of its own (`calls_by_environment`), through a proxy that this file plays.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use liter_llm::{Client, ClientOptions, LlmError};
use serde_json::{json, Value};

use crate::support::Mock;
use crate::{ask, base_url, requests};

const CALL: &str = "LITER_LLM_TEST_CALL";
const VARIABLES: [&str; 8] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];
const USER: &str = "proxyuser";
const PASSWORD: &str = "s3cret@word";
/// Base64 of `proxyuser:s3cret@word`.
const BASIC: &str = "proxy-authorization: Basic cHJveHl1c2VyOnMzY3JldEB3b3Jk";

/// What a proxy does with a request.
#[derive(Clone)]
enum Manner {
    /// Responses with these bytes and closes.
    Answers(String),
    /// Reads and sends nothing.
    Hangs,
    /// Connects to the host that CONNECT names.
    Tunnels,
}

struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, manner, seen) = (socket.unwrap(), manner.clone(), Arc::clone(&seen));
                // A client that leaves in the middle is no failure of the proxy.
                thread::spawn(move || drop(serve(socket, &manner, &seen)));
            }
        });
        Self { port, heads }
    }

    fn url(&self) -> String {
        let password = PASSWORD.replace('@', "%40");
        format!("http://{USER}:{password}@127.0.0.1:{}", self.port)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut socket: TcpStream, manner: &Manner, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head);
    match manner {
        Manner::Answers(bytes) => socket.write_all(bytes.as_bytes()),
        Manner::Hangs => socket.read_to_end(&mut Vec::new()).map(drop),
        Manner::Tunnels => {
            let mut server = TcpStream::connect(target.replace("localhost", "127.0.0.1"))?;
            socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            let (mut from, mut to) = (socket.try_clone()?, server.try_clone()?);
            thread::spawn(move || {
                let _left = std::io::copy(&mut from, &mut to);
                let _gone = to.shutdown(Shutdown::Write);
            });
            std::io::copy(&mut server, &mut socket).map(drop)
        }
    }
}

/// The outcome of a call that was made with these variables.
fn outcome_of(variables: &[(&str, &str)], options: Value, base_url: &str) -> Value {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in VARIABLES {
        command.env_remove(name);
    }
    let output = command
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "proxies::calls_by_environment",
        ])
        .envs(variables.iter().copied())
        .env(
            CALL,
            json!({"options": options, "base_url": base_url}).to_string(),
        )
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let line = stdout.lines().find_map(|line| line.split_once("OUTCOME "));
    let complaint = String::from_utf8_lossy(&output.stderr);
    let (_, outcome) = line.unwrap_or_else(|| panic!("{stdout}\n{complaint}"));
    serde_json::from_str(outcome).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the other tests of this file, with variables of their own"]
async fn calls_by_environment() {
    let what = std::env::var(CALL).expect("run by the other tests of this file");
    let what: Value = serde_json::from_str(&what).unwrap();
    let mut options = what["options"].clone();
    options["provider"] = json!("openai");
    options["api_key"] = json!("test-key-0123456789");
    let made = ClientOptions::from_json(&options.to_string()).and_then(Client::new);
    let response = match made {
        Ok(client) => ask(&client, what["base_url"].as_str().unwrap()).await,
        Err(error) => Err(error),
    };
    let outcome = match response {
        Ok(response) => json!({"text": response.text}),
        Err(error) => summary(&error),
    };
    let line = format!("\nOUTCOME {outcome}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

fn summary(error: &LlmError) -> Value {
    json!({"kind": error.kind.name(), "message": error.message, "attempts": error.attempts,
        "timer": error.timer.map(liter_llm::Timer::name), "retryable": error.retryable,
        "maybe_executed": error.maybe_executed})
}

fn message(outcome: &Value) -> &str {
    let message = outcome["message"].as_str();
    message.unwrap_or_else(|| panic!("no failure: {outcome}"))
}

fn assert_no_credentials(outcome: &Value) {
    let text = outcome.to_string();
    for secret in [USER, "s3cret", "cHJveHl1c2Vy", "test-key"] {
        assert!(!text.contains(secret), "{outcome}");
    }
}

/// A proxy that refuses, or sends nonsense, will do so again: one attempt, and the message names
/// it.
#[test]
fn a_proxy_that_refuses_is_named_and_tried_once() {
    let challenge = "HTTP/1.1 407 Proxy Authentication Required\r\n\
        proxy-authenticate: Basic realm=\"p\"\r\ncontent-length: 0\r\n\r\n";
    for response in [
        challenge,
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno",
        "HTTP/1.0 407 Authentication Required\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        "\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\r\n\r\n",
    ] {
        let proxy = Proxy::new(Manner::Answers(response.to_owned()));
        let variables = [("HTTPS_PROXY", proxy.url())];
        let variables = variables
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let outcome = outcome_of(
            &variables,
            json!({"retries_max": 2}),
            "https://api.example/x/v1",
        );
        assert_eq!(outcome["attempts"], 1, "{response:?}: {outcome}");
        assert_eq!(outcome["retryable"], false, "{response:?}: {outcome}");
        assert_eq!(outcome["maybe_executed"], false, "{response:?}: {outcome}");
        let named = format!("127.0.0.1:{}", proxy.port);
        assert!(
            message(&outcome).contains(&named),
            "{response:?}: {outcome}"
        );
        assert_no_credentials(&outcome);
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "{response:?}: {heads:?}");
        assert!(
            heads[0].starts_with("CONNECT api.example:443 HTTP/1.1\r\n"),
            "{heads:?}"
        );
    }
}

/// Also where it only forwards requests: its demand for credentials is no provider's response.
#[test]
fn a_proxy_that_wants_credentials_for_plain_http_is_named() {
    let challenge = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let proxy = Proxy::new(Manner::Answers(challenge.to_owned()));
    let url = proxy.url();
    let options = json!({"retries_max": 2, "allow_insecure_http": true});
    let outcome = outcome_of(&[("HTTP_PROXY", &url)], options, "http://api.example/x/v1");
    assert_eq!(outcome["kind"], "CONFIG", "{outcome}");
    assert_eq!(outcome["attempts"], 1, "{outcome}");
    let named = format!("127.0.0.1:{}", proxy.port);
    assert!(message(&outcome).contains(&named), "{outcome}");
    assert_no_credentials(&outcome);
}

#[test]
fn a_proxy_that_hangs_or_is_not_there_is_named() {
    let hanging = Proxy::new(Manner::Hangs);
    let absent = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for (port, kind, timer) in [
        (hanging.port, "TIMEOUT", json!("connect")),
        (absent, "NETWORK", Value::Null),
    ] {
        let url = format!("http://{USER}:s3cret@127.0.0.1:{port}");
        let options = json!({"retries_max": 0, "connect_timeout_ms": 500});
        let outcome = outcome_of(
            &[("HTTPS_PROXY", &url)],
            options,
            "https://api.example/x/v1",
        );
        assert_eq!(outcome["kind"], kind, "{outcome}");
        assert_eq!(outcome["timer"], timer, "{outcome}");
        assert_eq!(outcome["maybe_executed"], false, "{outcome}");
        let named = format!("127.0.0.1:{port}");
        assert!(message(&outcome).contains(&named), "{outcome}");
        assert_no_credentials(&outcome);
    }
    assert_eq!(hanging.heads().len(), 1);
}

/// It is on this machine and does not run: that will not be over soon.
#[test]
fn a_proxy_that_does_not_run_is_tried_once_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://{USER}:s3cret@127.0.0.1:{port}");
    let options = json!({"retries_max": 5});
    let outcome = outcome_of(&[("HTTPS_PROXY", &url)], options, "https://api.example/v1");
    assert_eq!(outcome["attempts"], 2, "{outcome}");
    let advice = "; is the proxy running? check the proxy variable";
    assert!(message(&outcome).ends_with(advice), "{outcome}");
    assert_no_credentials(&outcome);
}

/// With CONNECT the proxy gets the destination and its own credentials, and never the key, which is
/// for the server.
#[test]
fn a_tunnel_carries_both_versions_and_keeps_secrets_apart() {
    let mock = Mock::start(&["--tls"]);
    for (place, version) in [("https", "HTTP/2"), ("https_http1", "HTTP/1.1")] {
        let proxy = Proxy::new(Manner::Tunnels);
        let options = json!({"retries_max": 0, "ca_file": mock.ready["ca_file"]});
        let base_url = base_url(&mock, place, place);
        let outcome = outcome_of(&[("HTTPS_PROXY", &proxy.url())], options, &base_url);
        assert_eq!(outcome["text"], "Hello world", "{place}: {outcome}");
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "{heads:?}");
        let port = base_url
            .split(':')
            .nth(2)
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let start = format!("CONNECT localhost:{port} HTTP/1.1\r\n");
        assert!(heads[0].starts_with(&start), "{heads:?}");
        let head = heads[0].replacen("Proxy-Authorization", "proxy-authorization", 1);
        assert!(head.contains(BASIC), "{head}");
        assert!(!head.contains("test-key"), "{head}");
        let seen = mock.seen(place);
        assert_eq!(requests(&seen)[0]["version"], version, "{place}");
        let headers = requests(&seen)[0]["headers"].to_string();
        assert!(!headers.contains("proxy-authorization"), "{headers}");
    }
}

/// Plain http goes to the proxy as a request for a whole URL (RFC 9112, 3.2.2).
#[test]
fn plain_http_goes_through_a_proxy_in_absolute_form() {
    let body = crate::events("by proxy");
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let proxy = Proxy::new(Manner::Answers(response));
    let base_url = "http://127.0.0.1:9/absolute/v1";
    let outcome = outcome_of(
        &[("HTTP_PROXY", &proxy.url())],
        json!({"retries_max": 0}),
        base_url,
    );
    assert_eq!(outcome["text"], "by proxy", "{outcome}");
    let heads = proxy.heads();
    let start = "POST http://127.0.0.1:9/absolute/v1/chat/completions HTTP/1.1\r\n";
    assert!(heads[0].starts_with(start), "{heads:?}");
    let head = heads[0].to_ascii_lowercase();
    assert!(head.contains(&BASIC.to_ascii_lowercase()), "{head}");
    assert!(head.contains("host: 127.0.0.1:9\r\n"), "{head}");
    assert!(!head.contains("content-length: 0\r\n"), "{head}");
}

/// NO_PROXY and the option each bypass the proxy.
#[test]
fn no_proxy_leads_around_it() {
    let mock = Mock::start(&["--tls"]);
    let proxy = Proxy::new(Manner::Answers("HTTP/1.1 403 Forbidden\r\n\r\n".to_owned()));
    for (place, exception, option) in [
        ("http", "127.0.0.1", true),
        ("https", "localhost", true),
        ("https", "*", true),
        ("https", "elsewhere.example", false),
    ] {
        let url = proxy.url();
        let variables = [
            ("HTTP_PROXY", url.as_str()),
            ("HTTPS_PROXY", &url),
            ("NO_PROXY", exception),
        ];
        let options = json!({"proxy": option, "ca_file": mock.ready["ca_file"]});
        let outcome = outcome_of(&variables, options, &base_url(&mock, place, "around"));
        assert_eq!(outcome["text"], "Hello world", "{exception}: {outcome}");
    }
    assert_eq!(proxy.heads(), Vec::<String>::new());
}

/// A variable that cannot be parsed is an error: to bypass the proxy it meant could leak.
#[test]
fn a_proxy_variable_that_is_no_url_is_a_config_error() {
    let mock = Mock::start(&["--tls"]);
    for value in [
        "http://[::1",
        "http://",
        "http://u:s3cret@127.0.0.1:99999",
        "http://a b/",
    ] {
        let variables = [("HTTPS_PROXY", value)];
        let options = json!({"ca_file": mock.ready["ca_file"], "retries_max": 0});
        let base_url = base_url(&mock, "https", "proxied");
        let outcome = outcome_of(&variables, options.clone(), &base_url);
        assert_eq!(outcome["kind"], "CONFIG", "{value}: {outcome}");
        assert!(
            message(&outcome).contains("HTTPS_PROXY"),
            "{value}: {outcome}"
        );
        assert_no_credentials(&outcome);
        let mut without = options;
        without["proxy"] = json!(false);
        let outcome = outcome_of(&variables, without, &base_url);
        assert_eq!(outcome["text"], "Hello world", "{value}: {outcome}");
    }
}
