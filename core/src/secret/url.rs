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
fn is_secret_parameter(name: &str) -> bool {
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
