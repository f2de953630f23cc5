//! Where a request goes: the base URL of the call, of the client, of the environment, or the
//! provider's own.

use url::Url;

use super::base_url;
use crate::client::environment::Environment;
use crate::client::options::ClientOptions;
use crate::error::{config, LlmError};
use crate::providers::{Provider, Target};
use crate::request::{CallOptions, CloudOptions};

/// Where a request goes, and whether that is the provider's own address.
pub(super) fn of(
    provider: &dyn Provider,
    options: &ClientOptions,
    call: &CallOptions,
    environment: &Environment,
    model: &str,
    cloud: &CloudOptions,
) -> Result<(Url, bool), LlmError> {
    let named = call.base_url.as_ref().or(options.base_url.as_ref());
    let entry = environment.entry(provider.name());
    let named = named.or_else(|| entry.and_then(|entry| entry.base_url.as_ref()));
    let provider_url = provider.base_url_of(model, cloud);
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
    let base_url = match &provider_url {
        Ok(own) => base_url::with_own_path(base_url, own),
        Err(_) => base_url,
    };
    // Where a provider has no address of its own, every one is.
    let is_own = |own: &str| ["", base_url.as_str().trim_end_matches('/')].contains(&own);
    let own_endpoint = provider_url.is_ok_and(|own| is_own(&own));
    Ok((base_url, own_endpoint))
}

/// Where a request goes, as its codec needs to know it.
pub(super) fn target<'a>(base_url: &'a Url, cloud: &'a CloudOptions) -> Target<'a> {
    Target {
        cloud,
        own_endpoint: false,
        host: base_url.host_str().unwrap_or_default(),
        base_path: base_url.path().trim_end_matches('/'),
        query: base_url.query().unwrap_or_default(),
        stream: false,
        lenient: false,
    }
}

pub(super) fn set_host(base_url: &mut Url, host: Option<String>) -> Result<(), LlmError> {
    let Some(host) = host else {
        return Ok(());
    };
    let invalid = |_| config(format!("{host} is not a host"));
    base_url.set_host(Some(&host)).map_err(invalid)
}
