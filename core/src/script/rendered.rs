//! What an answer plays: a response, or none. Holds it and decides nothing.

use std::time::Duration;

use http::HeaderMap;

use crate::error::LlmError;
use crate::http::{BodyEnd, Piece};

/// What is played of one answer.
#[derive(Clone)]
pub(crate) enum Rendered {
    /// No response.
    Failure {
        after: Duration,
        error: Box<LlmError>,
    },
    Response(Box<Response>),
}

/// A response.
#[derive(Clone)]
pub(crate) struct Response {
    /// How long its head takes.
    pub(crate) after: Duration,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) end: BodyEnd,
}
