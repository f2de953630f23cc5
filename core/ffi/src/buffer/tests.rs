//! Runs, ENDs, and memory that is kept, given back or refused.

use super::memory::BYTES_KEPT;
use super::*;
use liter_llm_core::{ErrorKind, Event, LlmError, Receipt};

fn text_batch(pieces: &[&str]) -> EventBatch {
    let mut batch = EventBatch::default();
    pieces.iter().for_each(|piece| batch.push_text(piece));
    batch
}

fn vectors_batch(count: u16, dimensions: usize) -> EventBatch {
    let numbers = (0..count).flat_map(|number| vec![f32::from(number); dimensions]);
    let mut batch = EventBatch::default();
    batch.push(Event::Vectors(Vectors::new(numbers.collect(), dimensions)));
    batch
}

fn push(buffer: &mut Buffer, stream: u64, batch: &EventBatch) -> Added {
    buffer.push_batch(stream, batch, &EventJson::of_batch(batch))
}

#[test]
fn deltas_that_follow_each_other_are_one_run() {
    let mut buffer = Buffer::default();
    let mut batch = text_batch(&["a", "\0é"]);
    batch.push_reasoning("hm");
    push(&mut buffer, 1, &batch);
    push(&mut buffer, 1, &text_batch(&["x"]));
    push(&mut buffer, 1, &text_batch(&["yz"]));
    push(&mut buffer, 2, &text_batch(&["other"]));
    push(&mut buffer, 1, &text_batch(&["w"]));
    let seen: Vec<_> = buffer
        .events()
        .map(|p| (p.stream, p.kind, p.data.to_vec(), p.ends.to_vec()))
        .collect();
    let expected = [
        (1, LLM_EVENT_TEXT, "a\0é".into(), vec![1, 4]),
        (1, LLM_EVENT_REASONING, "hm".into(), vec![2]),
        (1, LLM_EVENT_TEXT, "xyz".into(), vec![1, 3]),
        (2, LLM_EVENT_TEXT, "other".into(), vec![5]),
        (1, LLM_EVENT_TEXT, "w".into(), vec![1]),
    ];
    assert_eq!(seen, expected);
    let seen_by_c = buffer.c_events();
    assert_eq!(seen_by_c.len(), 5);
    assert_eq!(
        (seen_by_c[0].length, seen_by_c[0].count, seen_by_c[0].error),
        (4, 2, LLM_ERROR_OK)
    );
}

#[test]
fn an_end_carries_its_error_and_is_last() {
    let mut buffer = Buffer::default();
    let mut batch = text_batch(&["a"]);
    let failed = Receipt::failed(LlmError::new(ErrorKind::RateLimited, "slow"));
    batch.push(Event::End(Box::new(failed)));
    batch.push_text("never");
    let added = push(&mut buffer, 7, &batch);
    let expected = Added {
        content: 1,
        ended: true,
        refused: false,
    };
    assert_eq!(added, expected);
    let pieces: Vec<_> = buffer.events().collect();
    assert_eq!(
        (pieces.len(), pieces[1].kind, pieces[1].error),
        (2, LLM_EVENT_END, 7)
    );
    let json: serde_json::Value = serde_json::from_slice(pieces[1].data).unwrap();
    assert_eq!(json["error"]["kind"], "RATE_LIMITED");
    assert_eq!(buffer.ended(), [7]);
    let seen_by_c = buffer.c_events();
    assert!(seen_by_c[1].ends.is_null() && !seen_by_c[1].data.is_null());
}

