//! A request that met a failure of the network before any response. Owns which failures a tape
//! holds; others are found again when the request is made again.

use serde_json::{Map, Value};

use super::fields::{put, text};
use super::Clean;
use crate::error::{ErrorKind, LlmError, Phase};

/// The kinds of failures that a tape holds.
const KINDS: [(&str, ErrorKind); 3] = [
    (ErrorKind::Network.name(), ErrorKind::Network),
    (ErrorKind::Tls.name(), ErrorKind::Tls),
    (ErrorKind::Protocol.name(), ErrorKind::Protocol),
];

/// Whether a tape holds failures of this kind.
pub(super) fn is_held(kind: ErrorKind) -> bool {
    KINDS.iter().any(|(_, known)| *known == kind)
}

/// A request without a response.
#[derive(Debug, Clone)]
pub(super) struct TapedFailure {
    kind: String,
    message: String,
    phase: String,
    retryable: bool,
    maybe_executed: bool,
}

impl TapedFailure {
    pub(super) fn new(error: &LlmError, clean: &Clean) -> Self {
        let message = error.message.clone();
        Self {
            kind: error.kind.name().to_owned(),
            message: clean(&message).unwrap_or(message),
            phase: error.phase.name().to_owned(),
            retryable: error.retryable,
            maybe_executed: error.maybe_executed,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        put(&mut fields, "kind", Some(self.kind.as_str().into()));
        put(&mut fields, "message", Some(self.message.as_str().into()));
        put(&mut fields, "phase", Some(self.phase.as_str().into()));
        put(&mut fields, "retryable", Some(self.retryable.into()));
        put(
            &mut fields,
            "maybe_executed",
            Some(self.maybe_executed.into()),
        );
        Value::Object(fields)
    }

    pub(super) fn from_json(fields: &Map<String, Value>) -> Option<Self> {
        let is = |name: &str| fields.get(name).and_then(Value::as_bool) == Some(true);
        Some(Self {
            kind: text(fields, "kind")?,
            message: text(fields, "message")?,
            phase: text(fields, "phase").unwrap_or_default(),
            retryable: is("retryable"),
            maybe_executed: is("maybe_executed"),
        })
    }

    pub(super) fn error(&self) -> LlmError {
        let kind = KINDS.iter().find(|(name, _)| *name == self.kind);
        let kind = kind.map_or(ErrorKind::Network, |(_, kind)| *kind);
        let phase = match self.phase.as_str() {
            "connect" => Phase::Connect,
            _ => Phase::Headers,
        };
        let mut error = LlmError::from_outside(kind, &self.message)
            .phase(phase)
            .retryable(self.retryable);
        error.maybe_executed = self.maybe_executed;
        error
    }
}
