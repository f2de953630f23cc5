//! From a request to something that can be sent: which provider, which key, which URL, which
//! headers. Owns what is refused before any I/O. Done once per call.

pub(crate) mod base_url;
mod cleartext;
pub(crate) mod request_headers;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use url::Url;

use crate::client::environment::{Entry, Environment};
use crate::client::options::ClientOptions;
use crate::client::shared::Shared;
use crate::error::config;
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::http::{HttpRequest, ProxyHost};
use crate::providers::{self, EncodedRequest, Provider, Target};
use crate::request::LlmRequest;
use crate::secret::{has_secret, is_secret_name, may_be_key, Secret};

/// Headers that can stand in for a key.
const KEY_HEADERS: [&str; 3] = ["authorization", "x-api-key", "api-key"];

/// A request that is ready to be sent.
#[derive(Debug)]
pub(crate) struct PreparedRequest {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) http: HttpRequest,
    pub(crate) model: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) framing: Framing,
    pub(crate) stream: bool,
}

/// Resolves and encodes; every error names the field and costs no I/O.
pub(crate) fn prepare(
    shared: &Shared,
    request: &mut LlmRequest,
) -> Result<PreparedRequest, LlmError> {
    let proxy_of = |url: &Url| shared.http.proxy_host(url);
    resolve(&shared.options, &shared.environment, proxy_of, request)
}

pub(crate) fn resolve(
    options: &ClientOptions,
    environment: &Environment,
    proxy_of: impl FnOnce(&Url) -> Option<ProxyHost>,
    request: &mut LlmRequest,
) -> Result<PreparedRequest, LlmError> {
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
    let base_url = base_url::parse(base_url)?;
    let own_headers = request_headers::of_caller(&options.headers, &request.headers)?;
    let key = match own_headers.contains_key("authorization") {
        true => None,
        false => key(options, request, entry)?,
    };
    let own_endpoint = ["", base_url.as_str().trim_end_matches('/')].contains(&provider.base_url());
    let stream = request.stream.unwrap_or(true);
    let lenient = request.lenient.unwrap_or(options.lenient);
    let has_own_key = KEY_HEADERS
        .iter()
        .any(|name| own_headers.contains_key(*name));
    if key.is_none() && !has_own_key && own_endpoint && provider.needs_key() {
        let variables = provider.key_variables().join(" or ");
        return Err(config(format!("no key; set {variables} or api_key")));
    }
    let target = Target {
        key: key.as_ref(),
        authorization: own_headers.get("authorization"),
        own_endpoint,
        host: base_url.host_str().unwrap_or_default(),
        base_path: base_url.path().trim_end_matches('/'),
        query: base_url.query().unwrap_or_default(),
        stream,
        lenient,
    };
    let encoded = provider.request(request, &target)?;
    check_size(&encoded, options)?;
    let url = base_url::append(&base_url, &encoded.path);
    let has_own_secret = own_headers.keys().any(|name| is_secret_name(name.as_str()));
    let carries_secret = key.is_some() || has_own_secret || has_secret(&url);
    let proxy = proxy_of(&url);
    let allowed = options.allow_insecure_http;
    cleartext::check(&url, proxy.as_ref(), carries_secret, allowed)?;
    let headers = request_headers::of_request(&encoded, own_headers, stream)?;
    // Encoded now; the call may last for minutes and needs none of it again.
    request.messages = Vec::new();
    request.tools = Vec::new();
    request.extra.clear();
    request.extra_body.clear();
    Ok(PreparedRequest {
        provider,
        model: std::mem::take(&mut request.model),
        http: HttpRequest {
            url,
            headers,
            body: Bytes::from(encoded.body),
        },
        warnings: encoded.warnings,
        framing: encoded.framing,
        stream,
    })
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
        None => Err(no_provider(&request.model)),
    }
}

/// The error of a model without a known prefix. A model that may be a key is not repeated.
fn no_provider(model: &str) -> LlmError {
    let shown = match may_be_key(model) {
        true => "the model (not shown: it may be a key, which belongs in api_key)".to_owned(),
        false => format!("model \"{model}\""),
    };
    config(format!(
        "no provider for {shown}; name one, or write provider/model"
    ))
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
