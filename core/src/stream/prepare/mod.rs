//! From a request to something that can be sent: which provider, which key, which URL, which
//! headers. Owns what is refused before any I/O. Done once per call.

mod address;
pub(super) mod api;
mod authentication;
pub(crate) mod base_url;
pub(crate) mod cleartext;
mod cloud;
#[cfg(all(
    test,
    feature = "openai",
    feature = "anthropic",
    feature = "cohere",
    feature = "ollama"
))]
mod gateway_tests;
mod placeholder;
mod playlist;
mod provider;
pub(crate) mod request_headers;
mod slips;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use url::Url;

use crate::client::environment::{Entry, Environment};
use crate::client::options::ClientOptions;
use crate::client::shared::Shared;
use crate::error::config;
use crate::error::{ErrorKind, LlmError};
use crate::framing::Framing;
use crate::http::{is_loopback, HttpRequest, ProxyHost, TapeMode};
use crate::providers::{EncodedRequest, Provider, Target};
use crate::request::{
    ApiKey, Auth, CallOptions, CloudOptions, Fallbacks, KeyMaterial, KeySource, Operation,
};
use crate::script::{self, Playlist};
use crate::secret::has_secret;
use crate::stream::task::{Reading, Task};
use authentication::{Authentication, Key};
pub(super) use provider::provider;

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct PreparedRequest {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) http: HttpRequest,
    pub(crate) model: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) framing: Framing,
    pub(crate) stream: bool,
    /// How the response is decoded.
    pub(crate) reading: Reading,
    /// What the call's own script answers.
    pub(crate) playlist: Option<Arc<Mutex<Playlist>>>,
    /// The error of a request without a key, which only a tape can answer.
    pub(crate) no_key: Option<Box<LlmError>>,
    authentication: Authentication,
}

impl PreparedRequest {
    /// Whether a script answers it.
    pub(crate) fn is_scripted(&self) -> bool {
        self.provider.name() == script::PROVIDER
    }

    /// Whether it is signed for the time of its attempt.
    pub(crate) fn is_signed(&self) -> bool {
        self.authentication.is_signed()
    }

    /// The request as an attempt at this time sends it; `None` where that is `http`.
    pub(crate) fn of_attempt(&self, now: SystemTime) -> Result<Option<Box<HttpRequest>>, LlmError> {
        if !self.authentication.is_of_attempt() {
            return Ok(None);
        }
        let mut request = Box::new(self.http.clone());
        self.authentication.apply(&mut request, now)?;
        Ok(Some(request))
    }

    /// Who is asked for the key of each attempt, if it is not known.
    pub(crate) fn key_source(&self) -> Option<&Arc<dyn KeySource>> {
        self.authentication.key.source()
    }

    /// Whose limits it counts for: where it goes, and as whom.
    pub(crate) fn hash_account(&self, hasher: &mut impl Hasher) {
        self.http.url.authority().hash(hasher);
        self.authentication.hash_account(hasher);
    }

    /// Sets the key of the next attempt.
    pub(crate) fn set_key(&mut self, key: &KeyMaterial) -> Result<(), LlmError> {
        self.authentication.set_key(key)
    }
}

/// Resolves and encodes; every error names the field and costs no I/O.
pub(crate) fn prepare(shared: &Shared, task: &mut Task) -> Result<PreparedRequest, LlmError> {
    let proxy_of = |url: &Url| shared.http.proxy_host(url);
    let call = task.call();
    let origin = call.fallbacks.as_ref().and_then(Fallbacks::origin);
    let options = match origin.is_some_and(|origin| origin.is_elsewhere) {
        true => Cow::Owned(shared.options.elsewhere(call.base_url.is_some())),
        false => Cow::Borrowed(&shared.options),
    };
    resolve(&options, &shared.environment, proxy_of, task)
}

/// The options of a client without its key, where a call names another provider: what one provider
/// gave out is not shown to another. Where a base URL is named, the key is for that.
fn without_anothers_key<'o>(
    options: &'o ClientOptions,
    call: &CallOptions,
) -> Cow<'o, ClientOptions> {
    let of_client = options.provider.as_deref().unwrap_or_default();
    let of_call = call.provider.as_deref().unwrap_or_default();
    let is_another = !of_client.is_empty() && !of_call.is_empty() && of_client != of_call;
    let has_key = options.api_key.is_some() && call.api_key.is_none();
    let has_place = options.base_url.is_some() || call.base_url.is_some();
    if !is_another || !has_key || has_place {
        return Cow::Borrowed(options);
    }
    Cow::Owned(ClientOptions {
        api_key: None,
        key_source: None,
        ..options.clone()
    })
}

