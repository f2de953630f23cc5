//! From a request to something that can be sent: which provider, which key, which URL, which
//! headers. Owns what is refused before any I/O. Done once per call.

mod authentication;
pub(crate) mod base_url;
mod cleartext;
mod cloud;
pub(crate) mod request_headers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::SystemTime;

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
use crate::request::{Auth, LlmRequest};
use crate::secret::{has_secret, is_secret_name, may_be_key, Secret};
use authentication::Authentication;

/// Headers that can stand in for a key.
const KEY_HEADERS: [&str; 4] = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// A request that is ready to be sent.
#[derive(Debug)]
pub(crate) struct PreparedRequest {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) http: HttpRequest,
    pub(crate) model: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) framing: Framing,
    pub(crate) stream: bool,
    authentication: Authentication,
}

impl PreparedRequest {
    /// Whether it is signed for the time of its attempt.
    pub(crate) fn is_signed(&self) -> bool {
        self.authentication.is_signed()
    }

    /// The request as an attempt at this time sends it.
    pub(crate) fn of_attempt(&self, now: SystemTime) -> Result<Cow<'_, HttpRequest>, LlmError> {
        if !self.authentication.is_signed() {
            return Ok(Cow::Borrowed(&self.http));
        }
        let mut request = self.http.clone();
        self.authentication.apply(&mut request, now)?;
        Ok(Cow::Owned(request))
    }
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
    let own_headers = request_headers::of_caller(&options.headers, &request.call.headers)?;
    let key = match own_headers.contains_key("authorization") {
        true => None,
        false => key(provider, options, request, entry)?,
    };
    let auth = request.call.auth.unwrap_or(options.auth);
    let mut cloud = cloud::merged(&request.call.cloud, &options.cloud, &environment.cloud);
    let has_own_key = KEY_HEADERS
        .iter()
        .any(|name| own_headers.contains_key(*name));
    let needs_keys = key.is_none() && !has_own_key && auth == Auth::Key;
    cloud::complete(
        &mut cloud,
        provider,
        environment,
        needs_keys,
        &request.model,
    )?;
    if provider.uses_aws_credentials() {
        // The call's redactor looks for its secrets, also for those of a file.
        request.call.cloud = cloud.clone();
    }
    let named = request.call.base_url.as_ref().or(options.base_url.as_ref());
    let named = named.or_else(|| entry.and_then(|entry| entry.base_url.as_ref()));
    let provider_url = provider.base_url_of(&request.model, &cloud);
    let base_url = match (named, &provider_url) {
        (Some(named), _) => named.as_str(),
        (None, Ok(own)) => own,
        (None, Err(error)) => return Err(error.clone()),
    };
    if base_url.is_empty() {
        let variable = provider.base_url_variable();
        return Err(config(format!("no base_url; set {variable} or base_url")));
    }
    let base_url = base_url::parse(base_url)?;
    // Where a provider has no address of its own, every one is.
    let is_own = |own: &str| ["", base_url.as_str().trim_end_matches('/')].contains(&own);
    let own_endpoint = provider_url.is_ok_and(|own| is_own(&own));
    let stream = request.stream.unwrap_or(true);
    let lenient = request.call.lenient.unwrap_or(options.lenient);
    let needs_key = own_endpoint && provider.needs_key() && auth != Auth::None;
    let has_account = auth == Auth::Key && provider.names_account(&cloud);
    if key.is_none() && !has_own_key && !has_account && needs_key {
        return Err(cloud::no_key(provider, &cloud, environment));
    }
    let target = Target {
        cloud: &cloud,
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
    let authentication = Authentication {
        provider,
        key,
        auth,
        cloud: cloud.clone(),
        own_headers,
    };
    let has_key = authentication.key.is_some() || authentication.is_signed();
    let carries_secret = has_key || has_own_secret || has_secret(&url);
    let proxy = proxy_of(&url);
    let allowed = options.allow_insecure_http;
    cleartext::check(&url, proxy.as_ref(), carries_secret, allowed)?;
    let own_headers = &authentication.own_headers;
    let headers = request_headers::of_request(&encoded, own_headers, stream)?;
    let mut http = HttpRequest {
        method: encoded.method,
        url,
        headers,
        body: Bytes::from(encoded.body),
    };
    // What is missing is found now, before any I/O.
    authentication.apply(&mut http, SystemTime::now())?;
    // Encoded now; the call may last for minutes and needs none of it again.
    request.messages = Vec::new();
    request.tools = Vec::new();
    request.extra.clear();
    request.extra_body.clear();
    Ok(PreparedRequest {
        provider,
        model: std::mem::take(&mut request.model),
        http,
        warnings: encoded.warnings,
        framing: encoded.framing,
        stream,
        authentication,
    })
}

/// The request's provider, else the client's, else the prefix of the model, which is then taken
/// off.
fn provider(
    options: &ClientOptions,
    request: &mut LlmRequest,
) -> Result<&'static dyn Provider, LlmError> {
    let named = request
        .call
        .provider
        .as_deref()
        .filter(|name| !name.is_empty());
    let own = options.provider.as_deref().filter(|name| !name.is_empty());
    let api = request.call.api.as_deref().or(options.api.as_deref());
    if let Some(name) = named.or(own) {
        return providers::by_name_and_api(name, api);
    }
    let prefix = request.model.split_once('/');
    let found = prefix.and_then(|(name, model)| {
        let provider = providers::by_name(name).ok()?;
        Some((provider.name(), model.to_owned()))
    });
    match found {
        Some((name, model)) => {
            let provider = providers::by_name_and_api(name, api)?;
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

/// A key, or the account of a cloud in its place: the call's, else the client's, else the
/// environment's key.
fn key(
    provider: &dyn Provider,
    options: &ClientOptions,
    request: &LlmRequest,
    entry: Option<&Entry>,
) -> Result<Option<Secret>, LlmError> {
    let of_call = (&request.call.api_key, &request.call.cloud);
    for (key, cloud) in [of_call, (&options.api_key, &options.cloud)] {
        if key.is_some() || provider.names_account(cloud) {
            return Ok(key.clone());
        }
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
