//! The key of a call: text, or something that is asked before each attempt, so that tokens are
//! refreshed by the library that was made for it. Owns what may be answered; when it is asked is
//! the stream's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::Value;

use super::CloudOptions;
use crate::declare::entry::Kind;
use crate::declare::{declare_fields, declare_names};
use crate::error::LlmError;
use crate::mutex::lock;
use crate::parse::{FromJson, Mismatch};
use crate::secret::Secret;

/// A key, or that it has to be asked for.
#[derive(Debug, Clone)]
pub enum ApiKey {
    /// The key.
    Text(Secret),
    /// A [`KeySource`] is asked before each attempt. In JSON: `{"ask": true}`.
    Ask,
}

impl ApiKey {
    /// The key, unless it has to be asked for.
    pub(crate) const fn text(&self) -> Option<&Secret> {
        match self {
            Self::Text(key) => Some(key),
            Self::Ask => None,
        }
    }
}

impl From<Secret> for ApiKey {
    fn from(key: Secret) -> Self {
        Self::Text(key)
    }
}

impl FromJson for ApiKey {
    fn from_json(value: Value, kind: Kind) -> Result<Self, Mismatch> {
        let asks = |fields: &serde_json::Map<String, Value>| {
            fields.len() == 1 && fields.get("ask") == Some(&Value::Bool(true))
        };
        match value {
            Value::Object(fields) if asks(&fields) => Ok(Self::Ask),
            other => Secret::from_json(other, kind).map(Self::Text),
        }
    }
}

/// What proves who sends an attempt. Its Debug shows no secret.
#[derive(Debug, Clone)]
pub enum KeyMaterial {
    /// A key or a token.
    Text(Secret),
    /// Credentials that requests to AWS are signed with.
    Aws {
        /// The access key's id.
        access_key_id: Secret,
        /// The secret access key.
        secret_access_key: Secret,
        /// The token of temporary credentials.
        session_token: Option<Secret>,
    },
}

impl KeyMaterial {
    /// The parts that no text may show. The id of an access key is none of them: AWS puts it into
    /// every signature in the clear.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let (first, second) = match self {
            Self::Text(key) => (key, None),
            Self::Aws {
                secret_access_key,
                session_token,
                ..
            } => (secret_access_key, session_token.as_ref()),
        };
        std::iter::once(first).chain(second)
    }

    /// The credentials among the options of a cloud.
    pub(crate) fn of_cloud(cloud: &CloudOptions) -> Option<Self> {
        Some(Self::Aws {
            access_key_id: cloud.aws_access_key_id.clone()?,
            secret_access_key: cloud.aws_secret_access_key.clone()?,
            session_token: cloud.aws_session_token.clone(),
        })
    }

    /// The options of a cloud with these credentials in place of their own.
    pub(crate) fn in_cloud(&self, cloud: &mut CloudOptions) {
        if let Self::Aws {
            access_key_id,
            secret_access_key,
            session_token,
        } = self
        {
            cloud.aws_access_key_id = Some(access_key_id.clone());
            cloud.aws_secret_access_key = Some(secret_access_key.clone());
            cloud.aws_session_token.clone_from(session_token);
        }
    }

    /// Whether both would prove the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let texts = |material: &Self| {
            let secrets = material.secrets().map(|secret| secret.expose().to_owned());
            secrets.collect::<Vec<_>>()
        };
        texts(self) == texts(other)
    }
}

declare_names! {
    /// Why a key is asked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
    pub enum KeyReason {
        /// The first attempt of the call.
        First => "first",
        /// Another attempt after a transient failure.
        Retry => "retry",
        /// The provider refused the key of the last attempt; if the same one comes again, the call
        /// ends with that error.
        Rejected => "rejected",
    }
}

declare_fields! {
    /// What a key is asked for.
    #[derive(Debug, Clone, Serialize)]
    #[non_exhaustive]
    pub struct KeyRequest {
        /// The provider of the request.
        pub provider: &'static str as Text,
        /// The model that the request names.
        pub model: String as Text,
        /// The attempt that it is for; the first is 1.
        pub attempt: u32 as Integer,
        /// Why it is asked for: `first`, `retry` or `rejected`.
        pub reason: KeyReason as Text,
    }
}

