//! The keys that a stream asks its caller for: it puts KEY into the queue, and waits until the
//! caller has answered. Owns which question an answer is for; what it may say is the core's.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use liter_llm_core::{ErrorKind, KeyFuture, KeyMaterial, KeyRequest, KeySource, LlmError};
use tokio::sync::oneshot::{channel, Receiver, Sender};

use crate::buffer::event_json::EventJson;
use crate::stream_control::StreamControl;
use crate::stream_table::StreamTable;
use crate::sync::lock;

type Answer = Result<KeyMaterial, LlmError>;

/// The questions of one stream that wait for an answer, the oldest first.
#[derive(Debug, Default)]
pub struct KeyAnswers(Mutex<VecDeque<Sender<Answer>>>);

impl KeyAnswers {
    fn ask(&self) -> Receiver<Answer> {
        let (sender, receiver) = channel();
        lock(&self.0).push_back(sender);
        receiver
    }

    /// Answers the oldest question that still waits, if any does.
    pub fn answer(&self, mut answer: Answer) {
        let mut waiting = lock(&self.0);
        while let Some(sender) = waiting.pop_front() {
            match sender.send(answer) {
                Ok(()) => return,
                Err(unheard) => answer = unheard,
            }
        }
    }
}

/// Asks the caller of one stream, through the client's queue.
pub struct KeyCaller {
    stream: u64,
    control: Arc<StreamControl>,
    streams: Arc<StreamTable>,
}

impl KeyCaller {
    /// For a number that was claimed.
    pub fn new(stream: u64, control: Arc<StreamControl>, streams: Arc<StreamTable>) -> Self {
        Self {
            stream,
            control,
            streams,
        }
    }
}

impl KeySource for KeyCaller {
    fn key(&self, request: KeyRequest) -> KeyFuture {
        let (stream, streams) = (self.stream, Arc::clone(&self.streams));
        let control = Arc::clone(&self.control);
        Box::pin(async move {
            // First: the caller may answer as soon as it has polled.
            let answer = control.key_answers.ask();
            let event = EventJson::key(&request);
            // A control of its own waits for room in the queue: KEY is no content, so it takes
            // nothing of the stream's window.
            let room = Arc::new(StreamControl::new(1));
            poll_fn(|context| {
                let _ = room.poll_stop(context);
                match streams.queue().push_event(stream, &event, &room) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
            let lost = |_| LlmError::new(ErrorKind::Internal, "the answer to KEY was lost");
            answer.await.map_err(lost)?
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::queue::Queue;
    use crate::sync::Wait;
    use crate::types::LLM_EVENT_KEY;
    use crate::waker::Waker;
    use futures_util::future::FutureExt;

    /// The reason of an error can be seen; a key cannot.
    fn answer(reason: &str) -> Answer {
        KeyMaterial::from_json(&format!(r#"{{"error":"{reason}"}}"#))
    }

    fn reason(receiver: Receiver<Answer>) -> String {
        receiver
            .now_or_never()
            .unwrap()
            .unwrap()
            .unwrap_err()
            .message
    }

    #[test]
    fn an_answer_is_for_the_oldest_question_that_waits() {
        let answers = KeyAnswers::default();
        answers.answer(answer("nobody-asked"));
        let (first, dropped, third) = (answers.ask(), answers.ask(), answers.ask());
        drop(dropped);
        answers.answer(answer("one"));
        assert_eq!(reason(first), "one");
        answers.answer(answer("two"));
        assert_eq!(reason(third), "two");
        answers.answer(answer("too-late"));
    }

    /// KEY waits for room like content, is delivered once there is, and takes nothing of a window.
    #[test]
    fn a_question_waits_for_room_in_the_queue() {
        let waker = Waker::new(None, std::ptr::null_mut());
        let streams = Arc::new(StreamTable::new(Arc::new(Queue::new(waker, 1)), 1));
        let control = streams.claim(5).unwrap();
        let caller = KeyCaller::new(5, Arc::clone(&control), Arc::clone(&streams));
        let ask = || caller.key(KeyRequest::new("openai", "m"));
        let (mut first, mut second) = (ask(), ask());
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        let polled = || {
            let mut polled = streams.queue().poll(Wait::Now).unwrap();
            let events = polled.buffer().events();
            events
                .map(|event| (event.stream, event.kind))
                .collect::<Vec<_>>()
        };
        assert_eq!(polled(), [(5, LLM_EVENT_KEY)], "the second has no room");
        assert!((&mut second).now_or_never().is_none());
        assert_eq!(polled(), [(5, LLM_EVENT_KEY)]);
        assert!(control.until_window_opens().now_or_never().is_some());
    }
}
