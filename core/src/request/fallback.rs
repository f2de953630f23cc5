//! The fallbacks of a call: the models, or changes of the request, that are tried when the ones
//! before fail. Owns what may stand there; where each of them is sent, and with which key, is the
//! stream's.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ApiKey, CallOptions, LlmRequest, RerankRequest};
use crate::declare::entry::Kind;
use crate::declare::Patch;
use crate::error::{invalid_request, LlmError};
use crate::parse::{Fields, FromJson, Mismatch};

/// So many fallbacks a call may have.
const FALLBACKS_MAX: usize = 16;

/// Fields of a request that no fallback has, and why.
const REFUSED: [(&str, &str); 3] = [
    ("fallbacks", "a fallback has none of its own"),
    ("operation", "it is that of the request"),
    (
        "total_timeout_ms",
        "it runs over the whole call; set it beside fallbacks",
    ),
];

/// One thing to try when the request fails. Its Debug shows no prompt and no secret.
#[derive(Clone)]
pub struct Fallback {
    /// A model that may begin with its provider, where the fallback is one text.
    pub(crate) text: Option<String>,
    /// Who answers, with which key, where, and how long that may take.
    pub(crate) call: Box<CallOptions>,
    /// The other fields that it changes; null takes one out.
    pub(crate) fields: Map<String, Value>,
}

/// What is tried in order when a request fails before content; see the guide, Fallback. A call that
/// has an empty list has none, whatever its client has.
#[derive(Clone, Default)]
pub struct Fallbacks {
    list: Arc<[Fallback]>,
    /// In the request that a fallback makes: that of the caller.
    origin: Option<Arc<Origin>>,
}

/// Where a request comes from that a fallback makes.
pub(crate) struct Origin {
    /// The options of the caller's own request, whose secrets stay secrets of the call.
    pub(crate) call: CallOptions,
    /// Whether it goes to another place than that which the client's key, headers and base URL are
    /// for.
    pub(crate) is_elsewhere: bool,
}

impl Fallback {
    /// Another model: `provider/model`, or one of the request's provider.
    #[must_use]
    pub fn model(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            call: Box::default(),
            fields: Map::new(),
        }
    }

    /// The request with other values of some fields, under the names that they have in JSON; null
    /// takes a field out.
    ///
    /// # Errors
    /// `INVALID_REQUEST` where the fields are not those of a request, or there is none;
    /// `INVALID_ARGUMENT` for a key that cannot be one.
    pub fn patch(fields: Map<String, Value>) -> Result<Self, LlmError> {
        let is_set = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
        if let Some((name, reason)) = REFUSED.iter().find(|(name, _)| is_set(name)) {
            return Err(invalid_request(format!("{name}: {reason}")));
        }
        if fields.is_empty() {
            let message = "model is missing; name one, or another field that differs";
            return Err(invalid_request(message));
        }
        let mut own = Fields::from(fields);
        let call = CallOptions::take(&mut own)?;
        if matches!(call.api_key, Some(ApiKey::Ask)) {
            let message = "api_key: a function gives the key of the request's provider only; \
                           give the key as text, or set the variable of its provider";
            return Err(invalid_request(message));
        }
        Ok(Self {
            text: None,
            call: Box::new(call),
            fields: own.into(),
        })
    }

    /// Whether the fields that it changes have the types of this kind of request.
    pub(crate) fn check<T: Patch>(&self) -> Result<(), LlmError> {
        T::default().patch(&mut self.fields.clone().into())
    }

    fn parse(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(text) if text.trim().is_empty() => {
                Err(Mismatch::other("a model is missing"))
            }
            Value::String(text) => Ok(Self::model(text)),
            Value::Object(fields) => Self::patch(fields).map_err(Mismatch::within),
            other => Err(Mismatch::expected("a model or an object", &other)),
        }
    }
}

impl Fallbacks {
    /// Those of this list.
    pub fn new(list: impl IntoIterator<Item = Fallback>) -> Self {
        Self {
            list: list.into_iter().collect(),
            origin: None,
        }
    }

    /// What the request of a fallback has in their place.
    pub(crate) fn used(origin: Origin) -> Self {
        Self {
            list: Arc::default(),
            origin: Some(Arc::new(origin)),
        }
    }

    pub(crate) fn list(&self) -> &[Fallback] {
        &self.list
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// Whether every one is for this kind of request. The error begins with the path of the field.
    pub(crate) fn check<T: Patch>(&self) -> Result<(), LlmError> {
        let mut list = self.list.iter().enumerate();
        list.try_for_each(|(index, fallback)| fallback.check::<T>().map_err(|it| within(index, it)))
    }
}

/// The error of a request that a fallback makes, with the path to the field that it begins with.
pub(crate) fn within(index: usize, error: LlmError) -> LlmError {
    let first = error.message.split([' ', '.', ':', '[']).next();
    let is_field = |name: &str| LlmRequest::has(name) || RerankRequest::has(name);
    let separator = match first.is_some_and(is_field) {
        true => ".",
        false => ": ",
    };
    let message = format!("fallbacks[{index}]{separator}{}", error.message);
    LlmError { message, ..error }
}

impl FromJson for Fallbacks {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        let Value::Array(list) = value else {
            let expected = "a list of models or objects";
            return Err(Mismatch::expected(expected, &value));
        };
        if list.len() > FALLBACKS_MAX {
            let message = format!("at most {FALLBACKS_MAX}, got {}", list.len());
            return Err(Mismatch::other(message));
        }
        let list = list.into_iter().enumerate().map(|(index, value)| {
            Fallback::parse(value).map_err(|mismatch| mismatch.below_index(index))
        });
        list.collect::<Result<Vec<_>, _>>().map(Self::new)
    }
}

impl From<&str> for Fallback {
    fn from(model: &str) -> Self {
        Self::model(model)
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Fallback")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Fallbacks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.list.iter()).finish()
    }
}
