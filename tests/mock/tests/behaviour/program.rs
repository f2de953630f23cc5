//! The started mock: ends with the test, speaks the control API.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{json, Value};

use crate::client::{post, request, Response};

pub struct Mock {
    pub child: Child,
    /// The first line that the mock printed.
    pub places: Value,
}

impl Mock {
    pub fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_liter-llm-mock"))
            .args(["--lifetime-seconds", "120"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let places = serde_json::from_str(&line).expect("the first line is JSON");
        Self { child, places }
    }

    /// Host and port of a place such as "http".
    pub fn address(&self, place: &str) -> String {
        let url = self.places[place].as_str().expect("a place");
        url.split_once("://").unwrap().1.to_owned()
    }

    pub fn http(&self) -> String {
        self.address("http")
    }

    pub fn plan(&self, key: &str, steps: Value) {
        let plan = json!({ "steps": steps });
        let response = self.control("PUT", &format!("plans/{key}"), &plan.to_string());
        assert_eq!(response.status, 200, "{}", response.text());
    }

    pub fn raw(&self, key: &str, actions: Value) {
        self.plan(key, json!([{ "raw": actions }]));
    }

    pub fn seen(&self, key: &str) -> Value {
        self.control("GET", &format!("seen/{key}"), "").json()
    }

    pub fn wait(&self, key: &str, conditions: &str) -> Value {
        self.control("GET", &format!("wait/{key}?{conditions}"), "")
            .json()
    }

    pub fn stats(&self) -> Value {
        self.control("GET", "stats", "").json()
    }

    pub fn control(&self, method: &str, path: &str, body: &str) -> Response {
        request(&self.http(), method, &format!("/_/{path}"), body)
    }

    /// A streamed chat under this key.
    pub fn chat(&self, key: &str) -> Response {
        post(
            &self.http(),
            &chat_path(key),
            r#"{"model":"tiny","stream":true}"#,
        )
    }

    /// A whole response under this key.
    pub fn whole(&self, key: &str) -> Response {
        post(&self.http(), &chat_path(key), r#"{"model":"tiny"}"#)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub fn chat_path(key: &str) -> String {
    format!("/{key}/v1/chat/completions")
}
