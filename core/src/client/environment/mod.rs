//! Environment variables: keys, base URLs and the credentials of proxies, read once when a client
//! is made. No variable makes a connection less safe. Those of each cloud are in a file of its own.

mod aws;
mod aws_files;

mod google;
mod ollama;

use secrecy::{ExposeSecret, SecretString};

use aws::AwsEnvironment;

use crate::error::LlmError;
use crate::providers::{self, Provider};
use crate::request::CloudOptions;
use crate::secret::{Collector, Secret};

/// Where the credentials of proxies may stand.
const PROXY_VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Keys and base URLs of the environment, and the credentials of its proxies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    entries: Vec<Entry>,
    /// What the variables of clouds say.
    pub(crate) cloud: CloudOptions,
    /// What is read where those of AWS are not enough.
    pub(crate) aws: AwsEnvironment,
    /// `user:password`, as it stands in the URL of a proxy.
    proxy_users: Vec<SecretString>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    provider: &'static str,
    pub(crate) key: Option<(&'static str, Result<Secret, LlmError>)>,
    pub(crate) base_url: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the base URL, which may hold a password until it is refused.
        formatter
            .debug_struct("Entry")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self::of(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// What the variables say.
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let entries = providers::all().map(|provider| Entry {
            provider: provider.name(),
            key: provider
                .key_variables()
                .iter()
                .find_map(|name| variable(name).map(|value| (*name, Secret::new(value)))),
            base_url: base_url(provider, &variable),
        });
        let mut cloud = CloudOptions::DEFAULTS;
        google::read(&variable, &mut cloud);
        aws::read_variables(&variable, &mut cloud);
        Self {
            entries: entries.collect(),
            cloud,
            aws: AwsEnvironment::read(&variable),
            proxy_users: PROXY_VARIABLES
                .into_iter()
                .filter_map(|name| proxy_user(&variable(name)?))
                .collect(),
        }
    }

    pub(crate) fn entry(&self, provider: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.provider == provider)
    }

    /// Every secret in it, for redaction.
    pub(crate) fn collect(&self, secrets: &mut Collector) {
        for entry in &self.entries {
            if let Some((_, Ok(key))) = &entry.key {
                secrets.key(key.expose());
            }
            if let Some(url) = &entry.base_url {
                secrets.url(url);
            }
        }
        for user in &self.proxy_users {
            secrets.pair(user.expose_secret());
        }
    }
}

/// The base URL of a provider; Ollama's own programs have a variable of another form.
fn base_url(provider: &dyn Provider, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = variable(provider.base_url_variable());
    named.or_else(|| match provider.name() {
        ollama::PROVIDER => variable(ollama::VARIABLE).map(|host| ollama::base_url(&host)),
        _ => variable(provider.general_base_url_variable()?),
    })
}

/// User and password of a proxy, which need not be a URL that can be parsed.
fn proxy_user(proxy: &str) -> Option<SecretString> {
    let rest = proxy.split_once("://").map_or(proxy, |(_, rest)| rest);
    let (user, _) = rest.rsplit_once('@')?;
    Some(SecretString::from(user.trim_end_matches(':')))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::secret::Redactor;

    #[test]
    #[cfg(feature = "ollama")]
    fn ollamas_own_variable_is_a_base_url_where_no_other_is() {
        let provider = providers::by_name("ollama").unwrap();
        let of = |variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            base_url(provider, &variable)
        };
        let host = ("OLLAMA_HOST", "0.0.0.0");
        let own = ("OLLAMA_BASE_URL", "https://box.lan/v1");
        assert_eq!(of(&[host]).as_deref(), Some("http://127.0.0.1:11434/v1"));
        assert_eq!(of(&[host, own]).as_deref(), Some(own.1));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn user_and_password_of_a_proxy_are_secrets() {
        for proxy in [
            "http://somebody:hunter%2F2secret@proxy:1",
            "somebody:hunter%2F2secret@proxy:1",
            "socks5://somebody:hunter%2F2secret@[bad",
        ] {
            let environment = Environment {
                proxy_users: vec![proxy_user(proxy).unwrap()],
                ..Environment::default()
            };
            let mut collector = Collector::default();
            environment.collect(&mut collector);
            let secrets = collector.finish();
            for echo in [
                "hunter/2secret",
                "hunter%2f2secret",
                "c29tZWJvZHk6aHVudGVyLzJzZWNyZXQ=",
                "somebody:hunter/2secret",
            ] {
                let clean =
                    Redactor::new(&secrets, None).clean_line(format!("proxy: '{echo}' refused"));
                assert!(clean.starts_with("proxy: '[REDACTED]"), "{clean}");
                assert!(clean.ends_with("' refused"), "{clean}");
            }
        }
        assert!(proxy_user("http://proxy:3128").is_none());
    }
}
