//! One attempt: send, look at the status and the content type, and either hand over an answer to be
//! read or say what its refusal means. Called by `stream`, which keeps the attempt between polls,
//! holds the timers, and decides what comes next.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use url::Url;

use crate::client::Shared;
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::event::Start;
use crate::framing::sniff::{Declared, Sniffer};
use crate::http::{Exchange, Incoming, Read};
use crate::options::config;
use crate::providers::headers;
use crate::stream::prepare::Plan;
use crate::stream::response_reader::Answer;

/// How long the body of an error, or of a page that is no answer, is waited for: what it means, its
/// status says already.
const ERROR_BODY_WAIT_MAX: Duration = Duration::from_secs(2);

type Sending = Pin<Box<dyn Future<Output = Attempted> + Send>>;

/// An attempt under way. Dropping it closes its connection.
pub(crate) struct Attempt {
    pub(crate) sending: Sending,
    /// How far it has come.
    pub(crate) exchange: Arc<Exchange>,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Attempted {
    pub(crate) result: Result<Answer, LlmError>,
    /// It cannot have been run, so that another try costs nothing.
    pub(crate) stale: bool,
    pub(crate) status: Option<u16>,
    /// How the answer came, if one did.
    pub(crate) protocol: &'static str,
    pub(crate) request_id: Option<String>,
}

impl Attempt {
    /// Sends the request once, as soon as it is polled.
    pub(crate) fn begin(shared: &Arc<Shared>, plan: &Arc<Plan>) -> Self {
        let exchange = Exchange::new();
        let run = run(Arc::clone(shared), Arc::clone(plan), Arc::clone(&exchange));
        Self {
            sending: Box::pin(run),
            exchange,
        }
    }

