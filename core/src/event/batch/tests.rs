//! Order, boundaries and memory of a batch.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::event::{Receipt, Start, ToolDelta};

fn seen(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

#[test]
fn keeps_order_and_boundaries() {
    let mut batch = EventBatch::default();
    batch.push_text("a");
    batch.push_reasoning("bc");
    batch.push_text("");
    batch.push(Event::ToolDelta(ToolDelta {
        index: 0,
        id: None,
        name: None,
        arguments: "{".to_owned(),
    }));
    batch.push_text("d");
    let borrowed: Vec<String> = batch.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(borrowed.len(), 4);
    assert_eq!(borrowed.first().unwrap(), "Text(\"a\")");
    let drained = seen(&batch.drain());
    let others = borrowed.iter().map(|event| {
        let inner = event.strip_prefix("Other(");
        inner
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(event)
    });
    assert!(drained.iter().eq(others), "{drained:?}");
    assert!(batch.is_empty());
}

#[test]
fn runs_are_the_same_events_by_their_kind() {
    let mut batch = EventBatch::default();
    for text in ["a", "b\u{f6}", "c"] {
        batch.push_text(text);
    }
    batch.push(Event::Start(Box::default()));
    batch.push(Event::Start(Box::default()));
    batch.push_text("d");
    batch.push_reasoning("ef");
    batch.push_reasoning("g");
    let runs: Vec<String> = batch
        .runs()
        .map(|run| match run {
            RunRef::Text(run) => format!("{} {:?}", run.text(), run.ends().collect::<Vec<_>>()),
            RunRef::Reasoning(run) => format!("{:?}", run.iter().collect::<Vec<_>>()),
            RunRef::Others(others) => others.len().to_string(),
        })
        .collect();
    assert_eq!(
        runs,
        ["ab\u{f6}c [1, 4, 5]", "2", "d [1]", r#"["ef", "g"]"#]
    );
    assert_eq!(batch.iter().count(), 8);
    assert_eq!(batch.others().len(), 2);
}

/// Ten thousand streams have one each.
#[test]
fn a_batch_that_was_handed_over_keeps_little() {
    let mut batch = EventBatch::default();
    for _ in 0..1000 {
        batch.push_text("some text");
        batch.push(Event::Start(Box::default()));
    }
    batch.clear();
    let kept = |batch: &EventBatch| {
        batch.text.capacity()
            + batch.ends.capacity() * size_of::<usize>()
            + batch.runs.capacity() * size_of::<Run>()
            + batch.others.capacity() * size_of::<Event>()
    };
    assert_eq!(kept(&batch), 0);
    batch.push(Event::Start(Box::default()));
    for _ in 0..64 {
        batch.push_text("text");
    }
    batch.clear();
    assert!((1..4096).contains(&kept(&batch)), "{}", kept(&batch));
}

#[test]
fn draining_takes_events_out_and_copies_none() {
    let mut batch = EventBatch::default();
    let start = Box::new(Start::default());
    let (start_at, text) = (std::ptr::from_ref(&*start), "x".repeat(100));
    batch.push(Event::Start(start));
    batch.push_text(&text);
    let text_at = batch.text.as_ptr();
    let mut drained = batch.drain().into_iter();
    let Some(Event::Start(taken)) = drained.next() else {
        unreachable!("START was first");
    };
    assert!(std::ptr::eq(&*taken, start_at));
    let Some(Event::Text(taken)) = drained.next() else {
        unreachable!("the text was second");
    };
    assert!(std::ptr::eq(taken.as_ptr(), text_at) && taken == text);
    batch.push_text("next");
    assert_eq!(seen(&batch.drain()), ["Text(\"next\")"]);
}

#[test]
fn events_without_room_are_an_error_and_only_the_end_follows() {
    let mut batch = EventBatch::default();
    batch.push_text("a");
    assert!(!batch.reserve(usize::MAX / 2));
    batch.push_text("b");
    batch.push(Event::Start(Box::default()));
    batch.push(Event::End(Box::<Receipt>::default()));
    let error = batch.check().unwrap_err();
    assert!(error.message.contains("no memory"), "{error}");
    assert!(batch.check().is_ok());
    let drained = batch.drain();
    assert!(matches!(
        drained.as_slice(),
        [Event::Text(_), Event::End(_)]
    ));
}
