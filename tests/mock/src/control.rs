//! The control API under `/_/`: sets plans, reports what was seen, waits, releases plans. Never
//! counted as provider traffic. Knows nothing of connections; both servers pass requests in.

use std::time::Duration;

use serde_json::{json, Value};
use tokio::time::{timeout_at, Instant};

use crate::key_state::{Conditions, KeyState};
use crate::keys::is_key;
use crate::mock::Mock;
use crate::plan::Plan;

pub const PREFIX: &str = "/_/";
const WAIT_DEFAULT_MS: u64 = 5_000;

pub struct ControlResponse {
    pub status: u16,
    pub body: Value,
}

pub async fn respond(mock: &Mock, method: &str, target: &str, body: &[u8]) -> ControlResponse {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<&str> = path.trim_start_matches(PREFIX).split('/').collect();
    if let Some(key) = parts.get(1).filter(|key| !is_key(key)) {
        return refuse(
            400,
            format!("{key}: not a key; use letters, digits and _.~-"),
        );
    }
    match (method, parts.as_slice()) {
        ("PUT", ["plans", key]) => set_plan(mock, key, body),
        ("DELETE", ["plans", key]) => {
            mock.forget(key);
            ok(json!({}))
        }
        ("GET", ["seen", key]) => ok(mock.key_state(key).document()),
        ("GET", ["bulk", key]) => match mock.key_state(key).plan.bulk() {
            Some(bulk) => ok(bulk.document()),
            None => refuse(404, format!("{key}: its plan has no step for many rows")),
        },
        ("GET", ["wait", key]) => match Wait::parse(query) {
            Ok(wait) => ok(wait.document(mock, key).await),
            Err(message) => refuse(400, message),
        },
        ("POST", ["signal", key, name]) => {
            let state = mock.key_state(key);
            state.event(name, mock.now_ms());
            state.release(name);
            ok(json!({}))
        }
        ("GET", ["stats"]) => ok(mock.document()),
        _ => refuse(404, format!("{method} {path}: not in the control API")),
    }
}

fn ok(body: Value) -> ControlResponse {
    ControlResponse { status: 200, body }
}

fn refuse(status: u16, message: String) -> ControlResponse {
    ControlResponse {
        status,
        body: json!({ "error": message }),
    }
}

fn set_plan(mock: &Mock, key: &str, body: &[u8]) -> ControlResponse {
    let plan = serde_json::from_slice(body)
        .map_err(|error| format!("not JSON: {error}"))
        .and_then(|document| Plan::parse(document, &mock.faults));
    match plan {
        Ok(plan) => {
            mock.set_plan(key, plan);
            ok(json!({}))
        }
        Err(message) => refuse(400, message),
    }
}

#[derive(Debug, PartialEq)]
struct Wait {
    conditions: Conditions,
    timeout_ms: u64,
}

impl Wait {
    fn parse(query: &str) -> Result<Self, String> {
        let mut wait = Self {
            conditions: Conditions::default(),
            timeout_ms: WAIT_DEFAULT_MS,
        };
        let conditions = &mut wait.conditions;
        for field in query.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            match name {
                "requests" => conditions.requests = Some(number(field, value)?),
                "closed" => conditions.closed = Some(number(field, value)?),
                "bytes" => conditions.bytes = Some(number(field, value)?),
                "signal" => conditions.signal = Some(value.to_owned()),
                "timeout_ms" => wait.timeout_ms = number(field, value)?,
                _ => return Err(format!("{field}: not a condition")),
            }
        }
        Ok(wait)
    }

    async fn document(&self, mock: &Mock, key: &str) -> Value {
        let deadline = Instant::now() + Duration::from_millis(self.timeout_ms);
        let held = timeout_at(deadline, self.until_held(mock, key))
            .await
            .is_ok();
        let mut document = mock.key_state(key).document();
        if let Some(fields) = document.as_object_mut() {
            fields.insert("held".into(), held.into());
        }
        document
    }

    /// Looks the key up again at every change: its plan may have been replaced meanwhile.
    async fn until_held(&self, mock: &Mock, key: &str) {
        loop {
            let state = mock.key_state(key);
            let _watch = self.conditions.bytes.map(|_| Watch::new(&state));
            let change = state.change();
            if state.holds(&self.conditions) {
                return;
            }
            change.await;
        }
    }
}

/// Makes the state of a key signal written bytes too, while a waiter exists.
struct Watch<'a>(&'a KeyState);

impl<'a> Watch<'a> {
    fn new(state: &'a KeyState) -> Self {
        state.watch(true);
        Self(state)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.watch(false);
    }
}

fn number<T: std::str::FromStr>(field: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{field}: not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_parsed_from_the_query() {
        let wait = Wait::parse("requests=2&closed=1&bytes=100&signal=go&timeout_ms=7");

        let conditions = Conditions {
            requests: Some(2),
            closed: Some(1),
            bytes: Some(100),
            signal: Some("go".into()),
        };
        assert_eq!(
            wait,
            Ok(Wait {
                conditions,
                timeout_ms: 7
            })
        );
        assert!(Wait::parse("request=1").is_err_and(|message| message.contains("request=1")));
        assert!(Wait::parse("bytes=x").is_err());
    }
}
