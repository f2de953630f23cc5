//! Who sends a request: an API key, or a token of OAuth on Vertex AI. Owns how the two are told
//! apart, and what has to be known beside a token.

use super::Service;
use crate::error::{config, LlmError};
use crate::providers::{bearer, Credentials, Unauthenticated};
use crate::request::Auth;
use crate::secret::Secret;

/// What API keys begin with: the older ones, and those that are bound to a service account.
const API_KEYS: [&str; 2] = ["AIza", "AQ."];

/// No file, metadata server or command is asked for a token.
pub(super) const NO_TOKEN: &str =
    "no key; pass an access token as api_key, or a key function that \
     gets one from google-auth (service accounts, gcloud and the metadata server are not read); \
     with an API key of express mode and no project set GOOGLE_API_KEY or api_key";

const NO_PROJECT: &str = "vertex_project is missing for an access token; set vertex_project or \
     GOOGLE_CLOUD_PROJECT";

fn is_api_key(key: &str) -> bool {
    API_KEYS.iter().any(|begin| key.starts_with(begin))
}

/// The header that carries a key or a token. A key never goes into the query, which ends in logs.
pub(super) fn key_header(service: Service, key: &str) -> (&'static str, String) {
    match service {
        Service::Vertex if !is_api_key(key) => bearer(key),
        Service::Gemini | Service::Vertex => ("x-goog-api-key", key.to_owned()),
    }
}

pub(super) fn headers(
    service: Service,
    credentials: &Credentials<'_>,
    request: &Unauthenticated<'_>,
) -> Result<Vec<(&'static str, String)>, LlmError> {
    let mut headers = Vec::new();
    if let Some(key) = credentials.key.map(Secret::expose) {
        match credentials.auth {
            Auth::Key => headers.push(key_header(service, key)),
            Auth::Bearer => headers.push(bearer(key)),
            Auth::None => {}
        }
    }
    let is_token = headers.iter().any(|(name, _)| *name == "authorization")
        || credentials.authorization.is_some();
    let host = request.url.host_str().unwrap_or_default();
    let is_own = host == "googleapis.com" || host.ends_with(".googleapis.com");
    let has_project = request.url.path().contains("/projects/");
    match service {
        Service::Vertex if is_own && is_token && !has_project => Err(config(NO_PROJECT)),
        Service::Gemini | Service::Vertex => Ok(headers),
    }
}
