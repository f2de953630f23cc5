//! What a failure of the HTTP stack means. reqwest keeps its reasons in a chain of sources; this
//! file alone looks into that chain.

use std::error::Error;
use std::io;

use url::Url;

use super::connect::{ConnectTimeout, ConnectWatch};
use super::http1::Malformed;
use super::resolve::Denied;
use crate::error::{ErrorKind, LlmError, Phase, Timer};

/// How reading a body failed.
#[derive(Debug)]
pub(crate) enum BodyFailure {
    /// The connection ended before the body did.
    Cut(String),
    /// The bytes are not what Content-Encoding says.
    Decode(String),
}

impl BodyFailure {
    /// What reqwest says; it decompresses too.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let broken_connection = find::<hyper::Error>(error).is_some()
            || find::<io::Error>(error).is_some_and(|error| {
                matches!(
                    error.kind(),
                    io::ErrorKind::UnexpectedEof
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::BrokenPipe
                        | io::ErrorKind::TimedOut
                )
            });
        let reason = chain(error);
        if broken_connection || !error.is_decode() {
            Self::Cut(reason)
        } else {
            Self::Decode(reason)
        }
    }
}

/// What it means that no answer came.
pub(super) fn classify(
    error: &(dyn Error + 'static),
    watch: &ConnectWatch,
    body_sent: bool,
    url: &Url,
) -> LlmError {
    let host = url.host_str().unwrap_or_default();
    if let Some(denied) = find::<Denied>(error) {
        return LlmError::new(ErrorKind::Config, format!("base_url: {denied}"))
            .phase(Phase::Connect);
    }
    if find::<ConnectTimeout>(error).is_some() {
        let message = format!("cannot connect to {host} within connect_timeout_ms");
        let mut failure = LlmError::new(ErrorKind::Timeout, message).phase(Phase::Connect);
        failure.timer = Some(Timer::Connect);
        return failure.retryable(true);
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        let message = format!("TLS to {host} failed: {tls}");
        return LlmError::new(ErrorKind::Tls, message).phase(Phase::Connect);
    }
    let from_reqwest = error.downcast_ref::<reqwest::Error>();
    let reason = from_reqwest.map_or_else(|| chain_with(error), chain);
    if watch.is_connecting() || from_reqwest.is_some_and(reqwest::Error::is_connect) {
        let message = format!("cannot connect to {host}: {reason}");
        return LlmError::new(ErrorKind::Network, message)
            .phase(Phase::Connect)
            .retryable(true);
    }
    let is_parse = find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse);
    if is_parse || find::<Malformed>(error).is_some() {
        let message = format!("{host} answered what is not HTTP, or too many headers: {reason}");
        let mut failure = LlmError::new(ErrorKind::Protocol, message).phase(Phase::Headers);
        failure.maybe_executed = body_sent;
        return failure;
    }
    let message = format!("the connection to {host} broke before an answer came: {reason}");
    let mut failure = LlmError::new(ErrorKind::Network, message).phase(Phase::Headers);
    failure.maybe_executed = body_sent;
    failure.retryable(true)
}

/// All reasons of an error of reqwest, outermost first, without its own text, which holds the URL,
/// which may hold secrets.
pub(super) fn chain(error: &reqwest::Error) -> String {
    match error.source() {
        Some(source) => chain_with(source),
        None if error.is_builder() => "cannot be built".to_owned(),
        None => "failed".to_owned(),
    }
}

/// An error and all its reasons, outermost first.
fn chain_with(error: &(dyn Error + 'static)) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut source = Some(error);
    while let Some(reason) = source {
        let text = reason.to_string();
        if reasons.last().is_none_or(|last| !last.ends_with(&text)) {
            reasons.push(text);
        }
        source = reason.source();
    }
    reasons.join(": ")
}

/// The first reason of a type. An `io::Error` may carry its reason inside instead of as a source.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut source = Some(error);
    while let Some(reason) = source {
        if let Some(found) = reason.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = reason
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        source = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => reason.source(),
        };
    }
    None
}