#[test]
fn vectors_are_events_of_their_own_with_the_end_of_each() {
    let mut buffer = Buffer::default();
    push(&mut buffer, 1, &text_batch(&["a"]));
    let expected = Added {
        content: 3 * 5 * 4,
        ended: false,
        refused: false,
    };
    assert_eq!(push(&mut buffer, 1, &vectors_batch(3, 5)), expected);
    push(&mut buffer, 1, &vectors_batch(1, 2));
    let seen: Vec<_> = buffer.events().skip(1).collect();
    let one = |number: f32| number.to_le_bytes().repeat(5);
    assert_eq!(seen[0].kind, LLM_EVENT_VECTORS);
    assert_eq!(seen[0].data, [one(0.0), one(1.0), one(2.0)].concat());
    assert_eq!(seen[0].ends, [20, 40, 60]);
    assert_eq!((seen[1].data, seen[1].ends), (&[0; 8][..], &[8][..]));
    assert_eq!(buffer.content_bytes(), 1 + 60 + 8);
    let seen_by_c = buffer.c_events();
    assert_eq!((seen_by_c[1].length, seen_by_c[1].count), (60, 3));
    assert!(seen_by_c[1].data.addr().is_multiple_of(16));
    buffer.clear();
    assert_eq!((buffer.weight(), buffer.vectors.len()), (0, 0));
}

/// Their ends would not fit their type, or there is no memory: nothing of them is in the buffer.
#[test]
fn vectors_that_are_too_long_or_have_no_memory_are_refused() {
    let mut buffer = Buffer::default();
    let dimensions = RUN_BYTES_MAX / 4;
    let added = push(&mut buffer, 1, &vectors_batch(1, dimensions));
    assert_eq!((added.content, added.refused), (RUN_BYTES_MAX, false));
    buffer.clear();
    let added = push(&mut buffer, 1, &vectors_batch(1, dimensions + 1));
    assert_eq!((added.content, added.refused), (0, true));
    NO_MEMORY.set(true);
    let added = push(&mut buffer, 1, &vectors_batch(1, 1));
    NO_MEMORY.set(false);
    assert_eq!((added.content, added.refused), (0, true));
    assert!(buffer.is_empty() && buffer.vectors.is_empty() && buffer.ends.is_empty());
}

/// So that the ends of a run fit their type.
#[test]
fn a_run_that_is_full_is_followed_by_another() {
    let mut buffer = Buffer::default();
    let half = "x".repeat(RUN_BYTES_MAX / 2);
    push(&mut buffer, 1, &text_batch(&[&half, &half, "y"]));
    let lengths: Vec<_> = buffer.events().map(|event| event.data.len()).collect();
    assert_eq!(lengths, [RUN_BYTES_MAX, 1]);
}

#[test]
fn memory_is_kept_while_it_is_used_and_given_back_after() {
    let mut buffer = Buffer::default();
    let big = "x".repeat(4 * BYTES_KEPT);
    push(&mut buffer, 1, &text_batch(&[&big]));
    assert!(buffer.weight() >= big.len());
    buffer.clear();
    assert!(buffer.bytes.capacity() >= big.len());
    push(&mut buffer, 1, &text_batch(&["x"]));
    buffer.clear();
    assert!(buffer.is_empty() && buffer.bytes.capacity() <= BYTES_KEPT);
}

#[test]
fn without_memory_only_an_end_goes_in_and_it_comes_without_its_json() {
    let mut buffer = Buffer::default();
    let mut batch = text_batch(&["a", "b"]);
    push(&mut buffer, 7, &batch);
    NO_MEMORY.set(true);
    let added = push(&mut buffer, 7, &batch);
    assert_eq!(
        (added.content, added.ended, added.refused),
        (0, false, true)
    );
    buffer.push_json(0, &EventJson::log(&"dropped"));
    batch.clear();
    batch.push(Event::End(Box::default()));
    assert!(push(&mut buffer, 7, &batch).ended);
    NO_MEMORY.set(false);
    let pieces: Vec<_> = buffer.events().collect();
    assert_eq!((pieces.len(), pieces[0].data), (2, &b"ab"[..]));
    assert_eq!((pieces[1].kind, pieces[1].data), (LLM_EVENT_END, NO_JSON));
    assert_eq!(buffer.c_events()[1].length, 2);
}

#[test]
fn reading_needs_no_memory_that_writing_did_not_reserve() {
    let mut buffer = Buffer::default();
    for stream in 1..=1000 {
        push(&mut buffer, stream, &text_batch(&["x"]));
    }
    let reserved = buffer.c_events.0.capacity();
    assert!(reserved >= 1000);
    assert_eq!(buffer.c_events().len(), 1000);
    assert_eq!(buffer.c_events.0.capacity(), reserved);
}
