//! The second HTTP/2 server (tests/http2) and its control interface. One process serves all tests
//! of this binary, each through a listener of its own; it ends when its standard input closes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{json, Value};

const PROGRAM: &str = "../build/venv/bin/python ../tests/http2/server.py";

struct Server {
    /// Its standard input stays open as long as this process lives.
    _child: Child,
    ready: Value,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let line = std::env::var("LITER_LLM_HTTP2_SERVER").unwrap_or_else(|_| PROGRAM.to_owned());
        let mut words = line.split_whitespace();
        let mut child = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{line}: {error}; run `make build/venv/ready`"));
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let ready = serde_json::from_str(&first)
            .unwrap_or_else(|error| panic!("{line} printed {first:?}: {error}"));
        Server {
            _child: child,
            ready,
        }
    })
}

/// One port with settings, scripts and memory of its own.
#[derive(Clone)]
pub struct Listener {
    name: String,
    url: String,
}

impl Listener {
    pub fn new(options: Value) -> Self {
        let made = control("POST", "/_/listeners", &options);
        Self {
            name: made["listener"].as_str().unwrap().to_owned(),
            url: made["url"].as_str().unwrap().to_owned(),
        }
    }

    /// What the requests of a key get; the last step for ever.
    pub fn plan(&self, key: &str, steps: Value) {
        let path = format!("/_/plans/{}/{key}", self.name);
        control("PUT", &path, &json!({ "steps": steps }));
    }

    pub fn base_url(&self, key: &str) -> String {
        format!("{}/{key}/v1", self.url)
    }

    pub fn seen(&self) -> Value {
        control("GET", &format!("/_/seen/{}", self.name), &Value::Null)
    }

    pub fn total(&self, name: &str) -> u64 {
        let seen = self.seen();
        let total = &seen["totals"][name];
        total
            .as_u64()
            .unwrap_or_else(|| panic!("{name} is no total: {seen}"))
    }

    /// Waits until all conditions hold.
    pub fn wait(&self, conditions: &str) -> Value {
        let seen = self.wait_ms(conditions, 10_000);
        assert_eq!(seen["held"], true, "{conditions}: {seen}");
        seen
    }

    /// Waits no longer than this; `held` tells whether the conditions came to hold.
    pub fn wait_ms(&self, conditions: &str, timeout_ms: u64) -> Value {
        let query = format!("{conditions}&timeout_ms={timeout_ms}");
        control(
            "GET",
            &format!("/_/wait/{}?{query}", self.name),
            &Value::Null,
        )
    }

    pub fn signal(&self, name: &str) {
        control(
            "POST",
            &format!("/_/signal/{}/{name}", self.name),
            &Value::Null,
        );
    }

    /// The client kept to RFC 9113 and to the announced limits, and every script was played.
    pub fn assert_no_violation(&self) {
        let seen = self.seen();
        assert_eq!(seen["violations"], json!([]), "{seen}");
        assert_eq!(seen["totals"]["over_limit"], 0, "{seen}");
        assert_eq!(seen["totals"]["after_goaway"], 0, "{seen}");
    }
}

/// Options of a client that trusts the server.
pub fn trusting(mut options: Value) -> Value {
    options["ca_file"] = server().ready["ca_file"].clone();
    options["proxy"] = json!(false);
    options
}

fn control(method: &str, path: &str, body: &Value) -> Value {
    let address = server().ready["control"].as_str().unwrap();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: control\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{method} {path}: {body}");
    serde_json::from_str(body).unwrap()
}
