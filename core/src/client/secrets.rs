//! Which texts are secrets: those of a client, and those that a call brings. Collects them from
//! options, environment and request; how they are found in a text is `secret`'s.

use super::environment::Environment;
use crate::client::options::ClientOptions;
use crate::providers;
use crate::request::{ApiKey, CallOptions, CloudOptions, Fallbacks, KeyMaterial};
use crate::secret::{Collector, Secrets};

/// The secrets that all calls of a client share.
pub(super) fn of_client(options: &ClientOptions, environment: &Environment) -> Secrets {
    let mut secrets = Collector::default();
    environment.collect(&mut secrets);
    collect(
        &mut secrets,
        options.api_key.as_ref(),
        &options.headers,
        options.base_url.as_deref(),
    );
    collect_cloud(&mut secrets, &options.cloud);
    collect_cloud(&mut secrets, &environment.cloud);
    collect_fallbacks(&mut secrets, options.fallbacks.as_ref());
    secrets.finish()
}

/// `None` where the call brings nothing of its own, as most do.
pub(super) fn of_call(call: &CallOptions) -> Option<Secrets> {
    let mut secrets = Collector::default();
    collect_call(&mut secrets, call);
    if let Some(origin) = call.fallbacks.as_ref().and_then(Fallbacks::origin) {
        collect_call(&mut secrets, &origin.call);
    }
    for key in call.keys.given().iter().flat_map(KeyMaterial::secrets) {
        secrets.key(key.expose());
    }
    Some(secrets.finish()).filter(|secrets| !secrets.is_empty())
}

/// Those of a call and of all that it may fall back to.
fn collect_call(secrets: &mut Collector, call: &CallOptions) {
    let base_url = call.base_url.as_deref();
    collect(secrets, call.api_key.as_ref(), &call.headers, base_url);
    collect_cloud(secrets, &call.cloud);
    collect_fallbacks(secrets, call.fallbacks.as_ref());
}

fn collect_fallbacks(secrets: &mut Collector, fallbacks: Option<&Fallbacks>) {
    let list = fallbacks.iter().flat_map(|fallbacks| fallbacks.list());
    list.for_each(|fallback| collect_call(secrets, &fallback.call));
}

/// The id of an access key is none: AWS puts it into every signature in the clear.
fn collect_cloud(secrets: &mut Collector, cloud: &CloudOptions) {
    let own = [&cloud.aws_secret_access_key, &cloud.aws_session_token];
    for key in own.into_iter().flatten() {
        secrets.key(key.expose());
    }
    if let Some(url) = &cloud.aws_signing_url {
        secrets.url(url);
    }
}

fn collect(
    secrets: &mut Collector,
    key: Option<&ApiKey>,
    headers: &[(String, String)],
    base_url: Option<&str>,
) {
    if let Some(ApiKey::Text(key)) = key {
        secrets.key(key.expose());
    }
    for (name, value) in headers {
        if !names_provider(value) {
            secrets.header(name, value);
        }
    }
    if let Some(url) = base_url {
        secrets.url(url);
    }
}

/// Gateways take the name of a provider in a header, and every error has it too. It opens nothing,
/// whatever the header is called: `x-portkey-provider` ends one of its words like a key does.
fn names_provider(value: &str) -> bool {
    providers::all().any(|provider| provider.name() == value)
}

#[cfg(test)]
#[cfg(feature = "openai")]
mod tests {
    use super::*;
    use crate::secret::Redactor;

    #[test]
    fn the_name_of_a_provider_in_a_header_is_no_secret() {
        let cleaned = |name: &str, value: &str| {
            let options = ClientOptions {
                headers: vec![(name.to_owned(), value.to_owned())],
                ..ClientOptions::default()
            };
            let secrets = of_client(&options, &Environment::default());
            Redactor::new(&secrets, None).clean_line(format!("{value}: 446 denied"))
        };
        let header = "x-portkey-provider";
        assert_eq!(cleaned(header, "openrouter"), "openrouter: 446 denied");
        assert_eq!(cleaned(header, "openrouter-1"), "[REDACTED]: 446 denied");
    }
}
