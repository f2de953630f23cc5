//! The answers to keys that a stream asks its caller for. Owns which question an answer is for;
//! what it may say is the core's, and how it is asked is `key_caller`'s.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use liter_llm_core::{KeyMaterial, KeyReason, LlmError};
use tokio::sync::oneshot::{channel, Receiver, Sender};
use tokio::sync::MutexGuard;

use crate::sync::lock;

/// A key, or why there is none.
pub type Answer = Result<KeyMaterial, LlmError>;

/// The questions of one stream. The HTTP requests of one call may need keys at the same time, and
/// an answer does not say whose it is, so they ask one after the other.
#[derive(Debug, Default)]
pub struct KeyAnswers {
    turn: tokio::sync::Mutex<Option<Given>>,
    /// How many keys were given.
    given: AtomicU64,
    /// The questions that have no answer yet, the oldest first; also those that nobody waits for
    /// any more, whose answers may still come.
    asked: Mutex<VecDeque<Sender<Answer>>>,
}

/// The last key that was given, and why it was asked for.
#[derive(Debug)]
struct Given {
    key: KeyMaterial,
    reason: KeyReason,
}

/// While it lives, no other question of the stream is asked.
pub struct Turn<'a> {
    answers: &'a KeyAnswers,
    last: MutexGuard<'a, Option<Given>>,
    reason: KeyReason,
    /// A key was given since this turn was waited for.
    is_fresh: bool,
}

impl KeyAnswers {
    /// Waits until nobody else asks.
    pub async fn turn(&self, reason: KeyReason) -> Turn<'_> {
        let given = self.given.load(Ordering::Acquire);
        let last = self.turn.lock().await;
        Turn {
            answers: self,
            last,
            reason,
            is_fresh: self.given.load(Ordering::Acquire) > given,
        }
    }

    /// Answers the oldest question that has none, if any does. Where nobody waits for that any more
    /// the answer is late, and is not that of the next question.
    pub fn answer(&self, answer: Answer) {
        let asked = lock(&self.asked).pop_front();
        let _ = asked.map(|asked| asked.send(answer));
    }
}

impl Turn<'_> {
    /// The key that came while this turn was waited for, which is as new as another would be;
    /// unless it may be the one that was refused.
    pub fn key(&self) -> Option<KeyMaterial> {
        let last = self.last.as_ref().filter(|_| self.is_fresh)?;
        let is_usable = last.reason == KeyReason::Rejected || self.reason != KeyReason::Rejected;
        is_usable.then(|| last.key.clone())
    }

    /// Asks: the answer arrives at the receiver, which may be dropped.
    pub fn ask(&self) -> Receiver<Answer> {
        let (sender, receiver) = channel();
        lock(&self.answers.asked).push_back(sender);
        receiver
    }

    /// The caller was not asked after all, so no answer will come.
    pub fn withdraw(&self, receiver: Receiver<Answer>) {
        drop(receiver);
        let mut asked = lock(&self.answers.asked);
        if asked.back().is_some_and(Sender::is_closed) {
            asked.pop_back();
        }
    }

    /// There is an answer.
    pub fn end(mut self, answer: Answer) -> Answer {
        if let Ok(key) = &answer {
            *self.last = Some(Given {
                key: key.clone(),
                reason: self.reason,
            });
            self.answers.given.fetch_add(1, Ordering::AcqRel);
        }
        answer
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

    fn key() -> Answer {
        KeyMaterial::from_json(r#"{"api_key":"k"}"#)
    }

    fn reason(receiver: Receiver<Answer>) -> Option<String> {
        let answered = receiver.now_or_never()?;
        Some(answered.unwrap().unwrap_err().message)
    }

    fn turn(answers: &KeyAnswers, reason: KeyReason) -> Turn<'_> {
        answers.turn(reason).now_or_never().unwrap()
    }

    #[test]
    fn an_answer_is_for_the_oldest_question_also_when_it_is_late() {
        let answers = KeyAnswers::default();
        answers.answer(answer("nobody-asked"));
        let late = turn(&answers, KeyReason::First).ask();
        drop(late);
        let mut next = turn(&answers, KeyReason::First).ask();
        answers.answer(answer("late"));
        assert!((&mut next).now_or_never().is_none());
        answers.answer(answer("two"));
        assert_eq!(reason(next).unwrap(), "two");
        answers.answer(answer("too-late"));
    }

    #[test]
    fn a_question_that_was_not_asked_takes_no_answer() {
        let answers = KeyAnswers::default();
        let turn = turn(&answers, KeyReason::First);
        let late = turn.ask();
        drop(late);
        turn.withdraw(turn.ask());
        let asked = turn.ask();
        answers.answer(answer("late"));
        answers.answer(answer("one"));
        assert_eq!(reason(asked).unwrap(), "one");
        // One that came unasked has answered it before it was withdrawn.
        let unasked = turn.ask();
        answers.answer(answer("unasked"));
        turn.withdraw(unasked);
        let asked = turn.ask();
        answers.answer(answer("two"));
        assert_eq!(reason(asked).unwrap(), "two");
    }

    /// A key that came meanwhile is shared, but not the refused one with who asks for another.
    #[test]
    fn who_waits_for_a_turn_takes_the_key_that_came_meanwhile() {
        let rows = [
            (KeyReason::First, KeyReason::First, true),
            (KeyReason::First, KeyReason::Retry, true),
            (KeyReason::First, KeyReason::Rejected, false),
            (KeyReason::Rejected, KeyReason::Rejected, true),
        ];
        for (first, second, is_shared) in rows {
            let answers = KeyAnswers::default();
            let asking = turn(&answers, first);
            let mut waiting = Box::pin(answers.turn(second));
            assert!((&mut waiting).now_or_never().is_none());
            assert!(asking.key().is_none());
            assert!(asking.end(key()).is_ok());
            let waited = waiting.now_or_never().unwrap();
            assert_eq!(waited.key().is_some(), is_shared, "{first:?} {second:?}");
            drop(waited);
            // Who asks later asks anew.
            assert!(turn(&answers, second).key().is_none());
        }
        let answers = KeyAnswers::default();
        let asking = turn(&answers, KeyReason::First);
        let mut waiting = Box::pin(answers.turn(KeyReason::First));
        assert!((&mut waiting).now_or_never().is_none());
        assert!(asking.end(answer("none")).is_err());
        assert!(waiting.now_or_never().unwrap().key().is_none());
    }
}
