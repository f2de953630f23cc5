//! Keys that are asked for: before each attempt, and once more when the provider refuses one. Owns
//! that state of a stream; what a key does to a request is in `prepare`.

use std::fmt;
use std::sync::Arc;

use super::timeouts::timed_out;
use super::{Inner, State};
use crate::client::options::LogLevel;
use crate::error::{ErrorKind, LlmError, Phase, Timer, OUTSIDE_BYTES_MAX};
use crate::request::{KeyFuture, KeyMaterial, KeyReason, KeyRequest};

/// A key is being asked for. Dropping it asks no longer.
pub(super) struct Asking(KeyFuture);

/// What a call knows of the keys of its attempts.
#[derive(Debug, Default)]
pub(super) struct AttemptKeys {
    /// The key of the next attempt is there.
    ready: bool,
    /// The key of the last attempt.
    last: Option<KeyMaterial>,
    /// The error of the last attempt, whose key the provider refused, until there is a new one.
    refused: Option<Box<LlmError>>,
    /// A refused key was asked for anew; that is done once per call.
    renewed: bool,
}

impl Inner {
    /// Whether the next attempt has to wait for its key, which is then being asked for.
    pub(super) fn waits_for_key(&mut self) -> bool {
        let Some(prepared) = &self.prepared else {
            return false;
        };
        let Some(source) = prepared.key_source().cloned() else {
            return false;
        };
        if std::mem::take(&mut self.keys.ready) {
            return false;
        }
        let mut request = KeyRequest {
            provider: prepared.provider.name(),
            model: prepared.model.clone(),
            attempt: self.attempts + 1,
            reason: match (&self.keys.refused, self.attempts) {
                (Some(_), _) => KeyReason::Rejected,
                (None, 0) => KeyReason::First,
                (None, _) => KeyReason::Retry,
            },
        };
        self.redactor().clean(&mut request.model, OUTSIDE_BYTES_MAX);
        self.status = None;
        self.deadlines.start(Some(Timer::Key));
        self.state = State::Key(Asking(source.key(request)));
        true
    }

    /// Waits for the key; the attempt follows.
    pub(super) async fn key(&mut self) {
        let State::Key(Asking(asking)) = &mut self.state else {
            return;
        };
        match self.deadlines.wait(asking.as_mut()).await {
            Ok(Ok(key)) => self.use_key(&key),
            Ok(Err(error)) => self.fail(error),
            Err(timer) => self.fail(not_answered(timer)),
        }
    }

    fn use_key(&mut self, key: &KeyMaterial) {
        self.task.call().keys.push(key);
        let last = self.keys.last.replace(key.clone());
        let is_new = last.is_none_or(|last| !last.is_same(key));
        match self.keys.refused.take() {
            Some(refused) if !is_new => return self.end(*refused),
            Some(_) | None => {}
        }
        let Some(prepared) = &mut self.prepared else {
            return;
        };
        match Arc::make_mut(prepared).set_key(key) {
            Ok(()) => {
                self.keys.ready = true;
                self.state = State::Ready;
            }
            Err(error) => self.fail(error),
        }
    }

    /// Whether the error is that the provider refused a key that can be asked for anew, which then
    /// is. Costs neither a backoff nor a retry: the request was not run.
    pub(super) fn asks_anew(&mut self, error: &LlmError) -> bool {
        let asks = self
            .prepared
            .as_ref()
            .is_some_and(|it| it.key_source().is_some());
        // AWS responds 403 to a token that has expired.
        let refused =
            error.kind == ErrorKind::Authentication && matches!(error.status, Some(401 | 403));
        if !asks || !refused || std::mem::replace(&mut self.keys.renewed, true) {
            return false;
        }
        self.note_failed(error);
        self.log(LogLevel::Warn, || format!("{error}; asking for a new key"));
        self.keys.refused = Some(Box::new(error.clone()));
        // With the state before it the attempt's connection goes.
        self.state = State::Ready;
        true
    }
}

fn not_answered(timer: Timer) -> LlmError {
    let mut error = timed_out(timer, Phase::Request);
    if timer == Timer::Key {
        error.message = "api_key: no key came within key_timeout_ms".to_owned();
    }
    error
}

impl fmt::Debug for Asking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Asking")
    }
}
