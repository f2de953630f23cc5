//! The attempts of one request: when one begins, what comes of it, whether another follows after a
//! backoff, and how a connection is drained when a response is complete.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::select;
use serde_json::{Map, Value};
use tokio::time::sleep;

use super::attempt::Attempt;
use super::prepare::provider;
use super::retry::{Next, Policy};
use super::timeouts::timed_out;
use super::{fallback, transport, Inner, State};
use crate::client::options::LogLevel;
use crate::error::{one_line, LlmError, Phase, Timer};
use crate::event::{Event, Outcome};
use crate::providers::ResponseSummary;

/// How long the rest of a complete response is read so that its connection can be used again.
const DRAIN: Duration = Duration::from_millis(20);

/// How much of a path a message repeats.
const PATH_BYTES_MAX: usize = 256;

impl Inner {
    pub(super) fn begin_attempt(&mut self) {
        if let Some(result) = self.task.known_result() {
            let (call, operation) = (self.task.call(), self.task.operation());
            let found = provider(&self.shared.options, call, self.task.model(), operation);
            return match found {
                Ok(_) => self.end_without_request(result),
                Err(error) => self.fail(error),
            };
        }
        if self.prepared.is_none() {
            self.estimate_output();
            if let Err(error) = self.prepare() {
                return self.fail(error);
            }
        }
        if self.waits_for_turn() || self.waits_for_key() {
            return;
        }
        let Some(prepared) = &self.prepared else {
            return;
        };
        self.attempts += 1;
        self.stale = false;
        self.status = None;
        self.tried.begin(prepared);
        self.deadlines.start(Some(Timer::Connect));
        let clean = transport::clean(&self.shared, self.task.call());
        self.state = State::Attempting(Attempt::new(&self.shared, prepared, clean));
        self.turn_begins();
        self.count_attempt();
    }

    /// The result is known, so nothing is sent.
    fn end_without_request(&mut self, result: Map<String, Value>) {
        self.state = State::Ended;
        let receipt = self.receipt(Outcome::Complete, None, ResponseSummary::default());
        self.batch.push(Event::Result(result));
        self.batch.push(Event::End(Box::new(receipt)));
    }

    pub(super) async fn attempt(&mut self) {
        let State::Attempting(attempt) = &mut self.state else {
            return;
        };
        let exchange = Arc::clone(&attempt.exchange);
        let sending = attempt.sending.as_mut();
        let attempted = self
            .deadlines
            .wait_with(sending, || Some(exchange.timer()))
            .await;
        let attempted = match attempted {
            Ok(attempted) => attempted,
            Err(timer) => {
                let Some(prepared) = &self.prepared else {
                    return;
                };
                let error = attempt.timed_out(timer, &self.shared, prepared);
                return self.fail(error);
            }
        };
        self.log_attempted(&attempted);
        self.turn_answered(&attempted);
        self.stale = attempted.stale;
        self.status = attempted.status;
        self.request_id = attempted.request_id;
        match attempted.result {
            Ok(response) => {
                self.deadlines.start(Some(Timer::FirstToken));
                self.state = State::Reading(Box::new(response));
            }
            Err(error) => self.fail(error),
        }
    }

    pub(super) async fn backoff(&mut self) {
        let State::Backoff(sleep) = &mut self.state else {
            return;
        };
        let slept = self.deadlines.wait(sleep.as_mut()).await;
        self.state = State::Ready;
        if slept.is_err() {
            self.end(timed_out(Timer::Total, Phase::Retry));
        }
    }

    /// An attempt failed: tries again where that is right, else falls back, else ends.
    pub(super) fn fail(&mut self, mut error: LlmError) {
        self.redactor().clean_error(&mut error);
        self.name_path(&mut error);
        self.task.forbid_repeat(&mut error);
        self.turn_failed(&error);
        self.count_failure(&error);
        if self.first_content.is_some() || self.prepared.is_none() {
            return self.end(error);
        }
        if self.asks_anew(&error) {
            return;
        }
        let options = &self.shared.options;
        let retries_max = self.shared.call_limits(self.task.call()).retries_max;
        let retry_after_max = Duration::from_millis(options.retry_after_max_ms);
        let policy = Policy {
            retries_max: retries_max.unwrap_or_default(),
            retry_after_max: match &self.candidates {
                Some(_) => retry_after_max.min(fallback::WAIT_MAX),
                None => retry_after_max,
            },
        };
        let left = self.deadlines.time_left();
        let budget = &self.shared.budget;
        match self
            .history
            .next(&error, self.stale, policy, left, fastrand::f64(), budget)
        {
            Next::Final => self.fall_back_or_end(error),
            Next::OutOfBudget => self.fall_back_or_end(out_of_budget(error)),
            Next::Retry(wait) => {
                self.note_failed(&error);
                self.log(LogLevel::Warn, || {
                    format!("{error}; trying again in {wait:?}")
                });
                self.deadlines.start(None);
                // With the state before it the attempt's connection goes.
                self.state = State::Backoff(Box::pin(sleep(wait)));
            }
        }
    }

    /// A server that has no such path does not say which it was; a wrong base URL shows in it.
    /// Where the provider says what it has not found, the model above all, the path was right.
    fn name_path(&self, error: &mut LlmError) {
        let Some(prepared) = self.prepared.as_ref().filter(|_| error.status == Some(404)) else {
            return;
        };
        if prepared.is_scripted() {
            return; // nobody was asked
        }
        let code = error.code.as_deref().unwrap_or_default();
        let code = code.to_ascii_lowercase().replace(['_', '-', ' ', '.'], "");
        let is_named = ["notfound", "nosuch", "model"]
            .iter()
            .any(|it| code.contains(it));
        let names_model = !prepared.model.is_empty() && error.message.contains(&prepared.model);
        if is_named || names_model {
            return;
        }
        let path = one_line(prepared.http.url.path(), PATH_BYTES_MAX);
        let path = self.redactor().clean_line(path);
        error.append(&format!("; the path asked for was {path}"));
    }

    /// Reads the connection to its end so that it can be used again, then pushes END.
    pub(super) async fn drain(&mut self) {
        let State::Draining(response, limit) = &mut self.state else {
            return;
        };
        // Late or broken: the connection is simply not used again.
        let limit = limit.get_or_insert_with(|| Box::pin(sleep(DRAIN)));
        let _ = select(pin!(response.drain()), limit.as_mut()).await;
        self.complete();
    }

    /// The same where the end of the body came with the last events, as it mostly does: END is in
    /// their batch then. Waits for nothing.
    pub(super) async fn drain_at_once(&mut self) {
        let State::Draining(response, _) = &mut self.state else {
            return;
        };
        let is_drained = {
            let mut drain = pin!(response.drain());
            poll_fn(|context| Poll::Ready(drain.as_mut().poll(context).is_ready())).await
        };
        if is_drained {
            self.complete();
        }
    }

    fn complete(&mut self) {
        let State::Draining(response, _) = &self.state else {
            return;
        };
        let summary = response.summary();
        self.state = State::Ended;
        self.turn_ends(summary.usage.as_ref());
        self.count_usage(summary.usage.as_ref());
        self.shared.budget.deposit();
        self.tried.close(self.status, None);
        let receipt = self.receipt(Outcome::Complete, None, summary);
        self.batch.push(Event::End(Box::new(receipt)));
    }
}

/// Says that no retry was allowed.
fn out_of_budget(mut error: LlmError) -> LlmError {
    error.append("; not retried: the client's retry_budget is used up");
    error.retry_budget_exhausted = true;
    error
}
