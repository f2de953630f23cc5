//! What a failure of the network means: its kind, its phase, whether another try makes sense, and
//! whether the request may have been run. Each failure is named where it happens; nothing has to be
//! read out of a chain of errors afterwards.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::authority::{Authority, Peer};
use super::exchange::Exchange;
use super::http1::Malformed;
use super::proxy::Proxy;
use super::resolver::{Denied, LookupFailure};
use crate::error::config;
use crate::error::{ErrorKind, LlmError, Phase};

/// How reading a body failed.
#[derive(Debug)]
pub(crate) enum BodyFailure {
    /// The connection ended before the body did.
    Cut(String),
    /// The bytes are not in the coding that Content-Encoding names.
    Decode(String),
}

/// How an exchange failed before the head of its response had come.
#[derive(Debug)]
pub(super) enum ExchangeFailure {
    /// The connection broke.
    Broken(String),
    /// The host gave up this exchange, and not its connection.
    Reset(String),
    /// The bytes that came are not HTTP.
    NotHttp(String),
}

impl From<io::Error> for ExchangeFailure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<Malformed> for ExchangeFailure {
    fn from(malformed: Malformed) -> Self {
        Self::NotHttp(malformed.to_string())
    }
}

/// An address that is refused by the caller's own rules.
pub(super) fn denied(denied: Denied) -> LlmError {
    config(format!("base_url: {denied}")).phase(Phase::Connect)
}

/// No address could be connected to.
pub(super) fn cannot_connect(at: &Authority, reason: &dyn fmt::Display) -> LlmError {
    let message = format!("cannot connect to {at}: {reason}");
    LlmError::new(ErrorKind::Network, message)
        .phase(Phase::Connect)
        .retryable(true)
}

/// A name has no address. One that does not exist will not a second later either.
pub(super) fn lookup_failed(at: &Authority, peer: Peer, failure: &LookupFailure) -> LlmError {
    if !failure.is_unknown {
        return cannot_connect(at, failure);
    }
    let advice = match peer {
        Peer::Host => "is base_url spelled right, and is there a network?",
        Peer::Proxy => "is the proxy variable spelled right?",
    };
    cannot_connect(at, &format!("{failure}; {advice}")).lasting()
}

/// None of these addresses could be connected to. A port of this machine at which nothing listens
/// is refused by its own kernel: no network lies between that could be better a second later.
pub(super) fn connect_failed(
    at: &Authority,
    peer: Peer,
    addresses: &[SocketAddr],
    error: &io::Error,
) -> LlmError {
    let is_here = |at: &SocketAddr| {
        let address = at.ip().to_canonical();
        address.is_loopback() || address.is_unspecified()
    };
    let is_refused = error.kind() == io::ErrorKind::ConnectionRefused;
    if !is_refused || !addresses.iter().all(is_here) {
        return cannot_connect(at, error);
    }
    let advice = match peer {
        Peer::Host => "is the server running? check base_url",
        Peer::Proxy => "is the proxy running? check the proxy variable",
    };
    cannot_connect(at, &format!("{error}; {advice}")).lasting()
}

/// The handshake failed: by an error of TLS, or since the connection broke under it.
pub(super) fn tls_failed(at: &Authority, error: &io::Error) -> LlmError {
    let inner = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
    match inner.and_then(<dyn Error>::downcast_ref::<rustls::Error>) {
        Some(reason) => {
            let message = format!("TLS to {at} failed: {reason}");
            LlmError::new(ErrorKind::Tls, message).phase(Phase::Connect)
        }
        None => cannot_connect(at, &format!("the TLS handshake broke off: {error}")),
    }
}

/// The HTTP/2 handshake failed.
pub(super) fn handshake_failed(at: &str, reason: &str) -> LlmError {
    let message = format!("cannot connect to {at}: HTTP/2 did not begin: {reason}");
    LlmError::new(ErrorKind::Network, message)
        .phase(Phase::Connect)
        .retryable(true)
}

/// The connection to a proxy failed.
pub(super) fn at_proxy(proxy: &Proxy, mut error: LlmError) -> LlmError {
    error.message = format!("the proxy {proxy}: {}", error.message);
    error
}

/// An exchange that had a connection failed.
pub(super) fn failed(at: &str, failure: &ExchangeFailure, exchange: &Exchange) -> LlmError {
    let (kind, message) = match failure {
        ExchangeFailure::Broken(reason) => {
            exchange.lost();
            let message = "broke before a response came";
            (
                ErrorKind::Network,
                format!("the connection to {at} {message}: {reason}"),
            )
        }
        ExchangeFailure::Reset(reason) => (
            ErrorKind::Network,
            format!("{at} reset the request before a response came: {reason}"),
        ),
        ExchangeFailure::NotHttp(reason) => (
            ErrorKind::Protocol,
            format!("{at} sent what is not HTTP, or too many headers: {reason}"),
        ),
    };
    let mut error = LlmError::new(kind, message).phase(Phase::Headers);
    error.maybe_executed = exchange.maybe_executed();
    error.retryable(kind == ErrorKind::Network)
}
