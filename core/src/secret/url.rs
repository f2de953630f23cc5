//! What of a URL is secret: user and password, and in its query each value with the name of a key.

use url::Url;

use super::search::{is_secret_name, Collector};

/// Whether the query of a URL carries a secret.
pub(crate) fn has_secret(url: &Url) -> bool {
    url.query_pairs()
        .any(|(name, _)| is_secret_parameter(&name))
}

/// Whether a query parameter of this name carries a secret: a key by any name, the code of Azure
/// Functions, the signature of a signed URL.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || matches!(name, "code" | "sig")
}

impl Collector {
    /// The secrets of a base URL, also of one that will be refused for them.
    pub(crate) fn url(&mut self, url: &str) {
        if !url.contains(['?', '@']) {
            return;
        }
        let Ok(url) = Url::parse(url) else {
            return;
        };
        for user in [Some(url.username()), url.password()].into_iter().flatten() {
            self.key(user);
        }
        for (name, value) in url.query_pairs() {
            if is_secret_parameter(&name) {
                self.key(&value);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn user_password_and_keys_of_a_query_are_secrets() {
        let text = "https://somebody:hunter-2-secret@host/v1?api-version=2024-10-21\
            &KEY=query-key-1&sig=signature-1&code=function-code";
        let mut collector = Collector::default();
        collector.url(text);
        let secrets = collector.finish();
        for hidden in [
            "somebody",
            "hunter-2-secret",
            "query-key-1",
            "signature-1",
            "function-code",
        ] {
            let clean = secrets.clean(&format!("'{hidden}' refused")).unwrap();
            assert_eq!(clean, "'[REDACTED]' refused", "{hidden}");
        }
        assert_eq!(secrets.clean("host has version 2024-10-21"), None);
        assert!(has_secret(&Url::parse(text).unwrap()));
        for harmless in ["https://host/v1", "https://host/v1?api-version=2024-10-21"] {
            assert!(!has_secret(&Url::parse(harmless).unwrap()), "{harmless}");
        }
    }
}
