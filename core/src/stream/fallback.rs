//! Falling back: when a request has failed for good before content, the next of its fallbacks is
//! tried. Owns which failures that is for, and the caller's request until then; what a fallback
//! makes of it is in `fallback_request`.

use std::sync::Arc;
use std::time::Duration;

use super::counting::Counted;
use super::fallback_request::{changed, not_for};
use super::key::AttemptKeys;
use super::prepare::{prepare, PreparedRequest};
use super::task::Task;
use super::timeouts::Timeouts;
use super::{Inner, State};
use crate::client::options::LogLevel;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError, Timer};
use crate::event::FinishReason;
use crate::request::{within, Fallbacks};

/// The longest wait that a provider may ask for while a fallback is left: another one answers
/// sooner.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(5);

/// The fallbacks that are left.
pub(super) struct Candidates {
    /// The request as its caller wrote it.
    task: Task,
    /// The provider that it went to.
    home: &'static str,
    fallbacks: Fallbacks,
    next: usize,
}

impl Inner {
    /// Prepares the next request. The first one of a call does so for all fallbacks, to find now
    /// what would fail in them.
    pub(super) fn prepare(&mut self) -> Result<(), LlmError> {
        let kept = self
            .fallbacks_of_call()?
            .map(|list| (list, self.task.clone()));
        let prepared = prepare(&self.shared, &mut self.task)?;
        if let Some((fallbacks, mut task)) = kept {
            task.set_model(prepared.model.clone());
            self.candidates = Some(checked(&self.shared, fallbacks, task, &prepared)?);
            self.tried.list_all();
        }
        self.provider = Some(prepared.provider.name());
        if self.task.is_first() {
            for warning in &prepared.warnings {
                self.log(LogLevel::Warn, || warning.clone());
            }
        }
        self.prepared = Some(Arc::new(prepared));
        Ok(())
    }

    /// Those of a call that has not begun; the client's are for chats.
    fn fallbacks_of_call(&self) -> Result<Option<Fallbacks>, LlmError> {
        let of_call = self.task.call().fallbacks.as_ref();
        let of_client = self.shared.options.fallbacks.as_ref();
        let list = match (&self.task, of_call) {
            (Task::Chat(_) | Task::Rerank(_), Some(own)) => Some(own),
            (Task::Chat(_), None) => of_client,
            (_, Some(own)) if !own.list().is_empty() => return Err(not_for(self.task.operation())),
            (_, Some(_) | None) => None,
        };
        let list = list.filter(|fallbacks| !fallbacks.list().is_empty());
        Ok(list.cloned())
    }

    /// Whether a failure that is final is one of which another provider, or model, knows nothing.
    fn falls_back(&self, error: &LlmError) -> bool {
        let is_of_provider = match error.kind {
            ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Provider
            | ErrorKind::Network
            | ErrorKind::QuotaExceeded
            | ErrorKind::NotFound => true,
            ErrorKind::Timeout => error.timer != Some(Timer::Total),
            ErrorKind::InvalidArgument
            | ErrorKind::Config
            | ErrorKind::InvalidRequest
            | ErrorKind::Authentication
            | ErrorKind::Permission
            | ErrorKind::Tls
            | ErrorKind::Protocol
            | ErrorKind::Truncated
            | ErrorKind::TooLarge
            | ErrorKind::Cancelled
            | ErrorKind::Closed
            | ErrorKind::Internal => false,
        };
        // A model that had finished has answered, if with nothing.
        let has_finished = match &self.state {
            State::Reading(response) => {
                let reason = response.summary().reason;
                reason.is_some_and(|reason| reason != FinishReason::Error)
            }
            _ => false,
        };
        let is_over = self
            .deadlines
            .time_left()
            .is_some_and(|left| left.is_zero());
        is_of_provider && !has_finished && !is_over
    }

    /// An attempt failed for good: goes on with the next fallback where that is right, else ends.
    pub(super) fn fall_back_or_end(&mut self, error: LlmError) {
        // A key that does not come is the caller's own failure.
        if !self.tried.is_running() || !self.falls_back(&error) {
            return self.end(error);
        }
        let Some(mut candidates) = self.candidates.take() else {
            return self.end(error);
        };
        self.note_failed(&error);
        let index = candidates.next;
        match candidates.advance(&self.shared) {
            Ok((task, is_last)) => {
                self.log(LogLevel::Warn, || {
                    format!("{error}; going on with fallbacks[{index}]")
                });
                self.candidates = (!is_last).then_some(candidates);
                self.go_on_with(task, &error);
            }
            Err(wrong) => self.end(wrong),
        }
    }

    fn go_on_with(&mut self, task: Task, error: &LlmError) {
        let limits = self.shared.call_limits(task.call());
        self.deadlines
            .renew(Timeouts::new(limits, task.is_streamed()));
        self.task = task;
        self.prepared = None;
        self.turn_moves();
        self.counted = Counted::default();
        self.history = self.history.of_fallback(error);
        self.keys = AttemptKeys::default();
        (self.stale, self.status, self.request_id) = (false, None, None);
        // With the state before it the attempt's connection goes.
        self.state = State::Ready;
    }
}

impl Candidates {
    /// The request of the next fallback, and whether it is the last.
    fn advance(&mut self, shared: &Shared) -> Result<(Task, bool), LlmError> {
        let index = self.next;
        self.next += 1;
        let is_last = self.next >= self.fallbacks.list().len();
        Ok((self.request(index, shared)?, is_last))
    }

    fn request(&self, index: usize, shared: &Shared) -> Result<Task, LlmError> {
        let fallback = self.fallbacks.list().get(index);
        let fallback = fallback.ok_or_else(|| LlmError::new(ErrorKind::Internal, "no fallback"))?;
        let task = changed(self.task.clone(), fallback, self.home, &shared.options);
        task.map_err(|error| within(index, error))
    }
}

/// Prepares what each fallback would send, and lets go of it.
fn checked(
    shared: &Shared,
    fallbacks: Fallbacks,
    task: Task,
    prepared: &PreparedRequest,
) -> Result<Box<Candidates>, LlmError> {
    let candidates = Candidates {
        task,
        home: prepared.provider.name(),
        fallbacks,
        next: 0,
    };
    for index in 0..candidates.fallbacks.list().len() {
        let mut task = candidates.request(index, shared)?;
        prepare(shared, &mut task).map_err(|error| {
            // The path comes first in the message, and in it the provider.
            let provider = None;
            LlmError {
                provider,
                ..within(index, error)
            }
        })?;
    }
    Ok(Box::new(candidates))
}

#[cfg(all(test, feature = "openai"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use crate::client::options::ClientOptions;
    use crate::client::Client;
    use crate::request::LlmRequest;
    use crate::stream::Work;

    /// A long prompt is not kept for a long response.
    #[tokio::test]
    async fn the_request_is_let_go_once_content_came() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let request = json!({"model": "openai/m", "base_url": base_url, "fallbacks": ["n", "o"],
            "messages": [{"role": "user", "content": "hi"}]});
        let client = Client::new(ClientOptions::default()).unwrap();
        let mut stream = client.stream(LlmRequest::from_json(&request.to_string()).unwrap());
        let serve = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
            let response = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n\
                data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
            socket.write_all(response.as_bytes()).await.unwrap();
            socket
        };
        let (has_batch, _socket) =
            tokio::join!(async { stream.next_batch().await.is_some() }, serve);
        let Work::One(one) = &stream.work else {
            unreachable!("a chat is one");
        };
        assert!(has_batch && one.first_content.is_some());
        assert!(one.candidates.is_none() && one.prepared.is_none());
    }
}
