//! A response that is an error: what its status, its headers and the first bytes of its body mean.
//! Owns how much of such a body is read, and for how long.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use http::header::LOCATION;
use url::Url;

use super::prepare::PreparedRequest;
use crate::client::shared::Shared;
use crate::error::config;
use crate::error::{ErrorKind, LlmError, Phase};
use crate::http::{HttpResponse, Read};
use crate::providers::response_headers;

/// How long the body of an error, or of an HTML page, is waited for: its status already shows what
/// it means.
pub(super) const BODY_WAIT_MAX: Duration = Duration::from_secs(2);

/// What a status other than success means; `None` for success.
pub(super) async fn of_status(
    shared: &Shared,
    request: &PreparedRequest,
    response: &mut HttpResponse,
) -> Option<LlmError> {
    let status = response.status;
    if let Some(error) = unreadable(shared, response) {
        return Some(error);
    }
    if (200..300).contains(&status) {
        return None;
    }
    if (300..400).contains(&status) {
        return Some(redirected(request, response));
    }
    if let (407, Some(proxy)) = (status, shared.http.proxy_host(&request.http.url)) {
        let mut error = config(proxy.credentials_advice());
        error.status = Some(status);
        return Some(error);
    }
    let body = read_error_body(response, shared.options.error_body_bytes_max).await;
    let mut error = request
        .provider
        .error_with_headers(status, &response.headers, &body);
    error.status = Some(status);
    // An account that is empty now is empty a second later, whatever a gateway's header requests.
    let may_change = error.kind != ErrorKind::QuotaExceeded;
    if let Some(should_retry) =
        response_headers::should_retry(&response.headers).filter(|_| may_change)
    {
        error.retryable = should_retry;
    }
    if error.retryable {
        let requested = response_headers::retry_after_ms(&response.headers, SystemTime::now());
        error.retry_after_ms = requested.or(error.retry_after_ms);
    }
    Some(error)
}

/// The first bytes of an error's body; what is missing or late is not worth another error.
pub(super) async fn read_error_body(response: &mut HttpResponse, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while body.len() < limit {
            let read = response.body.read(|piece| {
                let room = limit.saturating_sub(body.len());
                body.extend_from_slice(piece.get(..room).unwrap_or(piece));
                match body.len() < limit {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            });
            let Ok(Read::More) = read.await else {
                break;
            };
        }
    };
    let _ = tokio::time::timeout(BODY_WAIT_MAX, reading).await;
    body
}

/// The error of a response that cannot be read.
pub(super) fn unusable(message: String, status: u16, body: &[u8]) -> LlmError {
    let mut error = LlmError::from_outside(ErrorKind::Protocol, &message)
        .phase(Phase::Headers)
        .detail(body);
    error.status = Some(status);
    error.maybe_executed = true;
    error
}

/// A head that HTTP allows and that cannot be the end of a request.
fn unreadable(shared: &Shared, response: &HttpResponse) -> Option<LlmError> {
    let status = response.status;
    if !(200..600).contains(&status) {
        let message = format!("status {status} cannot end a request");
        return Some(unusable(message, status, &[]));
    }
    let fields = response.headers.iter();
    let header_bytes: usize = fields
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let limit = shared.options.header_bytes_max;
    (header_bytes > limit).then(|| {
        let message = format!("the response headers are larger than header_bytes_max ({limit})");
        unusable(message, status, &[])
    })
}

/// Redirects are never followed: they would carry the prompt, or the key, to another host.
fn redirected(request: &PreparedRequest, response: &HttpResponse) -> LlmError {
    let location = response
        .headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let target: Option<Url> = location.and_then(|to| request.http.url.join(to).ok());
    let host = target.as_ref().and_then(Url::host_str).unwrap_or("nowhere");
    let message = format!(
        "{} redirect to {host} is not followed; set base_url to where the API is",
        response.status
    );
    let mut error = LlmError::from_outside(ErrorKind::Protocol, &message);
    error.status = Some(response.status);
    error
}
