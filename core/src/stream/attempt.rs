//! One attempt: sends the request, looks at the head of the response, and either chooses how its
//! body is read or returns the error. The stream keeps the attempt between polls, holds the
//! deadlines and decides what comes next.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use http::header::{HeaderMap, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use memchr::memmem;

use super::batch_response::BatchDecoder;
use super::error_response::{self, read_error_body, unusable};
use super::pacing::headers::Limits;
use super::prepare::PreparedRequest;
use super::response_reader::ResponseReader;
use super::task::Reading;
use super::timeouts::timed_out;
use super::transport;
use super::whole_response::WholeDecoder;
use crate::client::shared::Shared;
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::event::Start;
use crate::framing::sniff::{Declared, Sniffer};
use crate::http::tape::Clean;
use crate::http::{Authority, Exchange, HttpResponse, Read};
use crate::providers::{response_headers, Decoder};

/// What streams are declared as: server-sent events, Cohere's first version, lines of JSON, AWS.
const STREAM_TYPES: [&str; 4] = [
    "text/event-stream",
    "application/stream+json",
    "application/x-ndjson",
    "application/vnd.amazon.eventstream",
];

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
    pub(crate) result: Result<ResponseReader, LlmError>,
    /// It cannot have been run, so that another try costs nothing.
    pub(crate) stale: bool,
    pub(crate) status: Option<u16>,
    /// The version of HTTP of the response, if one came.
    pub(crate) protocol: &'static str,
    pub(crate) request_id: Option<String>,
    /// The provider's limits as the response shows them, where that counts.
    pub(crate) limits: Limits,
}

impl Attempted {
    fn without_response(error: LlmError, stale: bool) -> Self {
        Self {
            result: Err(error),
            stale,
            status: None,
            protocol: "",
            request_id: None,
            limits: Limits::new(),
        }
    }
}

