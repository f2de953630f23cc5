//! How an attempt, or the whole request, ends: whether it is tried again, what END says, and what
//! the log hears of it. Owns every decision about retries and endings.

use std::time::Duration;

use tokio::time::{sleep, Instant};

use super::lifecycle::{Life, State};
use crate::error::{ErrorKind, LlmError, Phase, OUTSIDE_BYTES_MAX};
use crate::event::{Event, Outcome, Receipt, Timings};
use crate::options::LogLevel;
use crate::providers::Finish;
use crate::secret::Redactor;
use crate::stream::attempt::Attempted;
use crate::stream::prepare as plan;
use crate::stream::retry::{Policy, RETRIES_MAX};
use crate::stream::timeouts::Stage;

impl Life {
    /// An attempt failed: tries again where that is right, else ends.
    pub(super) fn fail(&mut self, mut error: LlmError) {
        self.redactor().clean_error(&mut error);
        if self.first_content.is_some() || self.plan.is_none() {
            return self.end(error);
        }
        let options = &self.shared.options;
        let limits = [self.request.limits.retries_max, options.limits.retries_max];
        let policy = Policy {
            retries_max: limits.into_iter().flatten().next().unwrap_or(RETRIES_MAX),
            retry_after_max: Duration::from_millis(options.retry_after_max_ms),
        };
        let left = self.watchdog.time_left();
        let budget = &self.shared.budget;
        match self
            .history
            .next(&error, self.stale, policy, left, fastrand::f64(), budget)
        {
            None => self.end(error),
            Some(wait) => {
                self.log(LogLevel::Warn, || {
                    format!("{error}; trying again in {wait:?}")
                });
                // With its state the attempt's connection goes.
                self.watchdog.enter(Stage::Retry);
                self.state = State::Waiting(Box::pin(sleep(wait)));
            }
        }
    }

    pub(super) fn end(&mut self, error: LlmError) {
        let receipt = self.ended(error);
        self.log(LogLevel::Error, || match &receipt.error {
            Some(error) => error.message.clone(),
            None => "ended".to_owned(),
        });
        self.batch.push(Event::End(Box::new(receipt)));
    }

    pub(super) fn abort(&mut self, kind: ErrorKind) -> Receipt {
        self.batch.clear();
        let message = match kind {
            ErrorKind::Closed => "the client was closed",
            _ => "cancelled",
        };
        let (phase, maybe_executed) = match &self.state {
            State::Ready => (Phase::Request, false),
            State::Attempting(attempt) if !attempt.exchange.is_connected() => {
                (Phase::Connect, false)
            }
            State::Attempting(attempt) => (Phase::Headers, attempt.exchange.maybe_executed()),
            State::Waiting(_) => (Phase::Retry, false),
            State::Reading(_) | State::Closing(..) | State::Ended => (Phase::Body, true),
        };
        let mut error = LlmError::new(kind, message).phase(phase);
        error.maybe_executed = maybe_executed;
        self.ended(error)
    }

    /// Lets go of the connection and completes the error into a receipt.
    pub(super) fn ended(&mut self, mut error: LlmError) -> Receipt {
        let finish = match std::mem::replace(&mut self.state, State::Ended) {
            State::Reading(answer) | State::Closing(answer, _) => answer.finish(),
            State::Ready | State::Attempting(_) | State::Waiting(_) | State::Ended => {
                Finish::default()
            }
        };
        error.attempts = self.attempts;
        error.maybe_executed |= self.history.maybe_executed();
        error.provider = self.provider.or(error.provider);
        error.status = error.status.or(self.status);
        error.request_id = error.request_id.take().or_else(|| self.request_id.clone());
        if let Some(provider) = error.provider {
            if !error.message.starts_with(provider) {
                error.message = format!("{provider}: {}", error.message);
            }
        }
        let failed = Receipt::failed(error);
        self.receipt(failed.outcome, failed.error, finish)
    }

    pub(super) fn receipt(
        &self,
        outcome: Outcome,
        error: Option<LlmError>,
        finish: Finish,
    ) -> Receipt {
        let began = self.began.unwrap_or_else(Instant::now);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let mut receipt = Receipt {
            outcome,
            finish_reason: finish.reason,
            finish_reason_raw: finish.reason_raw,
            usage: finish.usage,
            unknown_events: finish.unknown_events,
            warnings: finish.warnings,
            attempts: self.attempts,
            timings: Timings {
                first_token_ms: self.first_content.map(|at| milliseconds(at - began)),
                total_ms: milliseconds(began.elapsed()),
            },
            request_id: self.request_id.clone(),
            error,
        };
        self.redactor().clean_receipt(&mut receipt);
        receipt
    }

    pub(super) fn redactor(&self) -> Redactor<'_> {
        plan::redactor(&self.shared, Some(&self.request))
    }

    pub(super) fn log_attempted(&self, attempted: &Attempted) {
        let (Some(plan), Some(status)) = (&self.plan, attempted.status) else {
            return;
        };
        let outgoing = &plan.outgoing;
        self.log(LogLevel::Debug, || {
            let host = outgoing.url.host_str().unwrap_or_default();
            let roots = self
                .shared
                .http
                .roots()
                .filter(|_| outgoing.url.scheme() == "https");
            let roots = roots.map_or_else(String::new, |roots| format!("; TLS trusts {roots}"));
            format!(
                "{host} answered {status} over {}{roots}",
                attempted.protocol
            )
        });
        if self.shared.options.log_bodies {
            self.log(LogLevel::Debug, || {
                let head = outgoing.body.get(..OUTSIDE_BYTES_MAX);
                let head = head.unwrap_or(&outgoing.body);
                format!("request: {}", String::from_utf8_lossy(head))
            });
        }
    }

    pub(super) fn log(&self, level: LogLevel, message: impl FnOnce() -> String) {
        self.shared
            .log(level, self.provider, Some(&self.request), message);
    }
}