/// Says why the client's key is not used, where there is one.
fn with_key_left_out(mut error: LlmError, is_left_out: bool, options: &ClientOptions) -> LlmError {
    if let (true, Some(provider)) = (is_left_out, &options.provider) {
        error.message += &format!("; the client's api_key is that of {provider}");
    }
    error
}

pub(crate) fn resolve(
    options: &ClientOptions,
    environment: &Environment,
    proxy_of: impl FnOnce(&Url) -> Option<ProxyHost>,
    task: &mut Task,
) -> Result<PreparedRequest, LlmError> {
    task.check()?;
    let of_client = without_anothers_key(options, task.call());
    let options = &*of_client;
    let (provider, model) = provider(options, task.call(), task.model(), task.operation())?;
    model.into_iter().for_each(|model| task.set_model(model));
    let call = task.call();
    let playlist = playlist::of_call(provider, call)?;
    let is_left_out = matches!(of_client, Cow::Owned(_));
    let Destination {
        mut authentication,
        mut base_url,
        own_endpoint,
        no_key,
    } = destination(provider, options, environment, task, is_left_out)?;
    let cloud = authentication.cloud.clone();
    if own_endpoint && task.operation() == Operation::Chat {
        authentication.provider = api::with_model(provider, options, call, task.model());
    }
    if own_endpoint {
        let host = task.host_of(provider, &base_url);
        address::set_host(&mut base_url, host)?;
    }
    let stream = task.is_streamed();
    let slips = slips::warnings(task, authentication.provider);
    let target = Target {
        own_endpoint,
        stream,
        lenient: call.lenient.unwrap_or(options.lenient),
        ..address::target(&base_url, &cloud)
    };
    let mut encoded = task.encode(authentication.provider, &target)?;
    encoded.warnings.extend(slips);
    check_size(&encoded, options)?;
    let url = base_url::append(&base_url, &encoded.path);
    let is_sent = options.tape_mode() != Some(TapeMode::Replay);
    let carries_secret = is_sent && (authentication.carries_secret() || has_secret(&url));
    let (proxy, allowed) = (proxy_of(&url), options.allow_insecure_http);
    cleartext::check(&url, proxy.as_ref(), carries_secret, allowed)?;
    let http = http_request(&mut encoded, url, &authentication, stream)?;
    Ok(PreparedRequest {
        provider: authentication.provider,
        model: task.model().to_owned(),
        http,
        warnings: encoded.warnings,
        framing: encoded.framing,
        stream,
        reading: task.take_reading(),
        playlist,
        no_key,
        authentication,
    })
}

/// As whom a request goes, and where.
struct Destination {
    authentication: Authentication,
    base_url: Url,
    own_endpoint: bool,
    /// Why a tape alone can answer it, where that is so.
    no_key: Option<Box<LlmError>>,
}

fn destination(
    provider: &'static dyn Provider,
    options: &ClientOptions,
    environment: &Environment,
    task: &Task,
    is_key_left_out: bool,
) -> Result<Destination, LlmError> {
    let (call, model, tape) = (task.call(), task.model(), options.tape_mode());
    let read = |reads_keys| sender(provider, options, environment, call, model, reads_keys);
    let (mut authentication, unread) = placeholder::sender(tape, read)?;
    let place =
        |cloud: &CloudOptions| address::of(provider, options, call, environment, model, cloud);
    let ((base_url, own_endpoint), nowhere) =
        placeholder::address(&mut authentication, tape, place)?;
    let lacks_key = own_endpoint && lacks_key(&authentication, &base_url);
    let cloud = authentication.cloud.clone();
    let missing = placeholder::stand_in(&mut authentication, lacks_key, tape, || {
        let error = cloud::no_key(provider, &cloud, environment);
        with_key_left_out(error, is_key_left_out, options)
    })?;
    Ok(Destination {
        authentication,
        base_url,
        own_endpoint,
        no_key: unread.or(nowhere).or(missing),
    })
}

