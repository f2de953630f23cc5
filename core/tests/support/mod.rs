//! A mock provider of its own for each test, and its control interface. The mock ends with the
//! test: it exits when its standard input closes.
// Each test file uses a part of this one.
#![allow(dead_code)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

pub mod vectors;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use liter_llm::{Client, ClientOptions};
use serde_json::{json, Value};

pub struct Mock {
    pub child: Child,
    pub ready: Value,
}

impl Mock {
    pub fn start(arguments: &[&str]) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests");
        let built = root.join("mock/target/release/liter-llm-mock");
        let program = std::env::var_os("LITER_LLM_MOCK").map_or(built, PathBuf::from);
        let mut child = Command::new(&program)
            .args(["--lifetime-seconds", "120"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run `make mock`", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    pub fn plan(&self, key: &str, steps: Value) {
        self.control(
            "PUT",
            &format!("/_/plans/{key}"),
            &json!({ "steps": steps }).to_string(),
        );
    }

    pub fn wait(&self, key: &str, conditions: &str) -> Value {
        let seen = self.control(
            "GET",
            &format!("/_/wait/{key}?{conditions}&timeout_ms=10000"),
            "",
        );
        assert_eq!(seen["held"], true, "{key} {conditions}: {seen}");
        seen
    }

    /// `wait` for a test whose own thread has something else to do.
    pub async fn held(&self, key: &str, conditions: &str) {
        let address = self.address().to_owned();
        let path = format!("/_/wait/{key}?{conditions}&timeout_ms=10000");
        let waits = tokio::task::spawn_blocking(move || control(&address, "GET", &path, ""));
        let seen = waits.await.unwrap();
        assert_eq!(seen["held"], true, "{key} {conditions}: {seen}");
    }

    pub fn seen(&self, key: &str) -> Value {
        self.control("GET", &format!("/_/seen/{key}"), "")
    }

    /// What it has seen once so much time has passed: for tests that something does not come.
    pub fn seen_after(&self, key: &str, time: std::time::Duration) -> Value {
        let path = format!("/_/wait/{key}?signal=never&timeout_ms={}", time.as_millis());
        self.control("GET", &path, "")
    }

    /// Connections to one of its ports so far.
    pub fn accepted(&self, place: &str) -> u64 {
        self.control("GET", "/_/stats", "")["accepted"][place]
            .as_u64()
            .unwrap_or(0)
    }

    pub fn signal(&self, key: &str, name: &str) {
        self.control("POST", &format!("/_/signal/{key}/{name}"), "");
    }

    pub fn base_url(&self, key: &str) -> String {
        format!("{}/{key}/v1", self.ready["http"].as_str().unwrap())
    }

    fn address(&self) -> &str {
        let place = self.ready["http"].as_str().unwrap();
        place.trim_start_matches("http://")
    }

    fn control(&self, method: &str, path: &str, body: &str) -> Value {
        control(self.address(), method, path, body)
    }
}

fn control(address: &str, method: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let body = response.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap_or(Value::Null)
}

impl Drop for Mock {
    fn drop(&mut self) {
        // At the end of its input it clears up after itself and ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A client with these options and a key.
pub fn client(mut options: Value) -> Client {
    options["provider"] = json!("openai");
    options["api_key"] = json!("test-key-0123456789");
    Client::new(ClientOptions::from_json(&options.to_string()).unwrap()).unwrap()
}
