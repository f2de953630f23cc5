//! Keys, headers and base URLs go to the place that they were given for, and no text shows them.

use std::sync::{Arc, Mutex};

use liter_llm::{Client, ClientOptions, KeyFuture, KeyMaterial, KeyRequest, KeySource, LlmRequest};
use serde_json::{json, Value};

use super::support::{client, Mock};
use super::{ask, fields, KEY, OTHER_KEY};

const HEADER: &str = "Header-Value~5d0c.99b3";

fn headers(seen: &Value, index: usize) -> String {
    seen["requests"][index]["headers"]
        .to_string()
        .to_ascii_lowercase()
}

/// Keys, headers and base URLs go only to the place that they were given for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_goes_to_another_place() {
    let mock = Mock::start(&[]);
    let other = mock.base_url("other");
    mock.plan("other", json!([{"answer": {"text": "other"}}]));
    let of_call = json!({"api_key": "Call-Key_7f3a9c.e41b", "headers": {"x-own": HEADER}});
    let call = client(json!({"headers": {"x-client": "Client-Header_31.77"}}));
    for fallback in [
        json!({"provider": "anthropic", "base_url": other, "api_key": OTHER_KEY}),
        json!({"provider": "groq", "base_url": other}),
        // Another server of the same provider is another place too.
        json!({"base_url": other}),
    ] {
        mock.plan("home", json!([{"status": 500}]));
        let mut more = of_call.clone();
        more["extra_body"] = json!({"for_home": "Body-Secret_99x"});
        more["fallbacks"] = json!([fallback]);
        let response = ask(&call, &fields(&mock, "home", more)).await;
        assert_eq!(response.text, "other", "{fallback}: {:?}", response.receipt);
        let home = headers(&mock.seen("home"), 0);
        assert!(
            home.contains("call-key_7f3a9c.e41b") && home.contains("header-value~"),
            "{home}"
        );
    }
    let seen = mock.seen("other");
    for index in 0..3 {
        let headers = headers(&seen, index);
        for hidden in ["call-key", "test-key", "header-value~", "client-header"] {
            assert!(!headers.contains(hidden), "{index} {hidden}: {headers}");
        }
    }
    assert!(headers(&seen, 0).contains(&OTHER_KEY.to_ascii_lowercase()));
    let body = |index: usize| seen["requests"][index]["body"].to_string();
    assert!(!body(0).contains("for_home") && body(2).contains("for_home"));
}

/// The client's own provider may be a fallback, with the client's key; and a model of the same
/// provider has all that the request has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_key_is_for_the_clients_provider() {
    let mock = Mock::start(&[]);
    mock.plan("away", json!([{"status": 500}]));
    mock.plan("own", json!([{"answer": {"text": "own"}}]));
    let own = client(json!({"base_url": mock.base_url("own")}));
    let request = json!({"provider": "groq", "api_key": OTHER_KEY, "fallbacks": ["openai/gpt"]});
    let response = ask(&own, &fields(&mock, "away", request)).await;
    assert_eq!(response.text, "own", "{:?}", response.receipt);
    assert!(headers(&mock.seen("own"), 0).contains(KEY));
    mock.plan(
        "home",
        json!([{"status": 500}, {"answer": {"text": "same"}}]),
    );
    let request = json!({"api_key": OTHER_KEY, "headers": {"x-own": HEADER},
        "fallbacks": [{"model": "b/c", "headers": {"x-more": "1"}}]});
    let response = ask(&own, &fields(&mock, "home", request)).await;
    assert_eq!(
        response.receipt.tried[1].model, "b/c",
        "{:?}",
        response.receipt
    );
    let sent = headers(&mock.seen("home"), 1);
    let parts = [OTHER_KEY, HEADER, "x-more"].map(str::to_ascii_lowercase);
    assert!(parts.iter().all(|part| sent.contains(part)), "{sent}");
}

/// Secrets of the call, also of a fallback that was not reached, or of the request before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_all_of_them_are_redacted() {
    let mock = Mock::start(&[]);
    let own = "Call-Key_7f3a9c.e41b";
    let echo = format!("no: {own} {OTHER_KEY} {HEADER}");
    let error = json!({"status": 500, "error": {"message": echo, "type": echo, "code": echo}});
    mock.plan("home", json!([error]));
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let options = json!({"log_level": "debug", "log_bodies": true});
    let client = client(options).with_logger(Arc::new(move |record| {
        lines.lock().unwrap().push_str(&format!("{record:?}\n"));
    }));
    for times in [1, 2] {
        let more = json!({"api_key": own, "fallbacks": [
            {"provider": "groq", "base_url": mock.base_url("home"), "api_key": OTHER_KEY,
             "headers": {"x-own": HEADER}}]});
        let request = fields(&mock, "home", more);
        let shown = format!("{:?}", LlmRequest::from_json(&request.to_string()).unwrap());
        let response = ask(&client, &request).await;
        let text = format!(
            "{shown}{response:?}{}{}",
            json!(response),
            log.lock().unwrap()
        );
        for secret in [own, OTHER_KEY, HEADER] {
            assert!(!text.contains(secret), "{times} {secret}: {text}");
        }
        assert!(text.matches("[REDACTED]").count() > 2, "{text}");
    }
}

/// Gives a key, unless it hangs; notes for which providers it was asked.
struct Asked {
    providers: Mutex<Vec<&'static str>>,
    hangs: bool,
}

impl KeySource for Asked {
    fn key(&self, request: KeyRequest) -> KeyFuture {
        self.providers.lock().unwrap().push(request.provider);
        let key = KeyMaterial::from_json(&json!({ "api_key": KEY }).to_string());
        match self.hangs {
            true => Box::pin(std::future::pending()),
            false => Box::pin(async move { key }),
        }
    }
}

/// A function gives the key of the request's provider and of no other; that it gives none is no
/// failure of the provider.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_is_asked_for_the_key_of_its_own_provider_only() {
    let mock = Mock::start(&[]);
    for hangs in [false, true] {
        mock.plan("home", json!([{"status": 500}, {"status": 500}]));
        mock.plan("other", json!([{"answer": {"text": "other"}}]));
        let asked = Arc::new(Asked {
            providers: Mutex::default(),
            hangs,
        });
        let options = json!({"provider": "openai", "api_key": {"ask": true}});
        let mut options = ClientOptions::from_json(&options.to_string()).unwrap();
        options.key_source = Some(Arc::clone(&asked) as Arc<dyn KeySource>);
        let client = Client::new(options).unwrap();
        let other = json!({"provider": "groq", "base_url": mock.base_url("other")});
        let more = json!({"key_timeout_ms": 200, "fallbacks": ["second", other]});
        let response = ask(&client, &fields(&mock, "home", more)).await;
        let providers = asked.providers.lock().unwrap().clone();
        if hangs {
            let error = response.receipt.error.as_ref().unwrap();
            assert_eq!(json!([error.kind, error.timer]), json!(["TIMEOUT", "key"]));
            assert_eq!((providers.len(), error.attempts), (1, 0));
        } else {
            assert_eq!(response.text, "other", "{:?}", response.receipt);
            assert_eq!(providers, ["openai", "openai"], "none for groq");
            assert!(!headers(&mock.seen("other"), 0).contains(KEY));
        }
    }
}