/// The request as it goes out. What is missing for that is found now, before any I/O.
fn http_request(
    encoded: &mut EncodedRequest,
    url: Url,
    authentication: &Authentication,
    stream: bool,
) -> Result<HttpRequest, LlmError> {
    let headers = request_headers::of_request(encoded, &authentication.own_headers, stream)?;
    let mut http = HttpRequest {
        method: encoded.method.clone(),
        url,
        headers,
        body: Bytes::from(std::mem::take(&mut encoded.body)),
    };
    if authentication.key.source().is_none() {
        authentication.apply(&mut http, SystemTime::now())?;
    }
    Ok(http)
}

/// Whether a key is missing. A server on this machine asks for one if it wants one, also where the
/// provider has no address of its own and every one counts as that.
fn lacks_key(authentication: &Authentication, base_url: &Url) -> bool {
    let is_here = base_url.host().is_some_and(|host| is_loopback(&host));
    !is_here && authentication.lacks_key()
}

/// Who sends a request: the key, or the account of a cloud, and the caller's own headers. Keys are
/// looked for only where they are read.
fn sender(
    provider: &'static dyn Provider,
    options: &ClientOptions,
    environment: &Environment,
    call: &CallOptions,
    model: &str,
    reads_keys: bool,
) -> Result<Authentication, LlmError> {
    let own_headers = request_headers::of_caller(&options.headers, &call.headers)?;
    let auth = call.auth.unwrap_or(options.auth);
    let own_key = call.api_key.as_ref().or(options.api_key.as_ref());
    let own_key = own_key.and_then(ApiKey::text);
    let mut cloud = cloud::merged(&call.cloud, &options.cloud, |own| {
        environment.cloud_of(provider, own, own_key)
    });
    let is_replaced = own_headers.contains_key("authorization")
        && (auth == Auth::Bearer || !provider.keeps_key_beside_authorization());
    let entry = environment.entry(provider.name());
    let entry = entry.filter(|entry| entry.key_counts(&cloud));
    let mut key_found = Key::Absent;
    if reads_keys {
        if !is_replaced && auth != Auth::None {
            key_found = key(provider, options, call, entry)?;
        }
        let needs_keys =
            key_found.is_absent() && !request_headers::has_key(&own_headers) && auth == Auth::Key;
        let are_of_file = cloud::complete(&mut cloud, provider, environment, needs_keys, model)?;
        if let (true, Some(keys)) = (are_of_file, KeyMaterial::of_cloud(&cloud)) {
            // Redactors know those of the options and of the variables, but not of the files.
            call.keys.push(&keys);
        }
    }
    Ok(Authentication {
        provider,
        key: key_found,
        given: None,
        auth,
        cloud,
        own_headers,
    })
}

/// Whether a request without a model goes to the provider's own address.
pub(super) fn is_own_endpoint(
    provider: &dyn Provider,
    options: &ClientOptions,
    call: &CallOptions,
    environment: &Environment,
) -> bool {
    let found = address::of(provider, options, call, environment, "", &call.cloud);
    found.is_ok_and(|(_, own_endpoint)| own_endpoint)
}

/// A key, or the account of a cloud in its place: the call's, else the client's, else the
/// environment's key.
fn key(
    provider: &dyn Provider,
    options: &ClientOptions,
    call: &CallOptions,
    entry: Option<&Entry>,
) -> Result<Key, LlmError> {
    let of_call = (&call.api_key, &call.cloud);
    for (key, cloud) in [of_call, (&options.api_key, &options.cloud)] {
        match key {
            Some(ApiKey::Text(key)) => return Ok(Key::Text(key.clone())),
            Some(ApiKey::Ask) => {
                let source = call.keys.source().or(options.key_source.as_ref());
                return source.cloned().map(Key::Asked).ok_or_else(no_source);
            }
            None if provider.names_account(cloud) => return Ok(Key::Absent),
            None => {}
        }
    }
    match entry.and_then(|entry| entry.key.as_ref()) {
        None => Ok(Key::Absent),
        Some((_, Ok(key))) => Ok(Key::Text(key.clone())),
        Some((variable, Err(error))) => {
            let message = error.message.replacen("api_key", variable, 1);
            Err(LlmError {
                message,
                ..error.clone()
            })
        }
    }
}

fn no_source() -> LlmError {
    config(
        "api_key: a key cannot be asked for in this call; \
         give the key as text, or start the call with a client, which can ask",
    )
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