    /// The error of a timer that ran out before the answer began.
    pub(crate) fn unanswered(&self, timer: Timer, shared: &Shared, plan: &Plan) -> LlmError {
        if !self.exchange.is_connected() {
            let mut error = timed_out(timer, Phase::Connect);
            if timer == Timer::Connect {
                let host = plan.outgoing.url.host_str().unwrap_or_default();
                let through = match shared.http.proxy_host(&plan.outgoing.url) {
                    Some(proxy) => format!(" through the proxy {proxy}"),
                    None => String::new(),
                };
                error.message =
                    format!("cannot connect to {host}{through} within connect_timeout_ms");
            }
            return error;
        }
        // Another client may share the connection, and would wait for it in vain too.
        self.exchange.retire_connection();
        let mut error = timed_out(timer, Phase::Headers);
        error.status = self.exchange.status();
        error.maybe_executed = self.exchange.maybe_executed();
        error
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Attempt")
            .field("exchange", &self.exchange)
            .finish_non_exhaustive()
    }
}

async fn run(shared: Arc<Shared>, plan: Arc<Plan>, exchange: Arc<Exchange>) -> Attempted {
    // In a box: what it takes to connect and send is given back before the answer is read.
    let sent = Box::pin(shared.http.send(&plan.outgoing, &exchange)).await;
    let mut incoming = match sent {
        Ok(incoming) => incoming,
        Err(error) => {
            return Attempted {
                stale: error.kind == ErrorKind::Network && exchange.is_stale(),
                result: Err(error),
                status: None,
                protocol: "",
                request_id: None,
            };
        }
    };
    let request_id = headers::request_id(&incoming.headers);
    let status = Some(incoming.status);
    let protocol = incoming.protocol;
    let result = match refusal(&shared, &plan, &mut incoming).await {
        Some(mut error) => {
            error.phase = Phase::Headers;
            Err(error)
        }
        None => begin(&shared, &plan, incoming, request_id.clone()).await,
    };
    Attempted {
        result,
        stale: false,
        status,
        protocol,
        request_id,
    }
}

/// The error of a timer that ran out. The total deadline is final; the others may be tried again.
pub(crate) fn timed_out(timer: Timer, phase: Phase) -> LlmError {
    let message = format!("no progress within {}_timeout_ms", timer.name());
    let mut error = LlmError::new(ErrorKind::Timeout, message).phase(phase);
    error.timer = Some(timer);
    error.retryable(timer != Timer::Total)
}

/// A timer that ran out while an answer was read.
pub(crate) fn timed_out_in_body(timer: Timer) -> LlmError {
    let mut error = timed_out(timer, Phase::Body);
    error.maybe_executed = true;
    error
}

/// What a status other than success means; `None` for success.
async fn refusal(shared: &Shared, plan: &Plan, incoming: &mut Incoming) -> Option<LlmError> {
    let status = incoming.status;
    if let Some(error) = unreadable(shared, incoming) {
        return Some(error);
    }
    if (200..300).contains(&status) {
        return None;
    }
    if (300..400).contains(&status) {
        return Some(redirected(plan, incoming));
    }
    if let (407, Some(proxy)) = (status, shared.http.proxy_host(&plan.outgoing.url)) {
        let mut error = config(proxy.wants_credentials());
        error.status = Some(status);
        return Some(error);
    }
    let body = read_error_body(incoming, shared.options.error_body_bytes_max).await;
    let mut error = plan.provider.error(status, &body);
    error.status = Some(status);
    // An account that is empty now is empty a second later, whatever a gateway says of it.
    let may_say = error.kind != ErrorKind::QuotaExceeded;
    if let Some(should_retry) = headers::should_retry(&incoming.headers).filter(|_| may_say) {
        error.retryable = should_retry;
    }
    if error.retryable {
        let asked = headers::retry_after_ms(&incoming.headers, SystemTime::now());
        error.retry_after_ms = asked.or(error.retry_after_ms);
    }
    Some(error)
}

/// A head that HTTP allows and that says nothing which could be acted upon.
fn unreadable(shared: &Shared, incoming: &Incoming) -> Option<LlmError> {
    let status = incoming.status;
    if !(200..600).contains(&status) {
        let message = format!("status {status} is none that ends a request");
        return Some(unusable(message, status, &[]));
    }
    let lines = incoming.headers.iter();
    let header_bytes: usize = lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let limit = shared.options.header_bytes_max;
    (header_bytes > limit).then(|| {
        let message = format!("the answer's headers are longer than header_bytes_max ({limit})");
        unusable(message, status, &[])
    })
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
async fn read_error_body(incoming: &mut Incoming, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while body.len() < limit {
            let read = incoming.body.read(|piece| {
                let room = limit.saturating_sub(body.len());
                body.extend_from_slice(piece.get(..room).unwrap_or(piece));
                match body.len() < limit {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            });
            let Ok(Read::More) = read.await else {
                break;
            };
        }
    };
    let _ = tokio::time::timeout(ERROR_BODY_WAIT_MAX, reading).await;
    body
}

/// A success: chooses how its body is read.
async fn begin(
    shared: &Shared,
    plan: &Plan,
    mut incoming: Incoming,
    request_id: Option<String>,
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
    let encoding =
        header(CONTENT_ENCODING).filter(|coding| !coding.eq_ignore_ascii_case("identity"));
    if let Some(encoding) = encoding {
        let message = format!("content-encoding {encoding} was not asked for");
        return Err(unusable(message, incoming.status, &[]));
    }
    let is_stream = content_type.starts_with("text/event-stream")
        || content_type.starts_with("application/stream+json")
        || content_type.starts_with("application/x-ndjson");
    let declared = match is_stream {
        true => Declared::Stream,
        false if content_type.contains("json") => Declared::Document,
        false => Declared::Nothing { asked: plan.stream },
    };
    let mut sniffer = Sniffer::new(plan.framing, declared);
    // PHP sends everything as HTML unless it is told otherwise, streams too.
    if content_type.starts_with("text/html") {
        peek(&mut incoming, &mut sniffer).await;
        if sniffer.is_foreign() {
            let mut body = sniffer.into_bytes();
            let limit = crate::DETAIL_BYTES_MAX.saturating_sub(body.len());
            body.extend(read_error_body(&mut incoming, limit).await);
            let message = "the answer is an HTML page; is base_url right?".to_owned();
            return Err(unusable(message, incoming.status, &body));
        }
    }
    let start = Start {
        id: None,
        model: plan.model.clone(),
        provider: plan.provider.name(),
        request_id,
        rate_limit: headers::rate_limit(&incoming.headers),
        warnings: plan.warnings.clone(),
        seed: fastrand::u64(..),
    };
    let decoder = plan.provider.decoder(start, plan.framing);
    // A server that cannot stream, or not answer whole, may do the other; or send an error
    // document; or say that it does one and do the other.
    Ok(Answer::new(
        incoming.body,
        incoming.status,
        decoder,
        sniffer,
        &shared.options,
    ))
}

/// Reads until the first bytes tell what a body is, or too little of it comes.
async fn peek(incoming: &mut Incoming, sniffer: &mut Sniffer) {
    let reading = async {
        while sniffer.form().is_none() {
            let read = incoming.body.read(|piece| {
                sniffer.push(piece);
                ControlFlow::Continue(())
            });
            let Ok(Read::More) = read.await else {
                break;
            };
        }
    };
    let _ = tokio::time::timeout(ERROR_BODY_WAIT_MAX, reading).await;
}

fn unusable(message: String, status: u16, body: &[u8]) -> LlmError {
    let mut error = LlmError::from_outside(ErrorKind::Protocol, &message)
        .phase(Phase::Headers)
        .detail(body);
    error.status = Some(status);
    error.maybe_executed = true;
    error
}
