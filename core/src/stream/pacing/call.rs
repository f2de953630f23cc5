//! The stream's side of pacing: waits for its turn before each attempt, and says what came of it.
//! Owns how long a call has waited.

use std::hash::BuildHasher;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use super::cost::{output_tokens, tokens_of, Cost};
use super::pacer::{Entered, Pacer, Permit, Turn};
use super::scheduler::LaneName;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::Usage;
use crate::request::Operation;
use crate::stream::attempt::Attempted;
use crate::stream::prepare::PreparedRequest;
use crate::stream::timeouts::timed_out;
use crate::stream::{fallback, Inner, State};

/// Where a request stands in the queue of its client, which has one.
#[derive(Debug, Default)]
pub(in crate::stream) struct CallPacing {
    seniority: Option<u64>,
    /// Tokens that the response may have.
    output_tokens: u64,
    lane: Option<LaneName>,
    permit: Option<Permit>,
    queued: Duration,
    queued_since: Option<Instant>,
}

impl CallPacing {
    fn queued(&self) -> Duration {
        self.queued
            + self
                .queued_since
                .map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Inner {
    /// Before the request is encoded, after which its fields are let go.
    pub(in crate::stream) fn estimate_output(&mut self) {
        if let Some(pacing) = &mut self.pacing {
            pacing.output_tokens = output_tokens(&self.task);
        }
    }

    /// Whether the next attempt has to wait for its turn, or cannot.
    pub(in crate::stream) fn waits_for_turn(&mut self) -> bool {
        let (Some(pacing), Some(pacer)) = (&mut self.pacing, &self.shared.pacer) else {
            return false;
        };
        let Some(prepared) = self.prepared.as_ref().filter(|_| pacing.permit.is_none()) else {
            return false;
        };
        let lane = pacing.lane.get_or_insert_with(|| lane(pacer, prepared));
        let has_tokens = !matches!(
            self.task.operation(),
            Operation::Models | Operation::CountTokens | Operation::Batch
        );
        let cost = Cost::estimate(&prepared.http.body, pacing.output_tokens, has_tokens);
        let retry_after_max = Duration::from_millis(self.shared.options.retry_after_max_ms);
        let wait_max = self.candidates.as_ref();
        let wait_max = wait_max.map(|_| retry_after_max.min(fallback::WAIT_MAX));
        match pacer.enter(lane.clone(), cost, wait_max, &mut pacing.seniority) {
            Ok(Entered::Decided(Turn::Now(permit))) => {
                pacing.permit = Some(permit);
                false
            }
            Ok(Entered::Decided(Turn::TooLate(wait))) => {
                self.pass_by(wait);
                true
            }
            Ok(Entered::Later(waiting)) => {
                pacing.queued_since = Some(Instant::now());
                self.status = None;
                self.deadlines.start(None);
                self.state = State::Queued(waiting);
                true
            }
            Err(full) => {
                self.end(full);
                true
            }
        }
    }

    /// Waits for the turn; the attempt follows.
    pub(in crate::stream) async fn queued(&mut self) {
        let State::Queued(waiting) = &mut self.state else {
            return;
        };
        let waited = self.deadlines.wait(Pin::new(waiting)).await;
        let Some(pacing) = &mut self.pacing else {
            return;
        };
        match waited {
            Ok(turn) => {
                pacing.queued = pacing.queued();
                pacing.queued_since = None;
                match turn {
                    Turn::Now(permit) => {
                        pacing.permit = Some(permit);
                        self.state = State::Ready;
                    }
                    Turn::TooLate(wait) => self.pass_by(wait),
                }
            }
            Err(timer) => {
                let waited_ms = pacing.queued().as_millis();
                let mut error = timed_out(timer, self.phase_of_queue());
                error.message = format!(
                    "no turn within {}_timeout_ms: the request was queued for {waited_ms} ms \
                     by the client's pacing options",
                    timer.name()
                );
                self.end(error);
            }
        }
    }

    /// The lane is held back for longer than a call waits that has a fallback left: it goes on with
    /// that, as it does after a 429 that asks for as long a wait.
    fn pass_by(&mut self, wait: Duration) {
        let message = format!(
            "not sent: the client's pacing options hold requests of this model back for {wait:.1?}"
        );
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let mut error = LlmError::new(ErrorKind::RateLimited, message).retryable(true);
        error.retry_after_ms = Some(milliseconds);
        error.phase = self.phase_of_queue();
        self.status = None;
        if let Some(prepared) = &self.prepared {
            self.tried.begin(prepared);
        }
        self.fall_back_or_end(error);
    }

    /// Where a request is that waits for its turn.
    pub(in crate::stream) const fn phase_of_queue(&self) -> Phase {
        match self.attempts {
            0 => Phase::Request,
            _ => Phase::Retry,
        }
    }

    /// The next attempt may be of another provider or model, in whose lane it waits.
    pub(in crate::stream) fn turn_moves(&mut self) {
        if let Some(pacing) = &mut self.pacing {
            pacing.lane = None;
        }
    }

    pub(in crate::stream) fn turn_begins(&mut self) {
        if let Some(permit) = self.permit() {
            permit.sent();
        }
    }

    /// The head of a response came, or the attempt failed before it.
    pub(in crate::stream) fn turn_answered(&mut self, attempted: &Attempted) {
        let Some(permit) = self.permit().filter(|_| attempted.status.is_some()) else {
            return;
        };
        let is_taken = match &attempted.result {
            Ok(_) => true,
            Err(error) => !is_refusal(error),
        };
        permit.answered(&attempted.limits, is_taken);
    }

    /// The attempt failed: its place is another's.
    pub(in crate::stream) fn turn_failed(&mut self, error: &LlmError) {
        let Some(mut permit) = self.pacing.as_mut().and_then(|pacing| pacing.permit.take()) else {
            return;
        };
        if is_refusal(error) {
            permit.refused(error.retry_after_ms.map(Duration::from_millis));
        }
        if !error.maybe_executed {
            permit.used(0);
        }
    }

    /// The response is complete.
    pub(in crate::stream) fn turn_ends(&mut self, usage: Option<&Usage>) {
        let Some(mut permit) = self.pacing.as_mut().and_then(|pacing| pacing.permit.take()) else {
            return;
        };
        if let Some(tokens) = usage.and_then(tokens_of) {
            permit.used(tokens);
        }
    }

    /// How long it has waited, in milliseconds, where the client paces requests.
    pub(in crate::stream) fn queued_ms(&self) -> Option<f64> {
        let pacing = self.pacing.as_ref()?;
        Some(pacing.queued().as_secs_f64() * 1000.0)
    }

    fn permit(&mut self) -> Option<&mut Permit> {
        self.pacing.as_mut()?.permit.as_mut()
    }
}

/// The provider takes no more for now. One that is out of capacity says so by the wait; a request
/// that is above the limit by itself is final, and says nothing of others.
fn is_refusal(error: &LlmError) -> bool {
    match error.kind {
        ErrorKind::RateLimited => error.retryable,
        ErrorKind::Overloaded => error.retry_after_ms.is_some(),
        _ => false,
    }
}

fn lane(pacer: &Pacer, prepared: &PreparedRequest) -> LaneName {
    let mut hasher = pacer.accounts.build_hasher();
    prepared.hash_account(&mut hasher);
    LaneName {
        provider: prepared.provider.name(),
        account: std::hash::Hasher::finish(&hasher),
        model: prepared.model.as_str().into(),
    }
}
