//! Faults through the Rust interface: every row of `tests/faults/faults.json`
//! against the mock. The same list runs through every binding.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

mod support;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::{stream, StreamExt};
use liter_llm::{Client, ErrorKind, Event, LlmRequest, LlmResponse};
use serde_json::{json, Value};
use support::{client, Mock};

const KEY: &str = "test-key-0123456789";
const AT_ONCE: usize = 16;

/// A transport to the provider: which port of the mock, in which protocol, through a proxy or not.
#[derive(Clone, Copy)]
struct Transport {
    name: &'static str,
    port: &'static str,
    version: &'static str,
    proxied: bool,
}

const TRANSPORTS: [Transport; 4] = [
    Transport {
        name: "http1",
        port: "http",
        version: "HTTP/1.1",
        proxied: false,
    },
    Transport {
        name: "proxied",
        port: "http",
        version: "HTTP/1.1",
        proxied: true,
    },
    Transport {
        name: "tls",
        port: "https_http1",
        version: "HTTP/1.1",
        proxied: false,
    },
    Transport {
        name: "http2",
        port: "https",
        version: "HTTP/2",
        proxied: false,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_as_promised() {
    let mock = Mock::start(&["--tls", "--lifetime-seconds", "600"]);
    // The mock takes whole URLs, as a proxy does. Nothing else runs in this process.
    std::env::set_var("http_proxy", mock.ready["http"].as_str().unwrap());
    let text = std::fs::read_to_string("../tests/faults/faults.json").unwrap();
    let faults: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut failures = Vec::new();
    for transport in TRANSPORTS {
        let (alone, together): (Vec<_>, Vec<_>) = faults
            .iter()
            .filter(|fault| fault["request"]["operation"].is_null())
            .filter(|fault| can_take(fault, transport) && is_wanted(fault, transport))
            .partition(|fault| fault.get("memory_mb_max").is_some());
        let runs = stream::iter(together).map(|fault| run(&mock, fault, transport));
        failures.extend(runs.buffer_unordered(AT_ONCE).concat().await);
        for fault in alone {
            failures.extend(run(&mock, fault, transport).await);
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// `LITER_LLM_FAULTS=F12.http2` runs the rows whose name and transport contain that.
fn is_wanted(fault: &Value, transport: Transport) -> bool {
    let name = format!("{}.{}", fault["name"].as_str().unwrap(), transport.name);
    std::env::var("LITER_LLM_FAULTS").map_or(true, |wanted| name.contains(&wanted))
}

/// Whether a row applies to a transport; `make faults` parses the line with the reason if not.
fn can_take(fault: &Value, transport: Transport) -> bool {
    let reason = match transport.name {
        "proxied"
            if ["F15_refused", "F15_refused_fast", "fallback_network"]
                .contains(&fault["name"].as_str().unwrap()) =>
        {
            "the proxy answers in its place"
        }
        "http2" if fault["http1_only"] == true => "it is about HTTP/1.1",
        _ => return true,
    };
    let name = fault["name"].as_str().unwrap();
    println!("fault {name}.{}: left out, {reason}", transport.name);
    false
}

/// Plays one fault; every difference is a line.
async fn run(mock: &Mock, fault: &Value, transport: Transport) -> Vec<String> {
    let name = format!("{}.{}", fault["name"].as_str().unwrap(), transport.name);
    let name = name.as_str();
    let text = fault["steps"].to_string().replace("{key}", KEY);
    mock.plan(name, serde_json::from_str(&text).unwrap());
    let resident = memory_mb("VmRSS:");
    reset_peak();
    let began = Instant::now();
    let lines = Arc::new(Mutex::new(String::new()));
    let mut options = json!({
        "proxy": transport.proxied, "log_level": "debug", "ca_file": mock.ready["ca_file"]});
    if let Some(own) = fault["options"].as_object() {
        options.as_object_mut().unwrap().extend(own.clone());
    }
    let client = client(options).with_logger({
        let lines = Arc::clone(&lines);
        Arc::new(move |record| lines.lock().unwrap().push_str(&format!("{record:?}\n")))
    });
    let (response, mut log) = ask(&client, mock, fault, name, transport.port).await;
    log.push_str(&lines.lock().unwrap());
    let elapsed_ms = began.elapsed().as_millis() as u64;
    let grown = memory_mb("VmHWM:").saturating_sub(resident);
    let got = json!(response);
    let mut check = Check {
        name,
        failures: Vec::new(),
    };
    check.response(&fault["expected"], &got, elapsed_ms);
    if fault["closed"] == true {
        mock.wait(name, "closed=1");
    }
    if fault["any_requests"] != true {
        check.requests(&fault["expected"]["requests"], &mock.seen(name), transport);
    }
    if let Some(never) = fault["never"]
        .as_str()
        .map(|text| text.replace("{key}", KEY))
    {
        check.that("a secret is shown", !shows(&format!("{got}{log}"), &never));
    }
    if let Some(part) = fault["message_has"].as_str() {
        let message = got["receipt"]["error"]["message"]
            .as_str()
            .unwrap_or_default();
        let place = mock.ready[transport.port].as_str().unwrap();
        let host = if place.contains("//localhost") {
            "localhost"
        } else {
            "127.0.0.1"
        };
        let part = part.replace("127.0.0.1", host);
        check.that(&format!("message: {message}"), message.contains(&part));
    }
    if let Some(limit) = fault["memory_mb_max"].as_u64() {
        check.that(&format!("memory grew by {grown} MiB"), grown <= limit);
    }
    // `make faults` makes a table of these lines.
    let outcome = if check.failures.is_empty() {
        "passed"
    } else {
        "failed"
    };
    println!("fault {name}: {outcome}");
    check.failures
}

/// Whether eight characters in a row of a secret are in a text, in whatever case.
fn shows(text: &str, secret: &str) -> bool {
    let (text, secret) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut pieces = secret.as_bytes().windows(8);
    pieces.any(|piece| text.contains(std::str::from_utf8(piece).unwrap()))
}

async fn ask(
    client: &Client,
    mock: &Mock,
    fault: &Value,
    key: &str,
    port: &str,
) -> (LlmResponse, String) {
    let base_path = fault["base_path"].as_str().unwrap_or("/v1");
    let base_url = format!("{}/{key}{base_path}", mock.ready[port].as_str().unwrap());
    let mut fields = json!({
        "model": "test-model",
        "messages": [{"role": "user", "content": "hello"}],
        "base_url": base_url,
    });
    let request = fault["request"].to_string();
    let request = request.replace("{base_url}", &base_url);
    if let Value::Object(request) = serde_json::from_str(&request).unwrap() {
        fields.as_object_mut().unwrap().extend(request);
    }
    let mut response = LlmResponse::default();
    let mut log = String::new();
    match LlmRequest::from_json(&fields.to_string()) {
        Ok(request) => {
            let mut events = client.stream(request);
            let mut ends = 0;
            let mut cancel = pin!(cancel_time(mock, fault, key));
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    () = &mut cancel, if ends == 0 => {
                        Some(Event::End(Box::new(events.abort(ErrorKind::Cancelled))))
                    }
                };
                let Some(event) = event else { break };
                ends += u32::from(matches!(event, Event::End(_)));
                log.push_str(&format!("{event:?}"));
                response.push(event);
            }
            assert_eq!(ends, 1, "{fault}");
        }
        Err(error) => response.receipt = liter_llm::Receipt::failed(error),
    }
    (response, log)
}

/// Ends once the mock has seen what a row about cancel waits for; never with any other row.
async fn cancel_time(mock: &Mock, fault: &Value, key: &str) {
    match fault["cancel_when"].as_str() {
        Some(conditions) => mock.held(key, conditions).await,
        None => std::future::pending().await,
    }
}

struct Check<'a> {
    name: &'a str,
    failures: Vec<String>,
}

impl Check<'_> {
    fn that(&mut self, what: &str, holds: bool) {
        if !holds {
            self.failures.push(format!("{}: {what}", self.name));
        }
    }

    fn equal(&mut self, what: &str, expected: &Value, got: &Value) {
        if !expected.is_null() && expected != got {
            self.failures.push(format!(
                "{}: {what}: {expected} expected, not {got}",
                self.name
            ));
        }
    }

    /// The attempts that END lists, which its error lists too.
    fn tried(&mut self, expected: &Value, receipt: &Value) {
        let of_error = &receipt["error"]["tried"];
        self.that(
            "the error lists other attempts",
            receipt["error"].is_null() || of_error == &receipt["tried"],
        );
        let list = receipt["tried"].as_array().into_iter().flatten();
        let list = list.map(|attempt| {
            let fields = ["provider", "model", "kind", "status", "maybe_executed"];
            Value::from_iter(fields.map(|name| attempt[name].clone()))
        });
        self.equal("tried", &expected["tried"], &Value::from_iter(list));
    }

    /// How many the mock has seen, where, and in which version of HTTP.
    fn requests(&mut self, expected: &Value, seen: &Value, transport: Transport) {
        self.equal("requests", expected, &seen["requests_count"]);
        for request in seen["requests"].as_array().into_iter().flatten() {
            self.equal("version", &json!(transport.version), &request["version"]);
            self.equal("place", &json!(transport.port), &request["place"]);
        }
    }

    fn response(&mut self, expected: &Value, got: &Value, elapsed_ms: u64) {
        let receipt = &got["receipt"];
        self.equal("outcome", &expected["outcome"], &receipt["outcome"]);
        self.equal("text", &expected["text"], &got["text"]);
        self.equal("tool_calls", &expected["tool_calls"], &got["tool_calls"]);
        self.equal("attempts", &expected["attempts"], &receipt["attempts"]);
        self.tried(expected, receipt);
        for name in ["provider", "model"] {
            self.equal(name, &expected[name], &got["start"][name]);
        }
        self.equal(
            "finish_reason",
            &expected["finish_reason"],
            &receipt["finish_reason"],
        );
        let none = json!([]);
        let warnings: Vec<&Value> = [&got["start"]["warnings"], &receipt["warnings"]]
            .into_iter()
            .flat_map(|list| list.as_array().into_iter().flatten())
            .collect();
        self.equal(
            "warnings",
            expected.get("warnings").unwrap_or(&none),
            &json!(warnings),
        );
        let length = got["text"].as_str().map(str::len);
        self.equal("text_length", &expected["text_length"], &json!(length));
        for (field, value) in expected["error"].as_object().into_iter().flatten() {
            self.equal(&format!("error.{field}"), value, &receipt["error"][field]);
        }
        self.that(
            &format!("unexpected error {}", receipt["error"]),
            expected.get("error").is_some() || receipt["error"].is_null(),
        );
        let at_least = expected["at_least_ms"].as_u64().unwrap_or(0);
        let at_most = expected["at_most_ms"].as_u64().unwrap_or(30_000);
        let in_time = (at_least..=at_most).contains(&elapsed_ms);
        self.that(
            &format!("took {elapsed_ms} ms: {}", receipt["error"]),
            in_time,
        );
    }
}

/// The peak of resident memory begins anew (proc(5), clear_refs).
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn memory_mb(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap();
    line.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}
