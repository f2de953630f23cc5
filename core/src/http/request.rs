//! A request as the exchange over either version of HTTP takes it.

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

/// The user agent, for hosts and proxies.
pub(crate) const USER_AGENT: &str = concat!("liter-llm/", env!("CARGO_PKG_VERSION"));

/// One request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}
