//! One attempt: send, look at the status and the content type, and either hand over an answer to be
//! read or say what its refusal means. Called by `stream`, which decides what comes next.

use std::ops::ControlFlow;
use std::time::SystemTime;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use url::Url;

use crate::answer::Answer;
use crate::client::Shared;
use crate::error::{ErrorKind, LlmError, Phase, Timer, OUTSIDE_BYTES_MAX};
use crate::event::Start;
use crate::http::{ConnectWatch, Incoming, Read};
use crate::options::LogLevel;
use crate::plan::Plan;
use crate::providers::headers;
use crate::request::LlmRequest;
use crate::timers::Watchdog;

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) result: Result<Answer, LlmError>,
    /// It used a kept connection and nothing came back: that connection was closed already.
    pub(crate) stale: bool,
    pub(crate) request_id: Option<String>,
}

/// Sends the request once.
pub(crate) async fn run(
    shared: &Shared,
    request: &LlmRequest,
    plan: &Plan,
    watchdog: &mut Watchdog,
) -> Attempt {
    let watch = ConnectWatch::new(watchdog.connect_limit());
    let sent = watchdog
        .wait_in(shared.http.send(&plan.outgoing, &watch), || {
            Some(watch.stage())
        })
        .await;
    let mut attempt = Attempt {
        result: Err(internal()),
        stale: false,
        request_id: None,
    };
    let mut incoming = match sent {
        Ok(Ok(incoming)) => incoming,
        Ok(Err(error)) => {
            attempt.stale = watch.is_reused() && error.kind == ErrorKind::Network;
            attempt.result = Err(error);
            return attempt;
        }
        Err(timer) => {
            attempt.result = Err(unanswered(timer, &watch));
            return attempt;
        }
    };
    attempt.request_id = headers::request_id(&incoming.headers);
    log_answer(shared, request, plan, &incoming);
    attempt.result = match refusal(shared, plan, &mut incoming, watchdog).await {
        Some(mut error) => {
            error.phase = Phase::Headers;
            Err(error)
        }
        None => begin(shared, plan, incoming, attempt.request_id.clone(), watchdog).await,
    };
    attempt
}

/// A timer that ran out before the headers came.
fn unanswered(timer: Timer, watch: &ConnectWatch) -> LlmError {
    if watch.is_connecting() {
        return timed_out(timer, Phase::Connect);
    }
    let mut error = timed_out(timer, Phase::Headers);
    error.maybe_executed = true;
    error
}

/// The error of a timer that ran out. The total deadline is final; the others may be tried again.
pub(crate) fn timed_out(timer: Timer, phase: Phase) -> LlmError {
    let message = format!("no progress within {}_timeout_ms", timer.name());
    let mut error = LlmError::new(ErrorKind::Timeout, message).phase(phase);
    error.timer = Some(timer);
    error.retryable(timer != Timer::Total)
}

fn log_answer(shared: &Shared, request: &LlmRequest, plan: &Plan, incoming: &Incoming) {
    let provider = Some(plan.provider.name());
    shared.log(LogLevel::Debug, provider, Some(request), || {
        format!(
            "{} answered {}",
            plan.outgoing.url.host_str().unwrap_or_default(),
            incoming.status
        )
    });
    if shared.options.log_bodies {
        shared.log(LogLevel::Debug, provider, Some(request), || {
            let body = &plan.outgoing.body;
            let head = body.get(..OUTSIDE_BYTES_MAX).unwrap_or(body);
            format!("request: {}", String::from_utf8_lossy(head))
        });
    }
}

