//! A failure that a script plays: by the name of an error kind, by an HTTP status, or both. Owns
//! which kinds a provider can cause, and how each of them arrives.

use serde_json::{json, Map, Value};

use crate::declare::declare_options;
use crate::declare::entry::Kind;
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::parse::{names_of, refuse_others, shown, Fields, FromJson, Mismatch};

/// Kinds that a response with a status is, and that status.
const WITH_STATUS: [(ErrorKind, u16); 9] = [
    (ErrorKind::InvalidRequest, 400),
    (ErrorKind::Authentication, 401),
    (ErrorKind::Permission, 403),
    (ErrorKind::NotFound, 404),
    (ErrorKind::RateLimited, 429),
    (ErrorKind::QuotaExceeded, 429),
    (ErrorKind::Overloaded, 529),
    (ErrorKind::Provider, 500),
    (ErrorKind::TooLarge, 413),
];
/// Kinds that come without a response, and whether they are retried.
const WITHOUT_STATUS: [(ErrorKind, bool); 5] = [
    (ErrorKind::Network, true),
    (ErrorKind::Tls, false),
    (ErrorKind::Timeout, true),
    (ErrorKind::Protocol, false),
    (ErrorKind::Truncated, true),
];

declare_options! {
    /// A failure of a script.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub struct ScriptError {
        /// The error kind, such as `RATE_LIMITED`; by default what the status means.
        pub kind: Option<String> as Text,
        /// The HTTP status; by default one that the kind has, 500 without a kind.
        pub status: Option<u32> as Integer,
        /// The provider's message.
        pub message: Option<String> as Text,
        /// The provider's own code.
        pub code: Option<String> as Text,
        /// The wait that the provider asks for.
        pub retry_after_ms: Option<u64> as Milliseconds,
    }
}

impl ScriptError {
    pub(super) fn kind(&self) -> Option<ErrorKind> {
        self.kind.as_deref().and_then(kind_of)
    }

    /// The status of the response that carries it; `None` where none comes.
    pub(super) fn status(&self) -> Option<u16> {
        let given = self.status.and_then(|status| u16::try_from(status).ok());
        if given.is_some() {
            return given;
        }
        let Some(kind) = self.kind() else {
            return Some(500);
        };
        let known = WITH_STATUS.iter().find(|(known, _)| *known == kind);
        known.map(|(_, status)| *status)
    }

    /// As the body of a response, or an event of a stream, has it.
    pub(super) fn document(&self) -> Value {
        let mut error = Map::new();
        let message = self.message.as_deref().unwrap_or("the script says so");
        error.insert("message".to_owned(), message.into());
        if let Some(code) = &self.code {
            error.insert("code".to_owned(), code.as_str().into());
        }
        if let Some(kind) = &self.kind {
            error.insert("kind".to_owned(), kind.as_str().into());
        }
        json!({ "error": error })
    }

    /// As it is without a response.
    pub(super) fn error(&self) -> LlmError {
        let kind = self.kind().unwrap_or(ErrorKind::Network);
        let message = self.message.as_deref().unwrap_or("the script says so");
        let known = WITHOUT_STATUS.iter().find(|(known, _)| *known == kind);
        let mut error = LlmError::from_outside(kind, message)
            .phase(Phase::Headers)
            .retryable(known.is_some_and(|(_, is_retried)| *is_retried));
        error.timer = (kind == ErrorKind::Timeout).then_some(Timer::Headers);
        error
    }
}

/// The kind of this name, if a provider can cause it.
pub(crate) fn kind_of(name: &str) -> Option<ErrorKind> {
    kinds().find(|kind| kind.name() == name)
}

fn kinds() -> impl Iterator<Item = ErrorKind> {
    let with = WITH_STATUS.iter().map(|(kind, _)| *kind);
    with.chain(WITHOUT_STATUS.iter().map(|(kind, _)| *kind))
}

impl FromJson for ScriptError {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let error = match value {
            Value::String(name) => Self {
                kind: Some(name),
                ..Self::default()
            },
            Value::Number(_) => Self {
                status: Some(u32::from_json(value, kind)?),
                ..Self::default()
            },
            Value::Object(_) => {
                let mut fields = Fields::from(Map::from_json(value, kind)?);
                let error = Self::take(&mut fields).map_err(Mismatch::within)?;
                refuse_others(&fields, &Self::declared())?;
                error
            }
            other => {
                let expected = "the name of an error kind, a status or an object";
                return Err(Mismatch::expected(expected, &other));
            }
        };
        if let Some(name) = error.kind.as_deref().filter(|name| kind_of(name).is_none()) {
            let name = shown(&name.into()).unwrap_or_else(|| "this".to_owned());
            let names: Vec<_> = kinds().map(ErrorKind::name).collect();
            return Err(Mismatch::other(format!(
                "{name} is no error of a provider; those are {}",
                names_of(&names, "and")
            )));
        }
        if let Some(status) = error.status.filter(|status| !(400..600).contains(status)) {
            return Err(Mismatch::other(format!(
                "an error has a status from 400 to 599, not {status}"
            )));
        }
        Ok(error)
    }
}
