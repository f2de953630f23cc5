//! Embeddings: split, in order, bounded, and what is left when a part fails.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use futures_core::Stream;
use liter_llm::{
    AnyRequest, Client, ClientOptions, ErrorKind, Event, LlmError, Outcome, Phase, Timer,
};
use serde_json::json;

use super::server::{serve, Events};
use super::{client, embed_request, numbers, texts, vectors};

/// The vectors of these texts.
fn expected(numbers: impl IntoIterator<Item = u16>) -> Vec<f32> {
    let vectors = numbers.into_iter().map(|n| [f32::from(n), 1.0, 0.0]);
    vectors.flatten().collect()
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_inputs_however_the_responses_come() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        // The first of four that run at once responds last.
        if numbers[0] == 0 {
            events.wait(&["3", "6", "9"]);
        }
        events.add(&numbers[0].to_string());
        (200, vectors(&numbers))
    });
    let request = embed_request(json!({"input": texts(20), "inputs_per_request": 3}));
    let response = client("openai", &url).embed(request).await.unwrap();
    assert_eq!(response.values, expected(0..20));
    assert_eq!((response.dimensions, response.len()), (3, 20));
    assert_eq!(response.get(19), Some([19.0, 1.0, 0.0].as_slice()));
    assert_eq!(response.get(20), None);
    assert_eq!(response.iter().count(), 20);
    let receipt = &response.receipt;
    assert_eq!((receipt.requests, receipt.attempts), (7, 7));
    assert_eq!((receipt.dimensions, receipt.count), (Some(3), Some(20)));
    let usage = receipt.usage.as_ref().unwrap();
    assert_eq!(
        (usage.input_tokens, &usage.raw["prompt_tokens"]),
        (Some(20), &json!(20))
    );
    assert!(receipt.finished_ranges.is_empty() && receipt.failed_ranges.is_empty());
    assert!(receipt.warnings.is_empty() && receipt.finish_reason.is_none());
    assert_eq!(response.start.model, "m-1");
}

#[tokio::test]
async fn four_requests_run_at_once_and_no_more() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        events.add(&numbers[0].to_string());
        if numbers[0] < 4 {
            events.wait(&["go"]);
        }
        (200, vectors(&numbers))
    });
    let request = embed_request(json!({"input": texts(12), "inputs_per_request": 1}));
    let client = client("openai", &url);
    let mut call = std::pin::pin!(client.embed(request));
    // While four are held no fifth comes.
    let quiet = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(quiet, &mut call).await.is_err());
    events.wait(&["0", "1", "2", "3"]);
    let others = (4..12).map(|number| events.count(&number.to_string()));
    assert_eq!(others.sum::<usize>(), 0);
    events.add("go");
    assert_eq!(call.await.unwrap().values, expected(0..12));
}

#[tokio::test]
async fn a_part_that_fails_for_good_fails_the_call_and_the_others_vectors_stay() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        events.add(&numbers[0].to_string());
        match numbers[0] {
            // That these two are asked for shows that the responses of 0 and 4 were read.
            2 => {
                events.wait(&["8", "10"]);
                (
                    400,
                    json!({"error": {"message": "t3 is too odd", "type": "invalid"}}),
                )
            }
            6 | 8 | 10 => {
                events.wait(&["never"]);
                (200, json!({}))
            }
            _ => (200, vectors(&numbers)),
        }
    });
    let request = embed_request(json!({"input": texts(20), "inputs_per_request": 2}));
    let error = client("openai", &url).embed(request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest, "{error}");
    assert!(error.message.contains("t3 is too odd"), "{error}");
    let partial = error.partial_vectors.unwrap();
    assert_eq!(partial.values, expected([0, 1, 4, 5]));
    let receipt = &partial.receipt;
    assert_eq!(receipt.outcome, Outcome::Failed);
    assert_eq!(receipt.finished_ranges, [[0, 2], [4, 6]]);
    assert_eq!(receipt.failed_ranges, [[2, 4], [6, 20]]);
    assert_eq!((receipt.count, error.attempts), (Some(4), 6));
    assert_eq!(receipt.usage.as_ref().unwrap().input_tokens, Some(4));
    assert_eq!(
        events.count("12"),
        0,
        "nothing is sent once the call has failed"
    );
}

