//! A provider of a test: says how many requests it has at once and in all, and answers when it is
//! told to.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{json, Value};

use super::http_request;

/// What it has seen, and what it may do.
#[derive(Default)]
pub struct Provider {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What the requests ask, in the order in which they came.
    asked: Vec<String>,
    live: usize,
    live_max: usize,
    /// Responses that may go out; `None` is any number.
    allowed: Option<usize>,
    /// The status and headers of the next responses; then 200.
    heads: Vec<(u16, &'static str)>,
}

impl Provider {
    pub fn start() -> (Arc<Self>, String) {
        let provider = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::clone(&provider);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let provider = Arc::clone(&served);
                std::thread::spawn(move || connection.map(|connection| provider.serve(connection)));
            }
        });
        (provider, format!("http://{address}/v1"))
    }

    /// Responses go out one by one, as they are released.
    pub fn hold(&self) {
        self.state.lock().unwrap().allowed = Some(0);
    }

    pub fn release(&self, count: usize) {
        let mut state = self.state.lock().unwrap();
        state.allowed = state.allowed.map(|allowed| allowed + count);
        self.changed.notify_all();
    }

    /// The next responses have these statuses and headers.
    pub fn respond(&self, heads: &[(u16, &'static str)]) {
        self.state.lock().unwrap().heads.extend_from_slice(heads);
    }

    pub fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    pub fn live_max(&self) -> usize {
        self.state.lock().unwrap().live_max
    }

    fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut writer = connection;
        while let Some(request) = http_request::read(&mut reader)? {
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            let (status, headers) = self.answer(&body);
            let document = match status {
                200 => json!({
                    "id": "r", "model": "m",
                    "choices": [{"index": 0, "finish_reason": "stop",
                                 "message": {"role": "assistant", "content": "ok"}}],
                    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
                }),
                _ => json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}),
            };
            let document = document.to_string();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}\
                 content-length: {}\r\n\r\n",
                document.len()
            );
            writer.write_all((head + &document).as_bytes())?;
        }
        Ok(())
    }

    fn answer(&self, body: &Value) -> (u16, &'static str) {
        let mut state = self.state.lock().unwrap();
        let text = body["messages"][0]["content"].as_str().unwrap_or_default();
        state.asked.push(text.to_owned());
        state.live += 1;
        state.live_max = state.live_max.max(state.live);
        self.changed.notify_all();
        let limit = Duration::from_secs(20);
        let held = |state: &mut State| state.allowed == Some(0);
        let (mut state, _) = self.changed.wait_timeout_while(state, limit, held).unwrap();
        state.allowed = state.allowed.map(|allowed| allowed.saturating_sub(1));
        state.live -= 1;
        match state.heads.is_empty() {
            true => (200, ""),
            false => state.heads.remove(0),
        }
    }
}
