//! Which texts are secrets: those of a client, and those that a call brings. Collects them from
//! options, environment and request; how they are found in a text is `secret`'s.

use super::environment::Environment;
use crate::client::options::ClientOptions;
use crate::request::LlmRequest;
use crate::secret::{Collector, Secret, Secrets};

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
    secrets.finish()
}

/// `None` where the call brings nothing of its own, as most do.
pub(super) fn of_call(request: &LlmRequest) -> Option<Secrets> {
    let mut secrets = Collector::default();
    collect(
        &mut secrets,
        request.api_key.as_ref(),
        &request.headers,
        request.base_url.as_deref(),
    );
    Some(secrets.finish()).filter(|secrets| !secrets.is_empty())
}

fn collect(
    secrets: &mut Collector,
    key: Option<&Secret>,
    headers: &[(String, String)],
    base_url: Option<&str>,
) {
    if let Some(key) = key {
        secrets.key(key.expose());
    }
    for (name, value) in headers {
        secrets.header(name, value);
    }
    if let Some(url) = base_url {
        secrets.url(url);
    }
}