#[tokio::test]
async fn each_request_is_tried_again_by_itself() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        let name = numbers[0].to_string();
        events.add(&name);
        match (numbers[0], events.count(&name)) {
            (2, 1) => (503, json!({"error": {"message": "busy"}})),
            _ => (200, vectors(&numbers)),
        }
    });
    let request = embed_request(json!({"input": texts(6), "inputs_per_request": 2}));
    let response = client("openai", &url).embed(request).await.unwrap();
    assert_eq!(response.values, expected(0..6));
    assert_eq!(
        (response.receipt.requests, response.receipt.attempts),
        (3, 4)
    );
    assert_eq!((events.count("0"), events.count("2")), (1, 2));
}

#[tokio::test]
async fn no_inputs_are_complete_and_nothing_is_sent() {
    let request = embed_request(json!({"input": []}));
    let response = client("openai", "http://127.0.0.1:9/v1")
        .embed(request)
        .await;
    let response = response.unwrap();
    assert!(response.is_empty() && response.dimensions == 0);
    let receipt = response.receipt;
    assert_eq!(receipt.outcome, Outcome::Complete);
    assert_eq!(
        (receipt.count, receipt.requests, receipt.attempts),
        (Some(0), 0, 0)
    );
}

#[tokio::test]
async fn vectors_are_scaled_where_that_is_asked_for() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, _| {
        let data = json!([{"index": 0, "embedding": [3.0, 4.0]}]);
        (200, json!({"data": data, "model": "m"}))
    });
    let client = client("openai", &url);
    for (normalize, expected) in [(true, [0.6, 0.8]), (false, [3.0, 4.0])] {
        let request = embed_request(json!({"input": "a", "normalize": normalize}));
        let response = client.embed(request).await.unwrap();
        assert_eq!(response.values, expected);
    }
}

/// The error where the request of t2 gets this response and the others good ones.
async fn error_of(reply: serde_json::Value) -> LlmError {
    let events = Arc::new(Events::default());
    let url = serve(&events, move |asked, _| {
        let numbers = numbers(&asked.body);
        match numbers[0] {
            2 => (200, reply.clone()),
            _ => (200, vectors(&numbers)),
        }
    });
    let request = embed_request(json!({"input": texts(6), "inputs_per_request": 2}));
    client("openai", &url).embed(request).await.unwrap_err()
}

#[tokio::test]
async fn a_response_that_does_not_fit_its_inputs_is_a_protocol_error() {
    let one = json!({"data": [{"index": 0, "embedding": [1.0, 2.0, 3.0]}], "model": "m"});
    let error = error_of(one).await;
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    let shorter = json!({"model": "m", "data": [
        {"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [1.0, 2.0]}]});
    let error = error_of(shorter).await;
    assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
    // Whichever came first.
    let lengths = ["have 2 numbers, others 3", "have 3 numbers, others 2"];
    let is_named = lengths.iter().any(|text| error.message.ends_with(text));
    assert!(is_named, "{error}");
    let names = error.message.starts_with("openai: the vectors of input[");
    assert!(names && error.provider == Some("openai"), "{error}");
}

/// Dropping what waits loses nothing, as for a chat.
#[tokio::test]
async fn a_caller_that_leaves_and_comes_back_gets_every_vector_once() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, _| (200, vectors(&numbers(&asked.body))));
    let request = embed_request(json!({"input": texts(40), "inputs_per_request": 3}));
    let mut stream = client("openai", &url).start(AnyRequest::Embed(request));
    let (mut values, mut kinds) = (Vec::new(), Vec::new());
    loop {
        let next = tokio::time::timeout(std::time::Duration::from_micros(50), stream.next_batch());
        match next.await {
            Err(_) => continue,
            Ok(None) => break,
            Ok(Some(_)) => {}
        }
        for event in stream.drain() {
            kinds.push(event.kind().name());
            if let Event::Vectors(vectors) = event {
                values.extend_from_slice(vectors.values());
            }
        }
    }
    assert_eq!(values, expected(0..40));
    assert_eq!((kinds[0], kinds[kinds.len() - 1]), ("START", "END"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "START").count(), 1);
}

#[tokio::test]
async fn a_call_that_is_ended_says_which_vectors_were_delivered() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        events.add(&numbers[0].to_string());
        if numbers[0] > 0 {
            events.wait(&["never"]);
        }
        (200, vectors(&numbers))
    });
    let request = embed_request(json!({"input": texts(20), "inputs_per_request": 2}));
    let mut stream = client("openai", &url).start(AnyRequest::Embed(request));
    assert!(stream.next_batch().await.is_some());
    let receipt = stream.abort(ErrorKind::Cancelled);
    assert_eq!(receipt.outcome, Outcome::Cancelled);
    assert_eq!(receipt.finished_ranges, [[0, 2]]);
    assert_eq!(receipt.failed_ranges, [[2, 20]]);
    assert!(stream.next_batch().await.is_none());
}