impl KeyRequest {
    /// The first attempt of a call, for tests of a [`KeySource`].
    #[must_use]
    pub fn new(provider: &'static str, model: &str) -> Self {
        Self {
            provider,
            model: model.to_owned(),
            attempt: 1,
            reason: KeyReason::First,
        }
    }
}

/// What a [`KeySource`] returns. Dropped when the call ends before it is ready.
pub type KeyFuture = Pin<Box<dyn Future<Output = Result<KeyMaterial, LlmError>> + Send>>;

/// Who gives keys where `api_key` is [`ApiKey::Ask`]. Many calls may ask at the same time.
pub trait KeySource: Send + Sync {
    /// The key for one attempt. An error ends the call, or is tried again if it is retryable.
    fn key(&self, request: KeyRequest) -> KeyFuture;
}

/// Who gives the keys of a call, and those that were given: secrets of the call, also after a newer
/// one replaced them.
#[derive(Clone, Default)]
pub struct CallKeys {
    source: Option<Arc<dyn KeySource>>,
    /// Shared by the HTTP requests of a call.
    given: Arc<Mutex<Vec<KeyMaterial>>>,
}

impl CallKeys {
    /// No key was given yet.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>) -> Self {
        Self {
            source: Some(source),
            given: Arc::default(),
        }
    }

    pub(crate) fn source(&self) -> Option<&Arc<dyn KeySource>> {
        self.source.as_ref()
    }

    pub(crate) fn given(&self) -> Vec<KeyMaterial> {
        lock(&self.given).clone()
    }

    /// Remembers a key, once: a long call does not collect keys that come by turns.
    pub(crate) fn push(&self, key: &KeyMaterial) {
        let mut given = lock(&self.given);
        if !given.iter().any(|given| given.is_same(key)) {
            given.push(key.clone());
        }
    }
}

impl fmt::Debug for CallKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallKeys")
            .field("given", &lock(&self.given).len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(key: &str) -> KeyMaterial {
        KeyMaterial::Text(Secret::new(key.to_owned()).unwrap())
    }

    fn aws(session_token: Option<&str>) -> KeyMaterial {
        let secret = |text: &str| Secret::new(text.to_owned()).unwrap();
        KeyMaterial::Aws {
            access_key_id: secret("AKIAEXAMPLE"),
            secret_access_key: secret("long-secret-key"),
            session_token: session_token.map(secret),
        }
    }

    /// Also by the copies of a call that its HTTP requests have.
    #[test]
    fn keys_that_come_by_turns_are_kept_once_each() {
        let keys = CallKeys::default();
        let copy = keys.clone();
        for key in ["one", "one", "two", "one", "two"] {
            keys.push(&text(key));
        }
        assert_eq!(copy.given().len(), 2);
        copy.push(&aws(None));
        for token in ["token", "token", "other"] {
            keys.push(&aws(Some(token)));
        }
        assert_eq!(keys.given().len(), 5);
    }

    #[test]
    fn no_debug_shows_a_key_that_was_given() {
        let keys = CallKeys::default();
        keys.push(&text("sk-hidden"));
        let shown = format!("{keys:?} {:?} {:?}", text("sk-hidden"), aws(Some("hidden")));
        assert!(
            !shown.contains("hidden") && !shown.contains("long-secret"),
            "{shown}"
        );
    }

    #[test]
    fn only_a_true_ask_asks() {
        let parsed = |json: &str| {
            ApiKey::from_json(serde_json::from_str(json).unwrap(), Kind::Key)
                .map_err(|mismatch| mismatch.into_error("api_key").message)
        };
        assert!(matches!(parsed(r#"{"ask":true}"#), Ok(ApiKey::Ask)));
        assert!(matches!(parsed(r#""sk-1""#), Ok(ApiKey::Text(_))));
        for json in [r#"{"ask":false}"#, r#"{"ask":true,"x":1}"#, "{}"] {
            let message = "api_key: expected text, got an object";
            assert_eq!(parsed(json).unwrap_err(), message);
        }
    }
}