impl Attempt {
    /// Sends the request once, as soon as it is polled.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        request: &Arc<PreparedRequest>,
        clean: Option<Clean>,
    ) -> Self {
        let exchange = Exchange::new();
        let run = run(
            Arc::clone(shared),
            Arc::clone(request),
            Arc::clone(&exchange),
            clean,
        );
        Self {
            sending: Box::pin(run),
            exchange,
        }
    }

    /// The error of a timer that ran out before the response began.
    pub(crate) fn timed_out(
        &self,
        timer: Timer,
        shared: &Shared,
        request: &PreparedRequest,
    ) -> LlmError {
        if !self.exchange.is_connected() {
            let mut error = timed_out(timer, Phase::Connect);
            if timer == Timer::Connect {
                let at = Authority::shown(&request.http.url);
                let through = match shared.http.proxy_host(&request.http.url) {
                    Some(proxy) => format!(" through the proxy {proxy}"),
                    None => String::new(),
                };
                error.message =
                    format!("cannot connect to {at}{through} within connect_timeout_ms");
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

/// In boxes is what one step takes alone: thousands of attempts may wait for their heads at once.
async fn run(
    shared: Arc<Shared>,
    request: Arc<PreparedRequest>,
    exchange: Arc<Exchange>,
    clean: Option<Clean>,
) -> Attempted {
    let sent_at = SystemTime::now();
    let sending = send(&shared, &request, &exchange, clean, sent_at);
    match Box::pin(sending).await {
        Ok(response) => Box::pin(read_head(&shared, &request, response, sent_at)).await,
        Err(error) => {
            let stale = error.kind == ErrorKind::Network && exchange.is_stale();
            Attempted::without_response(error, stale)
        }
    }
}

async fn send(
    shared: &Shared,
    request: &PreparedRequest,
    exchange: &Arc<Exchange>,
    clean: Option<Clean>,
    sent_at: SystemTime,
) -> Result<HttpResponse, LlmError> {
    let own = request.of_attempt(shared.clock.corrected(sent_at))?;
    let http = own.as_deref().unwrap_or(&request.http);
    transport::send(shared, request, http, exchange, clean).await
}

/// What the head of a response says of it: an error, or how its body is read.
async fn read_head(
    shared: &Shared,
    request: &PreparedRequest,
    mut response: HttpResponse,
    sent_at: SystemTime,
) -> Attempted {
    let request_id = response_headers::request_id(&response.headers);
    let status = Some(response.status);
    let protocol = response.protocol;
    let limits = match &shared.pacer {
        Some(pacer) => pacer.limits(&response.headers, SystemTime::now()),
        None => Limits::new(),
    };
    let was_wrong_time = request.is_signed()
        && shared
            .clock
            .learn(&response.headers, sent_at, SystemTime::now());
    let mut stale = false;
    let result = match error_response::of_status(shared, request, &mut response).await {
        Some(mut error) => {
            error.phase = Phase::Headers;
            // Refused for its time, so not run: the next attempt has the provider's.
            stale = was_wrong_time && error.kind == ErrorKind::Authentication;
            error.retryable |= stale;
            Err(error)
        }
        None => begin_reading(shared, request, response, request_id.clone()).await,
    };
    Attempted {
        result,
        stale,
        status,
        protocol,
        request_id,
        limits,
    }
}

/// A success: chooses how its body is read.
async fn begin_reading(
    shared: &Shared,
    request: &PreparedRequest,
    mut response: HttpResponse,
    request_id: Option<String>,
) -> Result<ResponseReader, LlmError> {
    let header = |name| {
        response
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
        let message = format!("content-encoding {encoding} was not offered");
        return Err(unusable(message, response.status, &[]));
    }
    let declared = match &request.reading {
        // Results of a batch come as what the provider keeps files as.
        Reading::Batch(piece) if piece.step.is_lines() => Declared::Stream,
        _ => declared(&content_type, request.stream),
    };
    let mut sniffer =
        Sniffer::new(request.framing, declared).with_length(content_length(&response.headers));
    // PHP declares everything as HTML unless it is configured otherwise, streams too.
    if content_type.starts_with("text/html") {
        peek(&mut response, &mut sniffer).await;
        if sniffer.is_foreign() {
            let mut body = sniffer.into_bytes();
            let limit = crate::DETAIL_BYTES_MAX.saturating_sub(body.len());
            body.extend(read_error_body(&mut response, limit).await);
            let message = "the response is an HTML page; check base_url".to_owned();
            return Err(unusable(message, response.status, &body));
        }
    }
    let start = Start {
        id: None,
        model: request.model.clone(),
        provider: request.provider.name(),
        request_id,
        rate_limit: response_headers::rate_limit(&response.headers),
        headers: response_headers::reported(&response.headers, &shared.options.report_headers),
        warnings: request.warnings.clone(),
        seed: fastrand::u64(..),
    };
    let decoder: Box<dyn Decoder> = match &request.reading {
        Reading::Chat => request.provider.decoder(start, request.framing),
        Reading::Batch(piece) => {
            Box::new(BatchDecoder::new(request.provider, piece.clone(), start))
        }
        reading => {
            let headers = std::mem::take(&mut response.headers);
            let reading = reading.clone();
            Box::new(WholeDecoder::new(request.provider, reading, headers, start))
        }
    };
    // A server that cannot stream, or can do nothing else, may do the other; or send an error
    // document; or declare one and do the other.
    Ok(ResponseReader::new(
        response.body,
        response.status,
        decoder,
        sniffer,
        &shared.options,
    ))
}

/// How long a body is, or its compressed form; 0 where the head does not say it.
fn content_length(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// What a content type says of a body.
fn declared(content_type: &str, stream: bool) -> Declared {
    match STREAM_TYPES
        .iter()
        .any(|name| content_type.starts_with(name))
    {
        true => Declared::Stream,
        // `application/json`, `application/problem+json` and whatever else is JSON.
        false if memmem::find(content_type.as_bytes(), b"json").is_some() => Declared::Document,
        false => Declared::Nothing { stream },
    }
}

/// Reads until the first bytes show what a body is, or too little of it comes.
async fn peek(response: &mut HttpResponse, sniffer: &mut Sniffer) {
    let reading = async {
        while sniffer.form().is_none() {
            let read = response.body.read(|piece| {
                sniffer.push(piece);
                ControlFlow::Continue(())
            });
            let Ok(Read::More) = read.await else {
                break;
            };
        }
    };
    let _ = tokio::time::timeout(error_response::BODY_WAIT_MAX, reading).await;
}
