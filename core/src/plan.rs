//! From a request to something that can be sent: which provider, which key, which URL, which
//! headers. Owns what is refused before any I/O. Called by `stream`, once per call.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::{form_urlencoded, Host, Url};

use crate::client::Shared;
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::http::Outgoing;
use crate::options::{config, ClientOptions};
use crate::providers::{self, EncodedRequest, Provider, Target};
use crate::request::LlmRequest;
use crate::secret::{Redactor, Secret};

pub(crate) const USER_AGENT: &str = concat!("liter-llm/", env!("CARGO_PKG_VERSION"));
/// Headers that HTTP itself sets.
const HEADERS_REFUSED: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];
/// Headers that can stand in for a key.
const KEY_HEADERS: [&str; 3] = ["authorization", "x-api-key", "api-key"];
/// Names of headers whose values are secrets.
const SECRET_HEADERS: [&str; 4] = ["authorization", "key", "token", "cookie"];

/// Keys and base URLs of the environment, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    provider: &'static str,
    key: Option<(&'static str, Result<Secret, LlmError>)>,
    base_url: Option<String>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let entries = providers::all().map(|provider| Entry {
            provider: provider.name(),
            key: provider
                .key_variables()
                .iter()
                .find_map(|name| variable(name).map(|value| (*name, Secret::new(value)))),
            base_url: variable(provider.base_url_variable()),
        });
        Self {
            entries: entries.collect(),
        }
    }

    fn entry(&self, provider: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.provider == provider)
    }

    /// All keys, for redaction.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Secret> {
        self.entries
            .iter()
            .filter_map(|entry| entry.key.as_ref()?.1.as_ref().ok())
    }
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) outgoing: Outgoing,
    pub(crate) model: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) framing: Framing,
    pub(crate) stream: bool,
}

/// Resolves and encodes; every error names the field and costs no I/O.
pub(crate) fn plan(shared: &Shared, request: &mut LlmRequest) -> Result<Plan, LlmError> {
    resolve(&shared.options, &shared.environment, request)
}

pub(crate) fn resolve(
    options: &ClientOptions,
    environment: &Environment,
    request: &mut LlmRequest,
) -> Result<Plan, LlmError> {
    request.check()?;
    let provider = provider(options, request)?;
    let entry = environment.entry(provider.name());
    let named = request.base_url.as_ref().or(options.base_url.as_ref());
    let named = named.or_else(|| entry.and_then(|entry| entry.base_url.as_ref()));
    let base_url = named.map_or(provider.base_url(), String::as_str);
    if base_url.is_empty() {
        let variable = provider.base_url_variable();
        return Err(config(format!("no base_url; set {variable} or base_url")));
    }
    let base_url = parse_base_url(base_url)?;
    let key = key(options, request, entry)?;
    let own_endpoint = ["", base_url.as_str().trim_end_matches('/')].contains(&provider.base_url());
    let stream = request.stream.unwrap_or(true);
    let lenient = request.lenient.unwrap_or(options.lenient);
    let own_headers = own_headers(options, request)?;
    let has_own_key = KEY_HEADERS
        .iter()
        .any(|name| own_headers.contains_key(*name));
    if key.is_none() && !has_own_key && own_endpoint && provider.needs_key() {
        let variables = provider.key_variables().join(" or ");
        return Err(config(format!("no key; set {variables} or api_key")));
    }
    let target = Target {
        key: key.as_ref(),
        own_endpoint,
        base_path: base_url.path().trim_end_matches('/'),
        stream,
        lenient,
    };
    let encoded = provider.request(request, &target)?;
    check_size(&encoded, options)?;
    let url = append(&base_url, &encoded.path);
    check_transport(&url, key.is_some() || has_own_key, options)?;
    let headers = headers(&encoded, own_headers, stream)?;
    // Encoded now; the call may last for minutes and needs none of it again.
    request.messages = Vec::new();
    request.tools = Vec::new();
    request.extra.clear();
    request.extra_body.clear();
    Ok(Plan {
        provider,
        model: std::mem::take(&mut request.model),
        outgoing: Outgoing {
            url,
            headers,
            body: Bytes::from(encoded.body),
        },
        warnings: encoded.warnings,
        framing: encoded.framing,
        stream,
    })
}

/// What would fail in every call is found when the options are read.
pub(crate) fn check_options(options: &ClientOptions) -> Result<(), LlmError> {
    let provider = options.provider.as_deref().filter(|name| !name.is_empty());
    provider.map(providers::by_name).transpose()?;
    options
        .base_url
        .as_deref()
        .map(parse_base_url)
        .transpose()?;
    own_headers(options, &LlmRequest::default()).map(|_| ())
}

/// A redactor for the secrets of one call. Made only when something failed.
pub(crate) fn redactor(shared: &Shared, request: &LlmRequest) -> Redactor {
    let keys = request
        .api_key
        .iter()
        .chain(&shared.options.api_key)
        .chain(shared.environment.keys());
    let headers = request.headers.iter().chain(&shared.options.headers);
    let secret_headers = headers.filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        SECRET_HEADERS.iter().any(|mark| name.contains(mark))
    });
    let values = secret_headers.map(|(_, value)| value.rsplit(' ').next().unwrap_or_default());
    Redactor::new(keys.map(Secret::expose).chain(values))
}

