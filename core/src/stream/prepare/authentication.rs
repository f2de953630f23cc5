//! Who sends a request, put into its headers: once, or before each attempt where a key or a
//! signature is new. Owns which of several keys holds.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, HeaderName};

use super::request_headers;
use crate::error::{config, LlmError};
use crate::http::HttpRequest;
use crate::providers::{Credentials, Provider, Unauthenticated};
use crate::request::{Auth, CloudOptions, KeyMaterial, KeySource};
use crate::secret::{is_secret_name, Secret};

/// Where the key of a request comes from.
#[derive(Clone)]
pub(super) enum Key {
    /// There is none, or the caller's own header stands for it.
    Absent,
    Text(Secret),
    /// Asked for before each attempt.
    Asked(Arc<dyn KeySource>),
}

/// Proves who sends a request. Its Debug shows no secret.
#[derive(Clone)]
pub(crate) struct Authentication {
    pub(super) provider: &'static dyn Provider,
    pub(super) key: Key,
    /// The key of this attempt, where it was asked for.
    pub(super) given: Option<Secret>,
    pub(super) auth: Auth,
    pub(super) cloud: CloudOptions,
    /// The caller's own headers, which no other replaces.
    pub(super) own_headers: HeaderMap,
}

impl Key {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn source(&self) -> Option<&Arc<dyn KeySource>> {
        match self {
            Self::Absent | Self::Text(_) => None,
            Self::Asked(source) => Some(source),
        }
    }
}

impl Authentication {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            key: match &self.key {
                Key::Absent => None,
                Key::Text(key) => Some(key),
                Key::Asked(_) => self.given.as_ref(),
            },
            authorization: self.own_headers.get("authorization"),
            auth: self.auth,
            cloud: &self.cloud,
        }
    }

    /// Whether there is a key, or what stands in for one: a header, or the account of a cloud.
    pub(super) fn has_key(&self) -> bool {
        let has_account = self.auth == Auth::Key && self.provider.names_account(&self.cloud);
        has_account || !self.key.is_absent() || request_headers::has_key(&self.own_headers)
    }

    /// Whether its provider requires a key that is not there.
    pub(super) fn lacks_key(&self) -> bool {
        self.provider.needs_key() && self.auth != Auth::None && !self.has_key()
    }

    /// Whether what is sent holds something that others must not read.
    pub(super) fn carries_secret(&self) -> bool {
        let is_secret = |name: &HeaderName| is_secret_name(name.as_str());
        !self.key.is_absent() || self.is_of_attempt() || self.own_headers.keys().any(is_secret)
    }

    /// Whether it is signed for the time of its attempt.
    pub(super) fn is_signed(&self) -> bool {
        self.provider.is_signed(&self.credentials())
    }

    /// Whether each attempt has to prove it anew.
    pub(super) fn is_of_attempt(&self) -> bool {
        self.key.source().is_some() || self.is_signed()
    }

    /// Whose limits count. A key that is asked for is the same for all, since it may be another one
    /// each hour.
    pub(super) fn hash_account(&self, hasher: &mut impl Hasher) {
        let expose = |secret: &Secret| secret.expose().to_owned();
        if let Key::Text(key) = &self.key {
            key.expose().hash(hasher);
        }
        self.cloud
            .aws_access_key_id
            .as_ref()
            .map(expose)
            .hash(hasher);
        self.cloud.vertex_project.hash(hasher);
        for (name, value) in &self.own_headers {
            if is_secret_name(name.as_str()) {
                value.as_bytes().hash(hasher);
            }
        }
    }

    /// Takes the key of the next attempt.
    pub(super) fn set_key(&mut self, key: &KeyMaterial) -> Result<(), LlmError> {
        match key {
            KeyMaterial::Text(key) => self.given = Some(key.clone()),
            KeyMaterial::Aws { .. } => {
                self.given = None;
                key.in_cloud(&mut self.cloud);
                if !self.provider.is_signed(&self.credentials()) {
                    let message = "api_key: AWS credentials came, and this provider takes text";
                    return Err(config(message));
                }
            }
        }
        Ok(())
    }

    /// Sets the headers of a request whose others are complete.
    pub(super) fn apply(&self, request: &mut HttpRequest, now: SystemTime) -> Result<(), LlmError> {
        let unauthenticated = Unauthenticated {
            method: &request.method,
            url: &request.url,
            headers: &request.headers,
            body: &request.body,
            now,
        };
        let headers = self
            .provider
            .authenticate(&self.credentials(), &unauthenticated)?;
        for (name, value) in headers {
            request_headers::add(&mut request.headers, &self.own_headers, name, &value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&HeaderName> = self.own_headers.keys().collect();
        formatter
            .debug_struct("Authentication")
            .field("auth", &self.auth)
            .field("own_headers", &names)
            .finish_non_exhaustive()
    }
}
