//! What the calls that are made of several HTTP requests have in common: one receipt for all of
//! them, one total deadline, and how a part is polled.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::task::Task;
use super::Inner;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::event::{Event, Outcome, Receipt, Timings, Usage};

/// When a call of several parts began, and what they have come to.
#[derive(Debug)]
pub(super) struct Totals {
    began: Option<Instant>,
    /// When the total deadline began, moved on by the caller's own time.
    total_began: Instant,
    paused_at: Option<Instant>,
    first_content: Option<Instant>,
    attempts: u32,
    requests: u32,
    usage: Option<Usage>,
    warnings: Vec<String>,
    request_id: Option<String>,
    queued_ms: Option<f64>,
    maybe_executed: bool,
}

impl Totals {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            began: None,
            total_began: now,
            paused_at: Some(now),
            first_content: None,
            attempts: 0,
            requests: 0,
            usage: None,
            warnings: Vec::new(),
            request_id: None,
            queued_ms: None,
            maybe_executed: false,
        }
    }

    /// The call is polled for the first time.
    pub(super) fn begin(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    pub(super) fn pause_for_caller(&mut self) {
        self.paused_at = Some(Instant::now());
    }

    pub(super) fn resume(&mut self) {
        if let Some(since) = self.paused_at.take() {
            self.total_began += since.elapsed();
        }
    }

    /// Something for the caller has come.
    pub(super) fn content_came(&mut self) {
        self.first_content.get_or_insert_with(Instant::now);
    }

    /// A part of the call, with its request ready to be sent, or failed before that. A total
    /// timeout that the caller set is that of the whole call.
    pub(super) fn begin_part(&self, shared: &Arc<Shared>, task: Task) -> Box<Inner> {
        let is_shared = shared.call_limits(task.call()).total_timeout_ms.is_some();
        let mut part = Box::new(Inner::new(Arc::clone(shared), task));
        part.deadlines.resume();
        if is_shared {
            part.deadlines.share_total(self.total_began);
        }
        part.began = Some(Instant::now());
        part.begin_attempt();
        part
    }

    /// A part has ended.
    pub(super) fn add(&mut self, receipt: &Receipt) {
        self.attempts += receipt.attempts;
        self.requests += receipt.requests;
        for warning in &receipt.warnings {
            if !self.warnings.contains(warning) {
                self.warnings.push(warning.clone());
            }
        }
        if let Some(queued_ms) = receipt.timings.queued_ms {
            *self.queued_ms.get_or_insert(0.0) += queued_ms;
        }
        self.request_id = self
            .request_id
            .take()
            .or_else(|| receipt.request_id.clone());
        if let Some(usage) = &receipt.usage {
            let sum = self.usage.take();
            self.usage = Some(match sum {
                Some(sum) => sum_of(&sum, usage),
                None => usage.clone(),
            });
        }
        let error = receipt.error.as_ref();
        self.maybe_executed |= error.is_none_or(|error| error.maybe_executed);
    }

    /// The error of a call that was ended from outside between two of its parts.
    pub(super) fn ended_from_outside(&self, kind: ErrorKind) -> LlmError {
        let message = match kind {
            ErrorKind::Closed => "the client was closed",
            _ => "cancelled",
        };
        // Where a part came whole, it is its content that the caller was taking.
        let phase = match self.first_content {
            Some(_) => Phase::Body,
            None => Phase::Request,
        };
        LlmError::new(kind, message).phase(phase)
    }

    pub(super) fn receipt(&self, error: Option<LlmError>) -> Receipt {
        let began = self.began.unwrap_or_else(Instant::now);
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let (outcome, error) = match error {
            None => (Outcome::Complete, None),
            Some(mut error) => {
                error.attempts = self.attempts;
                // Of one of the requests, which runs beside others.
                error.tried = Vec::new();
                error.maybe_executed |= self.maybe_executed;
                let failed = Receipt::failed(error);
                (failed.outcome, failed.error)
            }
        };
        let of_error = error.as_ref().and_then(|error| error.request_id.clone());
        Receipt {
            outcome,
            usage: self.usage.clone(),
            warnings: self.warnings.clone(),
            attempts: self.attempts,
            requests: self.requests,
            timings: Timings {
                first_token_ms: self.first_content.map(|at| milliseconds(at - began)),
                total_ms: milliseconds(began.elapsed()),
                queued_ms: self.queued_ms,
            },
            request_id: of_error.or_else(|| self.request_id.clone()),
            error,
            ..Receipt::default()
        }
    }
}

