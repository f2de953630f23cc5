//! Which texts are secrets: those of a client, and those that a call brings. Collects them from
//! options, environment and request; how they are found in a text is `secret`'s.

use super::environment::Environment;
use crate::client::options::ClientOptions;
use crate::request::{CallOptions, CloudOptions};
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
    collect_cloud(&mut secrets, &options.cloud);
    collect_cloud(&mut secrets, &environment.cloud);
    secrets.finish()
}

/// `None` where the call brings nothing of its own, as most do.
pub(super) fn of_call(call: &CallOptions) -> Option<Secrets> {
    let mut secrets = Collector::default();
    collect(
        &mut secrets,
        call.api_key.as_ref(),
        &call.headers,
        call.base_url.as_deref(),
    );
    collect_cloud(&mut secrets, &call.cloud);
    Some(secrets.finish()).filter(|secrets| !secrets.is_empty())
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
