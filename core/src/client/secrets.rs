//! Which texts are secrets: those of a client, and those that a call brings. Collects them from
//! options, environment and request; how they are found in a text is `secret`'s.

use std::sync::{Arc, Mutex};

use secrecy::zeroize::Zeroizing;

use super::environment::Environment;
use crate::client::options::ClientOptions;
use crate::mutex::lock;
use crate::providers;
use crate::request::{ApiKey, CallOptions, CloudOptions, Fallbacks, KeyMaterial};
use crate::secret::{Collector, Secrets};

/// A letter, a length and a blank.
const LENGTH_BYTES_MAX: usize = 22;

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

/// The secrets of calls. Those of the last one are kept, once per client: a function gives the same
/// key for many calls, and to take a long token apart costs more than the rest of a short call.
#[derive(Default)]
pub(super) struct CallSecrets {
    last: Mutex<Option<Last>>,
}

struct Last {
    brought: Zeroizing<String>,
    secrets: Option<Arc<Secrets>>,
}

impl CallSecrets {
    /// `None` where the call brings nothing of its own, as most do.
    pub(super) fn of(&self, call: &CallOptions) -> Option<Arc<Secrets>> {
        let given = call.keys.given();
        let brought = brought(call, &given);
        if brought.is_empty() {
            return None;
        }
        if let Some(last) = lock(&self.last).as_ref() {
            if *last.brought == *brought {
                return last.secrets.clone();
            }
        }
        let secrets = of_call(call, &given);
        let secrets = Some(secrets).filter(|secrets| !secrets.is_empty());
        let secrets = secrets.map(Arc::new);
        *lock(&self.last) = Some(Last {
            brought,
            secrets: secrets.clone(),
        });
        secrets
    }
}

/// All that a call's secrets are made of, each text behind its length.
fn brought(call: &CallOptions, given: &[KeyMaterial]) -> Zeroizing<String> {
    let mut brought = Zeroizing::new(String::new());
    for call in and_its_origin(call) {
        add_brought(&mut brought, call);
    }
    for key in given.iter().flat_map(KeyMaterial::secrets) {
        add_text(&mut brought, 'k', key.expose());
    }
    brought
}

fn add_brought(brought: &mut String, call: &CallOptions) {
    let key = call.api_key.as_ref().and_then(ApiKey::text);
    let cloud = [
        &call.cloud.aws_secret_access_key,
        &call.cloud.aws_session_token,
    ];
    for key in key.into_iter().chain(cloud.into_iter().flatten()) {
        add_text(brought, 'k', key.expose());
    }
    for (name, value) in &call.headers {
        add_text(brought, 'n', name);
        add_text(brought, 'v', value);
    }
    for url in [&call.base_url, &call.cloud.aws_signing_url] {
        url.iter().for_each(|url| add_text(brought, 'u', url));
    }
    for fallback in call.fallbacks.iter().flat_map(Fallbacks::list) {
        add_brought(brought, &fallback.call);
    }
}

fn add_text(brought: &mut String, kind: char, text: &str) {
    brought.reserve(LENGTH_BYTES_MAX + text.len());
    brought.push(kind);
    // Digit by digit, since formatting costs more than all the rest for a short text.
    let mut length = text.len();
    while length > 0 {
        brought.push(char::from(b'0' + (length % 10) as u8));
        length /= 10;
    }
    brought.push(' ');
    brought.push_str(text);
}

/// A call, and that of which it is a fallback.
fn and_its_origin(call: &CallOptions) -> impl Iterator<Item = &CallOptions> {
    let origin = call.fallbacks.as_ref().and_then(Fallbacks::origin);
    std::iter::once(call).chain(origin.map(|origin| &origin.call))
}

fn of_call(call: &CallOptions, given: &[KeyMaterial]) -> Secrets {
    let mut secrets = Collector::default();
    for call in and_its_origin(call) {
        collect_call(&mut secrets, call);
    }
    for key in given.iter().flat_map(KeyMaterial::secrets) {
        secrets.key(key.expose());
    }
    secrets.finish()
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

    /// Whatever differs, so that no call has the secrets of another.
    #[test]
    fn the_secrets_of_the_last_call_are_made_once() {
        let call = |json: &str| {
            let request = crate::request::LlmRequest::from_json(json);
            request.unwrap().call
        };
        let request = |fields: &str| {
            call(&format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}]{fields}}}"#
            ))
        };
        let secrets = CallSecrets::default();
        assert!(secrets.of(&request("")).is_none());
        assert!(secrets
            .of(&request(r#","base_url":"https://h/v1""#))
            .is_none());
        let given = request("");
        let mut last = None;
        for call in [
            request(r#","api_key":"first-key-1""#),
            request(r#","api_key":"first-key-2""#),
            request(r#","headers":{"x-token":"first-key-2"}"#),
            request(r#","headers":{"x-tokens":"first-key-2"}"#),
            request(r#","headers":{"x-tokens":"other-key-2"}"#),
            request(r#","aws_secret_access_key":"first-key-3""#),
            request(r#","aws_session_token":"first-key-4""#),
            request(r#","base_url":"https://h/v1?key=first-key-5""#),
            request(r#","base_url":"https://h/v1?key=other-key-5""#),
            request(r#","aws_signing_url":"https://h/v1?key=first-key-6""#),
            request(r#","fallbacks":[{"model":"n","api_key":"first-key-8"}]"#),
            request(r#","fallbacks":[{"model":"n","api_key":"other-key-8"}]"#),
            request(r#","fallbacks":[{"model":"n","headers":{"x-token":"first-key-8"}}]"#),
            given.clone(),
        ] {
            // The copies of a call share what was given.
            let given = KeyMaterial::from_json(r#"{"api_key":"first-key-7"}"#).unwrap();
            if call.api_key.is_none() && call.headers.is_empty() && call.base_url.is_none() {
                call.keys.push(&given);
            }
            let found = secrets.of(&call).unwrap();
            let same = secrets.of(&call.clone()).unwrap();
            assert!(Arc::ptr_eq(&found, &same));
            let is_same = last.is_some_and(|last| Arc::ptr_eq(&last, &found));
            assert!(!is_same);
            last = Some(found);
        }
    }

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
