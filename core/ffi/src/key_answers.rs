//! The answers to keys that a stream asks its caller for. Owns which question an answer is for;
//! what it may say is the core's, and how it is asked is `key_caller`'s.

use std::collections::VecDeque;
use std::sync::Mutex;

use liter_llm_core::{KeyMaterial, LlmError};
use tokio::sync::oneshot::{channel, Receiver, Sender};

use crate::sync::lock;

/// A key, or why there is none.
pub type Answer = Result<KeyMaterial, LlmError>;

/// The questions of one stream that wait for an answer, the oldest first.
#[derive(Debug, Default)]
pub struct KeyAnswers(Mutex<VecDeque<Sender<Answer>>>);

impl KeyAnswers {
    /// Asks: the answer arrives at the receiver, which may be dropped.
    pub fn ask(&self) -> Receiver<Answer> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
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
}
