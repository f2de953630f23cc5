//! How a stream asks its caller for a key: it puts KEY into the queue of its client, and waits for
//! the answer.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use liter_llm_core::{ErrorKind, KeyFuture, KeyRequest, KeySource, LlmError};

use crate::buffer::event_json::EventJson;
use crate::stream_control::StreamControl;
use crate::stream_table::StreamTable;

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
            let turn = control.key_answers.turn(request.reason).await;
            if let Some(key) = turn.key() {
                return Ok(key);
            }
            let event = EventJson::key(&request);
            // A control of its own waits for room in the queue: KEY is no content, so it takes
            // nothing of the stream's window.
            let room = Arc::new(StreamControl::new(1));
            let answer = poll_fn(|context| {
                let _ = room.poll_stop(context);
                // First: the caller may answer as soon as it has polled.
                let answer = turn.ask();
                let pushed = streams.queue().push_event(stream, &event, &room);
                if pushed == Some(true) {
                    return Poll::Ready(Ok(answer));
                }
                turn.withdraw(answer);
                match pushed {
                    Some(_) => Poll::Ready(Err(no_memory())),
                    None => Poll::Pending,
                }
            })
            .await?;
            let lost = |_| LlmError::new(ErrorKind::Internal, "the answer to KEY was lost");
            turn.end(answer.await.map_err(lost)?)
        })
    }
}

/// Else the stream would wait for the answer to a question that the caller never sees.
fn no_memory() -> LlmError {
    LlmError::new(
        ErrorKind::TooLarge,
        "no memory for the events of this stream",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::buffer::NO_MEMORY;
    use crate::queue::Queue;
    use crate::sync::Wait;
    use crate::types::{LLM_EVENT_KEY, LLM_EVENT_LOG};
    use crate::waker::Waker;
    use futures_util::future::FutureExt;
    use liter_llm_core::KeyMaterial;

    /// KEY waits for room like content, is delivered once there is, and takes nothing of a window.
    #[test]
    fn a_question_waits_for_room_in_the_queue() {
        let waker = Waker::new(None, std::ptr::null_mut());
        let streams = Arc::new(StreamTable::new(Arc::new(Queue::new(waker, 1)), 1));
        let control = streams.claim(5).unwrap();
        let caller = KeyCaller::new(5, Arc::clone(&control), Arc::clone(&streams));
        let ask = || caller.key(KeyRequest::new("openai", "m"));
        let key = || KeyMaterial::from_json(r#"{"api_key":"k"}"#);
        streams.queue().push_log(&EventJson::log(&"full"));
        let mut first = ask();
        assert!((&mut first).now_or_never().is_none());
        let polled = || {
            let mut polled = streams.queue().poll(Wait::Now).unwrap();
            let events = polled.buffer().events();
            events
                .map(|event| (event.stream, event.kind))
                .collect::<Vec<_>>()
        };
        assert_eq!(polled(), [(0, LLM_EVENT_LOG)], "KEY has no room");
        assert!((&mut first).now_or_never().is_none());
        assert_eq!(polled(), [(5, LLM_EVENT_KEY)]);
        assert!(control.until_window_opens().now_or_never().is_some());
        // One question is asked at a time, and who waited meanwhile has the same answer.
        let mut second = ask();
        assert!((&mut second).now_or_never().is_none());
        assert!(streams.queue().poll(Wait::Now).is_none());
        control.key_answers.answer(key());
        assert!(first.now_or_never().unwrap().is_ok());
        assert!(second.now_or_never().unwrap().is_ok());
        // An answer that comes once nobody waits is not that of the next question.
        let mut late = ask();
        assert!((&mut late).now_or_never().is_none());
        assert_eq!(polled(), [(5, LLM_EVENT_KEY)]);
        drop(late);
        let mut next = ask();
        assert!((&mut next).now_or_never().is_none());
        assert_eq!(polled(), [(5, LLM_EVENT_KEY)]);
        control.key_answers.answer(key());
        assert!((&mut next).now_or_never().is_none());
        control.key_answers.answer(key());
        assert!(next.now_or_never().unwrap().is_ok());
    }

    #[test]
    fn a_question_that_there_is_no_memory_for_is_an_error() {
        let waker = Waker::new(None, std::ptr::null_mut());
        let streams = Arc::new(StreamTable::new(Arc::new(Queue::new(waker, 1000)), 1));
        let control = streams.claim(5).unwrap();
        let caller = KeyCaller::new(5, Arc::clone(&control), Arc::clone(&streams));
        NO_MEMORY.set(true);
        let refused = caller.key(KeyRequest::new("openai", "m")).now_or_never();
        NO_MEMORY.set(false);
        let error = refused.unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
        assert!(streams.queue().poll(Wait::Now).is_none());
        // It takes nobody's answer.
        let mut next = caller.key(KeyRequest::new("openai", "m"));
        assert!((&mut next).now_or_never().is_none());
        let key = KeyMaterial::from_json(r#"{"api_key":"k"}"#);
        control.key_answers.answer(key);
        assert!(next.now_or_never().unwrap().is_ok());
    }
}