/// The request's provider, else the client's, else the prefix of the model, which is then taken
/// off.
fn provider(
    options: &ClientOptions,
    request: &mut LlmRequest,
) -> Result<&'static dyn Provider, LlmError> {
    let named = request.provider.as_deref().filter(|name| !name.is_empty());
    let own = options.provider.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = named.or(own) {
        return providers::by_name(name);
    }
    let prefix = request.model.split_once('/');
    let found = prefix.and_then(|(name, model)| {
        providers::by_name(name)
            .ok()
            .map(|provider| (provider, model.to_owned()))
    });
    match found {
        Some((provider, model)) => {
            request.model = model;
            Ok(provider)
        }
        None => Err(config(format!(
            "no provider for model \"{}\"; name one, or write provider/model",
            request.model
        ))),
    }
}

fn key(
    options: &ClientOptions,
    request: &LlmRequest,
    entry: Option<&Entry>,
) -> Result<Option<Secret>, LlmError> {
    if let Some(key) = request.api_key.as_ref().or(options.api_key.as_ref()) {
        return Ok(Some(key.clone()));
    }
    match entry.and_then(|entry| entry.key.as_ref()) {
        None => Ok(None),
        Some((_, Ok(key))) => Ok(Some(key.clone())),
        Some((variable, Err(error))) => {
            let message = error.message.replacen("api_key", variable, 1);
            Err(LlmError {
                message,
                ..error.clone()
            })
        }
    }
}

fn parse_base_url(text: &str) -> Result<Url, LlmError> {
    // The text itself is not repeated: it may hold a password.
    let wrong = |reason: &str| config(format!("base_url {reason}; write https://host/path"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(wrong("must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a user or password"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("has no host"));
    }
    Ok(url)
}

/// Appends a path, and of its query what the base URL does not say itself.
fn append(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
    url.set_fragment(None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if base_url.query_pairs().all(|(own, _)| own != name) {
            url.query_pairs_mut().append_pair(&name, &value);
        }
    }
    url
}

fn check_size(encoded: &EncodedRequest, options: &ClientOptions) -> Result<(), LlmError> {
    if encoded.body.len() <= options.request_bytes_max {
        return Ok(());
    }
    let message = format!(
        "request has {} bytes, more than request_bytes_max ({})",
        encoded.body.len(),
        options.request_bytes_max
    );
    Err(LlmError::new(ErrorKind::TooLarge, message))
}

/// A key goes over plain http to this machine only.
fn check_transport(url: &Url, has_key: bool, options: &ClientOptions) -> Result<(), LlmError> {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    if url.scheme() == "https" || loopback || !has_key || options.allow_insecure_http {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default();
    let message = format!("a key over plain http to {host}; use https or set allow_insecure_http");
    Err(config(format!("base_url: {message}")))
}

/// The caller's own headers: the client's, then the call's over them.
fn own_headers(options: &ClientOptions, request: &LlmRequest) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    for (name, value) in options.headers.iter().chain(&request.headers) {
        let lower = name.to_ascii_lowercase();
        if HEADERS_REFUSED.contains(&lower.as_str()) {
            return Err(invalid(format!(
                "headers.{name} is set by HTTP itself; leave it out"
            )));
        }
        let parsed = HeaderName::from_bytes(lower.as_bytes())
            .map_err(|_| invalid(format!("headers: \"{name}\" is no header name")))?;
        if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
            return Err(invalid(format!(
                "headers.{name} has a character that no header may have"
            )));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| invalid(format!("headers.{name} cannot be sent")))?;
        value.set_sensitive(true);
        headers.insert(parsed, value);
    }
    Ok(headers)
}

/// Ours, the codec's, and the caller's over both.
fn headers(encoded: &EncodedRequest, own: HeaderMap, stream: bool) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", HeaderValue::from_static(USER_AGENT));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let accept = if stream {
        "text/event-stream, application/json"
    } else {
        "application/json"
    };
    headers.insert("accept", HeaderValue::from_static(accept));
    // A compressed stream is held back by some proxies until a block is full.
    let accept_encoding = if stream { "identity" } else { "gzip" };
    headers.insert("accept-encoding", HeaderValue::from_static(accept_encoding));
    let idempotency_key = format!("{:032x}", fastrand::u128(..));
    for (name, value) in encoded
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain([("idempotency-key", idempotency_key.as_str())])
    {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| invalid(format!("header {name} cannot be sent")))?;
        value.set_sensitive(true);
        headers.insert(
            HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid(format!("header {name} cannot be sent")))?,
            value,
        );
    }
    headers.extend(own);
    Ok(headers)
}

fn invalid(message: String) -> LlmError {
    LlmError::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests;
