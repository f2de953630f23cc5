//! Who sends a request, put into its headers: once, or before each attempt where a key or a
//! signature is new. Owns which of several keys holds.

use std::fmt;
use std::time::SystemTime;

use http::{HeaderMap, HeaderName};

use super::request_headers;
use crate::error::LlmError;
use crate::http::HttpRequest;
use crate::providers::{Credentials, Provider, Unauthenticated};
use crate::request::{Auth, CloudOptions};
use crate::secret::Secret;

/// Proves who sends a request. Its Debug shows no secret.
pub(crate) struct Authentication {
    pub(super) provider: &'static dyn Provider,
    pub(super) key: Option<Secret>,
    pub(super) auth: Auth,
    pub(super) cloud: CloudOptions,
    /// The caller's own headers, which no other replaces.
    pub(super) own_headers: HeaderMap,
}

impl Authentication {
    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            key: self.key.as_ref(),
            authorization: self.own_headers.get("authorization"),
            auth: self.auth,
            cloud: &self.cloud,
        }
    }

    /// Whether each attempt has to prove it anew.
    pub(super) fn is_signed(&self) -> bool {
        self.provider.is_signed(&self.credentials())
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
