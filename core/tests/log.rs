//! The log: one line at info for each call that has ended, whatever it was made of, and at warn
//! what was left out, retried or is a slip.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::{Arc, Mutex};

use liter_llm::{AnyRequest, Client, ErrorKind, LogRecord};
use serde_json::{json, Value};
use support::{client, Mock};

type Records = Arc<Mutex<Vec<LogRecord>>>;

/// A client that keeps what it logs.
fn logging(options: Value) -> (Client, Records) {
    let records = Records::default();
    let kept = Arc::clone(&records);
    let client = client(options).with_logger(Arc::new(move |record: &LogRecord| {
        kept.lock().unwrap().push(record.clone());
    }));
    (client, records)
}

fn request(mock: &Mock, key: &str, fields: Value) -> AnyRequest {
    let mut request = json!({"model": "test-model", "base_url": mock.base_url(key)});
    if fields["operation"].is_null() {
        request["messages"] = json!([{"role": "user", "content": "hello"}]);
    }
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    AnyRequest::from_json(&request.to_string()).unwrap()
}

async fn run(client: &Client, request: AnyRequest) {
    let mut stream = client.start(request);
    while stream.next_batch().await.is_some() {}
}

/// The records of this level as JSON, without what differs from run to run.
fn taken(records: &Records, level: &str) -> Vec<Value> {
    let all = std::mem::take(&mut *records.lock().unwrap());
    let all = all.iter().map(|record| json!(record));
    let mut all: Vec<Value> = all.filter(|record| record["level"] == level).collect();
    for record in &mut all {
        let fields = record.as_object_mut().unwrap();
        if let Some(took) = fields.remove("milliseconds") {
            let took = format!(" milliseconds={:.0}", took.as_f64().unwrap());
            let message = fields["message"].as_str().unwrap().to_owned();
            assert!(message.ends_with(&took), "{message}");
            fields["message"] = json!(message.replace(&took, ""));
        }
    }
    all
}

fn failing(status: u16) -> Value {
    let error = json!({"message": "no", "type": "x", "code": null});
    json!({"status": status, "headers": [["retry-after", "0"]], "error": error})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_has_ended_is_one_line() {
    let mock = Mock::start(&[]);
    let (client, records) = logging(json!({"log_level": "info"}));
    mock.plan("good", json!([failing(429), {"answer": {"text": "a b"}}]));
    run(&client, request(&mock, "good", json!({}))).await;
    let found = taken(&records, "info");
    let record = found[0].clone();
    let (tokens, id) = (&record["output_tokens"], record["request_id"].as_str());
    assert!(
        tokens.is_u64() && record["input_tokens"].is_u64(),
        "{record}"
    );
    let message = format!(
        "chat complete provider=openai model=test-model request_id={} attempts=2 \
         input_tokens={} output_tokens={tokens}",
        id.unwrap(),
        record["input_tokens"],
    );
    let expected = json!({"level": "info", "message": message, "provider": "openai",
        "outcome": "complete", "operation": "chat", "model": "test-model", "request_id": id,
        "attempts": 2, "input_tokens": record["input_tokens"], "output_tokens": tokens});
    assert_eq!(found, [expected]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_failed_or_was_cancelled_is_one_line_too() {
    let mock = Mock::start(&[]);
    let (client, records) = logging(json!({"log_level": "info", "retries_max": 0}));
    mock.plan("bad", json!([failing(401)]));
    run(&client, request(&mock, "bad", json!({"model": "other"}))).await;
    let found = taken(&records, "info");
    assert_eq!(found.len(), 1, "{found:?}");
    for (name, value) in [
        ("outcome", "failed"),
        ("kind", "AUTHENTICATION"),
        ("provider", "openai"),
        ("model", "other"),
    ] {
        assert_eq!(found[0][name], value, "{found:?}");
    }
    let start = "chat failed kind=AUTHENTICATION provider=openai model=other ";
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.starts_with(start), "{message}");

    mock.plan("both", json!([failing(503), {"answer": {"text": "a"}}]));
    let fallbacks = json!({"fallbacks": ["second-model"]});
    run(&client, request(&mock, "both", fallbacks)).await;
    let found = taken(&records, "info");
    assert_eq!(
        (found.len(), &found[0]["attempts"]),
        (1, &json!(2)),
        "{found:?}"
    );
    assert_eq!(found[0]["model"], "second-model");

    mock.plan("held", json!([{"raw": [{"hang": true}]}]));
    let mut stream = client.start(request(&mock, "held", json!({})));
    tokio::select! {
        _ = stream.next_batch() => panic!("nothing was sent"),
        () = mock.held("held", "requests=1") => {}
    }
    stream.abort(ErrorKind::Cancelled);
    drop(stream);
    let found = taken(&records, "info");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["outcome"], &found[0]["kind"]),
        (&json!("cancelled"), &json!("CANCELLED"))
    );
}

/// A call of several HTTP requests is one call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_several_requests_is_one_line() {
    let mock = Mock::start(&[]);
    let (client, records) = logging(json!({"log_level": "info"}));
    let embed = json!({"operation": "embed", "input": ["a", "b", "c"], "inputs_per_request": 1,
        "dimensions": 4});
    run(&client, request(&mock, "parts", embed)).await;
    run(
        &client,
        AnyRequest::from_json(r#"{"operation":"stats"}"#).unwrap(),
    )
    .await;
    let found = taken(&records, "info");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["operation"], &found[0]["attempts"]),
        (&json!("embed"), &json!(3))
    );
    assert_eq!(
        (&found[0]["provider"], &found[0]["outcome"]),
        (&json!("openai"), &json!("complete"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_its_level_the_line_is_not_made() {
    let mock = Mock::start(&[]);
    for level in ["off", "error", "warn"] {
        let (client, records) = logging(json!({ "log_level": level }));
        run(&client, request(&mock, level, json!({}))).await;
        assert_eq!(taken(&records, "info"), Vec::<Value>::new());
    }
}

/// A slip is in the log, in START, and where no START comes in END.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_is_warned_of_and_sent_as_it_is() {
    let mock = Mock::start(&[]);
    let (client, records) = logging(json!({"log_level": "warn", "retries_max": 0}));
    let warning = "\"max_token\" is unknown here and was sent as it is; \
                   did you mean \"max_tokens\"?";
    mock.plan("slip", json!([{"answer": {"text": "a"}}, failing(400)]));
    for (is_answered, levels) in [(true, 1), (false, 1)] {
        let mut stream = client.start(request(&mock, "slip", json!({"max_token": 5})));
        let (mut start, mut end) = (Value::Null, Value::Null);
        while stream.next_batch().await.is_some() {
            for event in stream.drain() {
                match event {
                    liter_llm::Event::Start(it) => start = json!(it.warnings),
                    liter_llm::Event::End(it) => end = json!(it.warnings),
                    _ => {}
                }
            }
        }
        let expected = match is_answered {
            true => (json!([warning]), json!([])),
            false => (Value::Null, json!([warning])),
        };
        assert_eq!((start, end), expected);
        let found = taken(&records, "warn");
        assert_eq!(found.len(), levels, "{found:?}");
        assert_eq!(found[0]["message"], warning);
    }
    let seen = mock.seen("slip");
    let sent = seen["requests"][0]["body"].to_string();
    assert!(
        sent.contains("max_token\\\":5") || sent.contains("\"max_token\":5"),
        "{sent}"
    );
}
