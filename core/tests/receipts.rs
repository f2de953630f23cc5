//! What the receipt reports of a response beside its outcome.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::Arc;

use futures_util::StreamExt;
use liter_llm::{ErrorKind, Event, LlmRequest, Message, Outcome, Receipt};
use serde_json::{json, Value};
use support::{client, Mock};

fn request(mock: &Mock, key: &str) -> LlmRequest {
    let mut request = LlmRequest::new("test-model", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url(key));
    request
}

/// A stream of these actions.
fn stream_of(actions: &[Value]) -> Value {
    let headers = json!([["content-type", "text/event-stream"]]);
    let head = json!({"head": {"status": 200, "chunked": true, "headers": headers}});
    let actions = [&[head], actions].concat();
    json!([{ "raw": actions }])
}

async fn receipt_of(mock: &Mock, key: &str) -> Receipt {
    let mut stream = client(json!({})).stream(request(mock, key));
    loop {
        if let Some(Event::End(receipt)) = stream.next().await {
            return *receipt;
        }
    }
}

#[tokio::test]
async fn a_missing_finish_reason_is_a_warning_of_the_end() {
    let mock = Mock::start(&[]);
    let finish = json!({"finish": "stop"});
    let tokens = [
        json!({"token": "a"}),
        json!({"done": true}),
        json!({"chunk_end": true}),
    ];
    mock.plan("bare", stream_of(&tokens));
    mock.plan(
        "given",
        stream_of(&[&tokens[..1], &[finish], &tokens[1..]].concat()),
    );

    let (bare, given) = (
        receipt_of(&mock, "bare").await,
        receipt_of(&mock, "given").await,
    );

    assert_eq!(
        (bare.outcome, given.outcome),
        (Outcome::Complete, Outcome::Complete)
    );
    assert_eq!((bare.warnings.len(), given.warnings.len()), (1, 0));
    assert!(
        bare.warnings[0].contains("no finish reason"),
        "{:?}",
        bare.warnings
    );
    let (bare, given) = (json!(bare), json!(given));
    assert_eq!(
        (bare.get("finish_reason"), given.get("warnings")),
        (None, None)
    );
}

#[tokio::test]
async fn what_is_cancelled_behind_a_good_status_has_it() {
    let mock = Mock::start(&[]);
    let hang = json!({"hang": true});
    mock.plan("begun", stream_of(&[json!({"token": "a"}), hang.clone()]));
    mock.plan("silent", json!([{"raw": [hang]}]));
    let client = client(json!({}));

    let mut begun = client.stream(request(&mock, "begun"));
    assert!(begun.next_batch().await.is_some());
    let begun = begun.abort(ErrorKind::Cancelled).error.unwrap();
    let mut silent = client.stream(request(&mock, "silent"));
    let mock = Arc::new(mock);
    let arrived = tokio::task::spawn_blocking(move || mock.wait("silent", "requests=1"));
    tokio::select! {
        _ = silent.next_batch() => panic!("nothing was sent"),
        arrived = arrived => assert!(arrived.is_ok()),
    }
    let silent = silent.abort(ErrorKind::Cancelled).error.unwrap();

    assert_eq!((begun.status, begun.maybe_executed), (Some(200), true));
    assert_eq!(silent.status, None);
}