/// What a status other than success means; `None` for success.
async fn refusal(
    shared: &Shared,
    plan: &Plan,
    incoming: &mut Incoming,
    watchdog: &mut Watchdog,
) -> Option<LlmError> {
    let status = incoming.status;
    let header_bytes: usize = incoming
        .headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if header_bytes > shared.options.header_bytes_max {
        let limit = shared.options.header_bytes_max;
        let message = format!("the answer's headers are longer than header_bytes_max ({limit})");
        let mut error = LlmError::new(ErrorKind::Protocol, message);
        error.maybe_executed = true;
        return Some(error);
    }
    if (200..300).contains(&status) {
        return None;
    }
    if (300..400).contains(&status) {
        return Some(redirected(plan, incoming));
    }
    let body = read_error_body(incoming, shared.options.error_body_bytes_max, watchdog).await;
    let mut error = plan.provider.error(status, &body);
    error.status = Some(status);
    if let Some(should_retry) = headers::should_retry(&incoming.headers) {
        error.retryable = should_retry;
    }
    if error.retryable {
        let asked = headers::retry_after_ms(&incoming.headers, SystemTime::now());
        error.retry_after_ms = asked.or(error.retry_after_ms);
    }
    Some(error)
}

/// Redirects are never followed: they would carry the prompt, or the key, to another host.
fn redirected(plan: &Plan, incoming: &Incoming) -> LlmError {
    let location = incoming
        .headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let target: Option<Url> = location.and_then(|to| plan.outgoing.url.join(to).ok());
    let host = target.as_ref().and_then(Url::host_str).unwrap_or("nowhere");
    let message = format!(
        "{} redirect to {host} is not followed; set base_url to where the API is",
        incoming.status
    );
    let mut error = LlmError::from_outside(ErrorKind::Protocol, &message);
    error.status = Some(incoming.status);
    error
}

/// The first bytes of an error's body; what is missing or late is not worth another error.
async fn read_error_body(
    incoming: &mut Incoming,
    limit: usize,
    watchdog: &mut Watchdog,
) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < limit {
        let read = incoming.body.read(|piece| {
            let room = limit.saturating_sub(body.len());
            body.extend_from_slice(piece.get(..room).unwrap_or(piece));
            match body.len() < limit {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        });
        let Ok(Ok(Read::More)) = watchdog.wait(read).await else {
            break;
        };
    }
    body
}

/// A success: chooses how its body is read.
async fn begin(
    shared: &Shared,
    plan: &Plan,
    mut incoming: Incoming,
    request_id: Option<String>,
    watchdog: &mut Watchdog,
) -> Result<Answer, LlmError> {
    let header = |name| {
        incoming
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let content_type = header(CONTENT_TYPE)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if let Some(encoding) = header(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        let message = format!("content-encoding {encoding} was not asked for");
        return Err(unusable(message, incoming.status, &[]));
    }
    if content_type.starts_with("text/html") {
        let body = read_error_body(&mut incoming, crate::DETAIL_BYTES_MAX, watchdog).await;
        let message = "the answer is an HTML page; is base_url right?".to_owned();
        return Err(unusable(message, incoming.status, &body));
    }
    let start = Start {
        id: None,
        model: plan.model.clone(),
        provider: plan.provider.name(),
        request_id,
        rate_limit: headers::rate_limit(&incoming.headers),
        warnings: plan.warnings.clone(),
    };
    let decoder = plan.provider.decoder(start, plan.framing);
    // A server that cannot stream, or not answer whole, may do the other; or send an error
    // document.
    let frames = content_type.starts_with("text/event-stream")
        || content_type.starts_with("application/stream+json")
        || content_type.starts_with("application/x-ndjson");
    let whole = !frames && (content_type.contains("json") || !plan.stream);
    let framing = (!whole).then_some(plan.framing);
    Ok(Answer::new(
        incoming.body,
        decoder,
        framing,
        &shared.options,
    ))
}

fn unusable(message: String, status: u16, body: &[u8]) -> LlmError {
    let mut error = LlmError::from_outside(ErrorKind::Protocol, &message)
        .phase(Phase::Headers)
        .detail(body);
    error.status = Some(status);
    error.maybe_executed = true;
    error
}

fn internal() -> LlmError {
    LlmError::new(ErrorKind::Internal, "an attempt ended without a result")
}