/// Nothing runs any more when a caller that has a part of the vectors wants no more of them.
#[tokio::test]
async fn a_call_that_is_ended_while_its_vectors_are_delivered_failed_in_its_body() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |_, _| {
        let vector = |index| {
            let is_cut = [1, 6].contains(&index);
            json!({"index": index, "embedding": vec![1.0; 20_000], "truncated": is_cut})
        };
        let data = Vec::from_iter((0..8).map(vector));
        (200, json!({"data": data, "model": "m"}))
    });
    let client = client("openai", &url);
    let begin = || client.start(AnyRequest::Embed(embed_request(json!({"input": texts(8)}))));
    let mut stream = begin();
    assert!(stream.next_batch().await.is_some());
    let receipt = stream.abort(ErrorKind::Cancelled);
    let error = receipt.error.unwrap();
    assert_eq!((error.phase, error.maybe_executed), (Phase::Body, true));
    assert_eq!(receipt.finished_ranges, [[0, 4]]);
    assert_eq!(receipt.truncated, [1], "the other has no vector here");
    let error = begin().abort(ErrorKind::Closed).error.unwrap();
    assert_eq!((error.phase, error.maybe_executed), (Phase::Request, false));
}

/// Events that were not taken out of the stream are lost with it.
#[tokio::test]
async fn vectors_that_the_caller_did_not_take_are_not_delivered() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, _| (200, vectors(&numbers(&asked.body))));
    let client = client("openai", &url);
    let begin = || {
        let request = embed_request(json!({"input": texts(4), "inputs_per_request": 2}));
        client.start(AnyRequest::Embed(request))
    };
    let mut stream = begin();
    let start = poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await;
    assert_eq!(start.unwrap().kind().name(), "START");
    let receipt = stream.abort(ErrorKind::Cancelled);
    assert_eq!(receipt.count, Some(0), "only START was taken");
    assert_eq!(receipt.failed_ranges, [[0, 4]]);
    // So are those of a batch that the caller had no memory for.
    let mut stream = begin();
    assert!(stream.next_batch().await.is_some());
    let receipt = stream.abort(ErrorKind::TooLarge);
    assert_eq!((receipt.count, receipt.finished_ranges.len()), (Some(0), 0));
}

/// Also where none of its parts has begun.
#[tokio::test]
async fn a_request_that_is_refused_is_logged_without_its_key() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let client =
        Client::new(ClientOptions::from_json(r#"{"log_level":"error"}"#).unwrap()).unwrap();
    let client = client.with_logger(Arc::new(move |record| {
        seen.lock().unwrap().push(record.message.clone());
    }));
    let request =
        embed_request(json!({"input": "a", "model": "hunter-22", "api_key": "hunter-22"}));
    let error = client.embed(request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config, "{error}");
    let expected = "no provider for model \"[REDACTED]\"; name one, or write provider/model";
    assert_eq!(error.message, expected);
    assert_eq!(*lines.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn the_total_timeout_ends_the_call_and_what_came_stays() {
    let events = Arc::new(Events::default());
    let url = serve(&events, |asked, events| {
        let numbers = numbers(&asked.body);
        if numbers[0] > 3 {
            events.wait(&["never"]);
        }
        (200, vectors(&numbers))
    });
    let limits = json!({"input": texts(9), "inputs_per_request": 1, "total_timeout_ms": 300});
    let error = client("openai", &url).embed(embed_request(limits)).await;
    let error = error.unwrap_err();
    let timer = Some(Timer::Total);
    assert_eq!((error.kind, error.timer), (ErrorKind::Timeout, timer));
    assert_eq!(error.partial_vectors.unwrap().values, expected(0..4));
}
