//! The budget that the retries of a client share: what it stops says so, and a caller may have a
//! larger one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use futures_util::{stream, StreamExt};
use liter_llm::{Client, LlmError, LlmRequest, Message};
use serde_json::{json, Value};
use support::{client, Mock};

async fn ask(client: &Client, mock: &Mock, key: &str, retries_max: u32) -> Result<u32, LlmError> {
    let mut request = LlmRequest::new("m", vec![Message::user("hello")]);
    request.call.base_url = Some(mock.base_url(key));
    request.call.limits.retries_max = Some(retries_max);
    let response = client.complete(request).await?;
    Ok(response.receipt.attempts)
}

/// So many calls side by side, each of which fails with two in five of its attempts.
async fn batch(client: &Client, mock: &Mock) -> Vec<LlmError> {
    // The wait that is asked for keeps the test short, and is not a 429's.
    let failure = json!({"status": 503, "headers": [["retry-after-ms", "1"]]});
    let answer = json!({"answer": {"text": "ok"}});
    let pattern = [&failure, &answer, &failure, &answer, &answer];
    let steps: Vec<Value> = (0..1200).map(|at| pattern[at % 5].clone()).collect();
    mock.plan("batch", json!(steps));
    let calls = stream::iter(0..600).map(|_| ask(client, mock, "batch", 20));
    let results: Vec<_> = calls.buffer_unordered(64).collect().await;
    results.into_iter().filter_map(Result::err).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_of_a_batch_is_lost_where_the_caller_allows_its_retries() {
    let mock = Mock::start(&[]);
    let lost = batch(&client(json!({"retry_budget": 600})), &mock).await;
    assert_eq!(lost.len(), 0, "{:?}", lost.first());
    // The default is for an outage, and these are many failures.
    let lost = batch(&client(json!({})), &mock).await;
    assert!(!lost.is_empty());
    for error in lost {
        assert!(error.retry_budget_exhausted, "{error:?}");
        let reason = "not retried: the client's retry_budget is used up";
        assert!(error.message.ends_with(reason), "{error}");
        assert!(error.retryable);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_none_lets_no_call_retry_and_long_messages_leave_room_for_why() {
    let mock = Mock::start(&[]);
    let error = json!({"message": "é".repeat(3000), "type": "server_error"});
    mock.plan("none", json!([{"status": 503, "error": error}]));
    let error = ask(&client(json!({"retry_budget": 0})), &mock, "none", 5)
        .await
        .unwrap_err();
    assert!(
        error.retry_budget_exhausted && error.message.ends_with("is used up"),
        "{error}"
    );
    assert_eq!((error.attempts, error.message.len() <= 2048), (1, true));
    let json = json!(error);
    assert_eq!(json["retry_budget_exhausted"], true);
    // Where the retries themselves are used up, the budget is not the reason.
    let error = ask(&client(json!({})), &mock, "none", 0).await.unwrap_err();
    assert!(!error.retry_budget_exhausted && !error.message.contains("retry_budget"));
    assert!(json!(error).get("retry_budget_exhausted").is_none());
}

/// 429s that are waited out cost a fifth, so one retry's worth pays for five of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_429_that_was_waited_out_costs_less() {
    let mock = Mock::start(&[]);
    let asked = json!({"status": 429, "headers": [["retry-after-ms", "1"]], "times": 5});
    mock.plan("asked", json!([asked, {"answer": {"text": "ok"}}]));
    let one = json!({"retry_budget": 1});
    assert_eq!(
        ask(&client(one.clone()), &mock, "asked", 9).await.unwrap(),
        6
    );
    mock.plan(
        "blind",
        json!([{"status": 429, "times": 2}, {"answer": {"text": "ok"}}]),
    );
    let error = ask(&client(one), &mock, "blind", 9).await.unwrap_err();
    assert_eq!((error.retry_budget_exhausted, error.attempts), (true, 2));
}
