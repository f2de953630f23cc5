//! What the environment says: keys, base URLs and proxies, read once when a client is made. Nothing
//! in it makes a connection less safe.

use crate::error::LlmError;
use crate::providers;
use crate::secret::{Collector, Secret};

use super::proxy::ProxyVariables;

/// Keys, base URLs and proxies of the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    entries: Vec<Entry>,
    pub(super) proxies: ProxyVariables,
}

#[derive(Clone)]
pub(super) struct Entry {
    provider: &'static str,
    pub(super) key: Option<(&'static str, Result<Secret, LlmError>)>,
    pub(super) base_url: Option<String>,
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
            proxies: ProxyVariables::read(),
        }
    }

    pub(super) fn entry(&self, provider: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.provider == provider)
    }

    /// Every secret in it, for redaction.
    pub(super) fn collect(&self, secrets: &mut Collector) {
        for entry in &self.entries {
            if let Some((_, Ok(key))) = &entry.key {
                secrets.key(key.expose());
            }
            entry
                .base_url
                .iter()
                .for_each(|url| super::transport::collect(url, secrets));
        }
        self.proxies.collect(secrets);
    }
}
