//! What a callback of llm_invoke gets, and what it may do.

use super::*;
use crate::buffer::event_json::EventJson;
use crate::tests::time_limit::TimeLimit;
use crate::types::{LLM_ERROR_CANCELLED, LLM_ERROR_INVALID_ARGUMENT};
use futures_util::future::FutureExt;
use liter_llm_core::{Event, EventBatch, Receipt};

/// A client of one stream, in whose queue these events are, and the step that takes them.
fn take(batch: &EventBatch, token: &mut impl FnMut(&[u8])) -> (Step, bool) {
    let process = Process::get_or_start(None).unwrap();
    let waker = Waker::new(None, std::ptr::null_mut());
    let client = ClientState::open(process.runtime(), process.invoke_client().unwrap(), waker);
    let control = client.streams.claim(STREAM).unwrap();
    let json = EventJson::of_batch(batch);
    let queue = client.streams.queue();
    queue.push(STREAM, batch, &json, &control, false).unwrap();
    let step = {
        let mut polled = client.poll(Wait::Now).unwrap();
        hand_over(&client, polled.buffer(), token)
    };
    let is_open = control.until_window_opens().now_or_never().is_some();
    (step, is_open)
}

fn cancelled() -> Event {
    let error = LlmError::new(ErrorKind::Cancelled, "cancelled");
    Event::End(Box::new(Receipt::failed(error)))
}

#[test]
fn every_delta_of_text_is_called_back_and_nothing_else() {
    let _limit = TimeLimit::begin();
    let mut batch = EventBatch::default();
    batch.push_reasoning("thought");
    batch.push_text("one ");
    batch.push_text("two");
    batch.push_reasoning("another thought");
    batch.push_text("three");
    batch.push(cancelled());
    let mut tokens = Vec::new();
    let (step, _) = take(&batch, &mut |token| tokens.push(token.to_vec()));
    assert_eq!(tokens, [b"one ".as_slice(), b"two", b"three"]);
    match step {
        Step::Ended(Err(failure)) => {
            assert_eq!(failure.number, LLM_ERROR_CANCELLED);
            assert!(failure.json.contains("\"message\":\"cancelled\""));
        }
        _ => panic!("the END was not taken for one"),
    }
}

/// `llm_last_error` promises kind, number and message.
#[test]
fn an_end_without_details_is_an_error_with_its_kind() {
    let end = EventView {
        stream: STREAM,
        kind: LLM_EVENT_END,
        error: types::LLM_ERROR_TOO_LARGE,
        data: b"{}",
        ends: &[],
    };
    let failure = result_of(&end).unwrap_err();
    assert_eq!(failure.number, types::LLM_ERROR_TOO_LARGE);
    let json: serde_json::Value = serde_json::from_str(&failure.json).unwrap();
    assert_eq!(json.get("kind").unwrap(), "TOO_LARGE");
    assert_eq!(json.get("number").unwrap(), 16);
    assert!(json
        .get("message")
        .unwrap()
        .as_str()
        .unwrap()
        .contains("no memory"));
}

/// Else a response longer than the window would never go on.
#[test]
fn what_was_handed_over_is_acknowledged() {
    let _limit = TimeLimit::begin();
    let mut batch = EventBatch::default();
    batch.push_text(&"x".repeat(1 << 20));
    let (step, is_open) = take(&batch, &mut |_| {});
    assert!(matches!(step, Step::More));
    assert!(is_open);
}

#[test]
fn a_callback_that_stops_is_called_no_more() {
    let _limit = TimeLimit::begin();
    let mut batch = EventBatch::default();
    batch.push_text("one ");
    batch.push_text("two");
    let mut calls = 0;
    let (step, _) = take(&batch, &mut |_| {
        calls += 1;
        stop("f").unwrap();
        stop("f").unwrap();
    });
    assert_eq!(calls, 1);
    assert!(matches!(step, Step::Stopped));
    let (step, _) = take(&batch, &mut |_| calls += 1);
    assert!(matches!(step, Step::More), "the next call is another one");
    assert_eq!(calls, 3);
    let outside = stop("f").unwrap_err();
    assert_eq!(outside.number, LLM_ERROR_INVALID_ARGUMENT);
    assert!(outside.json.contains("f was called outside of a callback"));
}

/// The END that came meanwhile changes nothing, unless it knows more of the same.
#[test]
fn a_stopped_call_is_cancelled_whatever_its_stream_came_to() {
    let _limit = TimeLimit::begin();
    let process = Process::get_or_start(None).unwrap();
    let waker = Waker::new(None, std::ptr::null_mut());
    let client = ClientState::open(process.runtime(), process.invoke_client().unwrap(), waker);
    let failed = |kind| {
        let mut error = LlmError::new(kind, "another message");
        error.attempts = 7;
        Err(Failure::from(error))
    };
    let ends = [
        (Ok(()), 0),
        (failed(ErrorKind::Truncated), 0),
        (failed(ErrorKind::Cancelled), 7),
    ];
    for (end, attempts) in ends {
        let failure = stopped(&client, Some(end));
        assert_eq!(failure.number, LLM_ERROR_CANCELLED);
        let json: serde_json::Value = serde_json::from_str(&failure.json).unwrap();
        let fields = ["kind", "message", "attempts"].map(|name| &json[name]);
        let message = "the callback cancelled the call";
        let expected = serde_json::json!(["CANCELLED", message, attempts]);
        assert_eq!(serde_json::json!(fields), expected);
    }
}

#[test]
fn inside_its_own_callback_it_is_refused() {
    let _limit = TimeLimit::begin();
    let mut batch = EventBatch::default();
    batch.push_text("text");
    let mut refused = Vec::new();
    let (_, _) = take(&batch, &mut |_| {
        refused.push(invoke("openai", "{}", |_| {}).unwrap_err().number);
    });
    assert_eq!(refused, [LLM_ERROR_INVALID_ARGUMENT]);
    assert_eq!(CALLBACK.get(), OUTSIDE, "the callback is over");
}