/// Polls a part once, and hands over its events.
pub(super) fn poll_part(
    part: &mut Inner,
    context: &mut Context<'_>,
    take: &mut impl FnMut(Event),
) -> Poll<()> {
    // What is under way is in the part's state, so a step can be begun anew with each poll.
    let polled = pin!(part.step()).poll(context);
    if polled.is_ready() {
        part.batch.drain().into_iter().for_each(take);
    }
    polled.map(|_| ())
}

/// The error of responses that are good by themselves and not together.
pub(super) fn of_parts(kind: ErrorKind, provider: Option<&'static str>, message: &str) -> LlmError {
    let message = match provider {
        Some(provider) => format!("{provider}: {message}"),
        None => message.to_owned(),
    };
    let mut error = LlmError::new(kind, message).phase(Phase::Body);
    error.provider = provider;
    error.maybe_executed = true;
    error
}

/// Tokens of two responses. Of their raw fields numbers are added, and of others the later stays.
fn sum_of(left: &Usage, right: &Usage) -> Usage {
    let add = |left: Option<u64>, right: Option<u64>| match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (left, right) => left.or(right),
    };
    Usage {
        input_tokens: add(left.input_tokens, right.input_tokens),
        output_tokens: add(left.output_tokens, right.output_tokens),
        total_tokens: add(left.total_tokens, right.total_tokens),
        cached_input_tokens: add(left.cached_input_tokens, right.cached_input_tokens),
        cache_write_tokens: add(left.cache_write_tokens, right.cache_write_tokens),
        billed_input_tokens: add(left.billed_input_tokens, right.billed_input_tokens),
        billed_output_tokens: add(left.billed_output_tokens, right.billed_output_tokens),
        reasoning_tokens: add(left.reasoning_tokens, right.reasoning_tokens),
        raw: sum_of_fields(&left.raw, &right.raw),
    }
}

fn sum_of_fields(left: &Map<String, Value>, right: &Map<String, Value>) -> Map<String, Value> {
    let mut sum = left.clone();
    for (name, value) in right {
        let value = match (sum.get(name), value) {
            (Some(Value::Object(left)), Value::Object(right)) => {
                Value::Object(sum_of_fields(left, right))
            }
            (Some(Value::Number(left)), Value::Number(right)) => {
                let whole = left.as_u64().zip(right.as_u64());
                match (whole, left.as_f64().zip(right.as_f64())) {
                    (Some((left, right)), _) => left.saturating_add(right).into(),
                    (None, Some((left, right))) => (left + right).into(),
                    (None, None) => value.clone(),
                }
            }
            (_, value) => value.clone(),
        };
        sum.insert(name.clone(), value);
    }
    sum
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::options::ClientOptions;
    use crate::client::Client;
    use crate::request::{AnyRequest, EmbedRequest};
    use crate::stream::Work;
    use serde_json::json;

    /// The total timeout that a caller sets is that of the call; the default is that of each
    /// request.
    #[tokio::test(start_paused = true)]
    async fn a_part_has_what_is_left_of_the_total_that_the_caller_set() {
        let left = |options: &'static str| async move {
            let client = Client::new(ClientOptions::from_json(options).unwrap()).unwrap();
            let request = AnyRequest::Embed(EmbedRequest::new("openai/m", ["a"]));
            let mut stream = client.start(request);
            let Work::Embed(call) = &mut stream.work else {
                unreachable!("an embed is one");
            };
            call.resume();
            tokio::time::sleep(Duration::from_secs(60)).await;
            let part = call.begin_one();
            part.deadlines.time_left().unwrap().as_secs()
        };
        assert_eq!(
            left(r#"{"total_timeout_ms":100000,"api_key":"k-12345"}"#).await,
            40
        );
        assert_eq!(left(r#"{"api_key":"k-12345"}"#).await, 600);
    }

    fn usage(input_tokens: u64, raw: Value) -> Usage {
        Usage {
            input_tokens: Some(input_tokens),
            raw: raw.as_object().unwrap().clone(),
            ..Usage::default()
        }
    }

    #[test]
    fn usage_is_added_up_with_what_the_provider_sent() {
        let left = usage(
            3,
            json!({"tokens": 3, "cost": 0.5, "more": {"a": 1}, "tier": "x"}),
        );
        let right = Usage {
            total_tokens: Some(9),
            ..usage(
                4,
                json!({"tokens": 4, "cost": 0.25, "more": {"a": 1, "b": 2}, "tier": "y"}),
            )
        };
        let sum = sum_of(&left, &right);
        assert_eq!((sum.input_tokens, sum.total_tokens), (Some(7), Some(9)));
        let raw = json!({"tokens": 7, "cost": 0.75, "more": {"a": 2, "b": 2}, "tier": "y"});
        assert_eq!(Value::Object(sum.raw), raw);
    }
}
