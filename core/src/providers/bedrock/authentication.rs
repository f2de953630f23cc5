//! Who sends a request: a key of Bedrock as a bearer token, or the keys of an AWS account as a
//! signature. Owns which of the two it is, and what is signed where a gateway forwards the request.

use http::header::CONTENT_TYPE;
use url::Url;

use super::endpoint::signing_region;
use super::sigv4::{Signed, Signer, SERVICE};
use crate::error::{config, LlmError};
use crate::providers::{bearer, Credentials, Unauthenticated};
use crate::request::cloud::parse_signing_url;
use crate::request::{Auth, CloudOptions};
use crate::secret::Secret;

/// Whether the caller has keys of an account, and nothing that takes their place.
pub(super) fn is_signed(credentials: &Credentials<'_>) -> bool {
    credentials.key.is_none()
        && credentials.authorization.is_none()
        && credentials.auth == Auth::Key
        && has_keys(credentials.cloud)
}

/// Whether there are keys of an account, if only a part of them.
fn has_keys(cloud: &CloudOptions) -> bool {
    cloud.aws_access_key_id.is_some() || cloud.aws_secret_access_key.is_some()
}

/// Whether these options name an account, by its keys or by a profile.
pub(super) fn names_account(cloud: &CloudOptions) -> bool {
    has_keys(cloud) || cloud.aws_profile.is_some()
}

pub(super) fn headers(
    credentials: &Credentials<'_>,
    request: &Unauthenticated<'_>,
) -> Result<Vec<(&'static str, String)>, LlmError> {
    if is_signed(credentials) {
        return signed(credentials, request);
    }
    let key = credentials.key.map(Secret::expose);
    let key = key.filter(|_| credentials.auth != Auth::None);
    Ok(key.map(bearer).into_iter().collect())
}

fn signed(
    credentials: &Credentials<'_>,
    request: &Unauthenticated<'_>,
) -> Result<Vec<(&'static str, String)>, LlmError> {
    let cloud = credentials.cloud;
    let own = |secret: &Option<Secret>, name: &str, other: &str| match secret {
        Some(secret) => Ok(secret.clone()),
        None => Err(config(format!("{name} is missing beside {other}"))),
    };
    let (id, secret) = ("aws_access_key_id", "aws_secret_access_key");
    let access_key_id = own(&cloud.aws_access_key_id, id, secret)?;
    let secret_access_key = own(&cloud.aws_secret_access_key, secret, id)?;
    let forwarded = cloud.aws_signing_url.as_deref();
    let forwarded = forwarded
        .map(|base_url| forwarded_url(base_url, request.url))
        .transpose()?;
    let url = forwarded.as_ref().unwrap_or(request.url);
    let signer = Signer {
        access_key_id: access_key_id.expose(),
        secret_access_key: secret_access_key.expose(),
        session_token: cloud.aws_session_token.as_ref().map(Secret::expose),
        region: signing_region(url.host_str().unwrap_or_default(), url.path(), cloud)?,
        service: SERVICE,
    };
    let content_type = request.headers.get(CONTENT_TYPE);
    let request_signed = Signed {
        method: request.method.as_str(),
        url,
        content_type: content_type.and_then(|value| value.to_str().ok()),
        body: request.body,
    };
    Ok(signer.headers(&request_signed, request.now))
}

/// The URL that a gateway will call: AWS's host, and of the path what is Bedrock's own.
fn forwarded_url(base_url: &str, called: &Url) -> Result<Url, LlmError> {
    let mut url = parse_signing_url(base_url)?;
    let own = called
        .path()
        .rfind("/model/")
        .and_then(|at| called.path().get(at..));
    let path = format!(
        "{}{}",
        url.path().trim_end_matches('/'),
        own.unwrap_or_default()
    );
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}
