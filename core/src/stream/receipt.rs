//! How a request ends: the receipt that END carries, from wherever the request stands, and the
//! lines of the log about its attempts.

use std::time::Duration;

use tokio::time::Instant;

use super::attempt::Attempted;
use super::{Inner, State};
use crate::client::options::LogLevel;
use crate::error::{ErrorKind, LlmError, Phase, OUTSIDE_BYTES_MAX};
use crate::event::{Event, Outcome, Receipt, Timings};
use crate::providers::ResponseSummary;
use crate::request::Operation;
use crate::secret::Redactor;

impl Inner {
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
            State::Ready | State::Key(_) => (Phase::Request, false),
            State::Queued(_) => (self.phase_of_queue(), false),
            State::Attempting(attempt) if !attempt.exchange.is_connected() => {
                (Phase::Connect, false)
            }
            State::Attempting(attempt) => (Phase::Headers, attempt.exchange.maybe_executed()),
            State::Backoff(_) => (Phase::Retry, false),
            State::Reading(_) | State::Draining(..) | State::Ended => (Phase::Body, true),
        };
        let mut error = LlmError::new(kind, message).phase(phase);
        error.maybe_executed = maybe_executed;
        self.ended(error)
    }

    /// Lets go of the connection and completes the error into a receipt.
    pub(super) fn ended(&mut self, mut error: LlmError) -> Receipt {
        let mut summary = match std::mem::replace(&mut self.state, State::Ended) {
            State::Reading(response) | State::Draining(response, _) => response.summary(),
            State::Ready
            | State::Queued(_)
            | State::Key(_)
            | State::Attempting(_)
            | State::Backoff(_)
            | State::Ended => ResponseSummary::default(),
        };
        // Where no START came, nothing else tells the caller of a field that may be the reason.
        if let (None, Some(prepared)) = (self.first_content, &self.prepared) {
            summary.warnings.extend(prepared.warnings.iter().cloned());
        }
        self.turn_failed(&error);
        self.count_usage(summary.usage.as_ref());
        error.attempts = self.attempts;
        error.maybe_executed |= self.history.maybe_executed();
        error.provider = self.provider.or(error.provider);
        error.status = error.status.or(self.status);
        error.request_id = error.request_id.take().or_else(|| self.request_id.clone());
        self.tried.close(self.status, Some(&error));
        error.tried = self.tried.list();
        if let Some(provider) = error.provider {
            if !error.message.starts_with(provider) {
                error.message = format!("{provider}: {}", error.message);
            }
        }
        let failed = Receipt::failed(error);
        self.receipt(failed.outcome, failed.error, summary)
    }

    pub(super) fn receipt(
        &self,
        outcome: Outcome,
        error: Option<LlmError>,
        summary: ResponseSummary,
    ) -> Receipt {
        let began = self.began.unwrap_or_else(Instant::now);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let mut receipt = Receipt {
            outcome,
            finish_reason: summary.reason,
            finish_reason_raw: summary.reason_raw,
            usage: summary.usage,
            unknown_events: summary.unknown_events,
            warnings: summary.warnings,
            attempts: self.attempts,
            tried: self.tried.list(),
            requests: match self.task.operation() {
                Operation::Chat => 0,
                _ => self.attempts.min(1),
            },
            truncated: self.operation.truncated.clone(),
            timings: Timings {
                first_token_ms: self.first_content.map(|at| milliseconds(at - began)),
                total_ms: milliseconds(began.elapsed()),
                queued_ms: self.queued_ms(),
            },
            request_id: self.request_id.clone(),
            error,
            ..Receipt::default()
        };
        self.redactor().clean_receipt(&mut receipt);
        receipt
    }

    pub(super) fn redactor(&self) -> Redactor<'_> {
        self.shared.redactor(Some(self.task.call()))
    }

    pub(super) fn log_attempted(&self, attempted: &Attempted) {
        let (Some(prepared), Some(status)) = (&self.prepared, attempted.status) else {
            return;
        };
        let request = &prepared.http;
        self.log(LogLevel::Debug, || {
            let host = request.url.host_str().unwrap_or_default();
            let roots = self
                .shared
                .http
                .roots()
                .filter(|_| request.url.scheme() == "https");
            let roots = roots.map_or_else(String::new, |roots| format!("; TLS trusts {roots}"));
            format!(
                "{host} responded {status} over {}{roots}",
                attempted.protocol
            )
        });
        if self.shared.options.log_bodies {
            self.log(LogLevel::Debug, || {
                let head = request.body.get(..OUTSIDE_BYTES_MAX);
                let head = head.unwrap_or(&request.body);
                format!("request: {}", String::from_utf8_lossy(head))
            });
        }
    }

    pub(super) fn log(&self, level: LogLevel, message: impl FnOnce() -> String) {
        self.shared
            .log(level, self.provider, Some(self.task.call()), message);
    }
}
