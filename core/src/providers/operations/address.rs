//! Where the requests of operations go: what is appended to a base URL, which may name a version of
//! the API already, or the whole address of the chat. Owns no provider's paths. A path may step
//! back with "..", which URLs resolve (RFC 3986, section 5.2.4).

use crate::providers::percent_encoding::encoded;
use crate::providers::Target;

/// What the addresses of chats end with.
const CHATS: &[(&str, &str)] = &[
    ("/chat/completions", "/../.."),
    ("/messages", "/.."),
    ("/chat", "/.."),
    ("/responses", "/.."),
];

/// A path behind the base URL: of a chat's whole address the beginning is meant.
pub(super) fn path(target: &Target<'_>, path: &str) -> String {
    if target.base_path.ends_with(path) {
        return String::new();
    }
    let back = back_of_chat(target.base_path).map_or("", |(_, back)| back);
    format!("{back}{path}")
}

/// A path beside the version, which the base URL may end with.
pub(super) fn beside_version(target: &Target<'_>, path: &str) -> String {
    let (base, back) = back_of_chat(target.base_path).unwrap_or((target.base_path, ""));
    match ends_in_version(base) {
        true => format!("{back}/..{path}"),
        false => format!("{back}{path}"),
    }
}

/// A path that begins with a version, which the base URL may end with.
pub(super) fn with_version(target: &Target<'_>, version: &str, rest: &str) -> String {
    beside_version(target, &format!("{version}{rest}"))
}

/// The base URL before a chat's address, and the way back to it.
fn back_of_chat(base: &str) -> Option<(&str, &'static str)> {
    CHATS
        .iter()
        .find_map(|(end, back)| Some((base.strip_suffix(end)?, *back)))
}

/// Whether the last segment is one like `v1` or `v1beta`.
pub(super) fn ends_in_version(base: &str) -> bool {
    let last = base.rsplit('/').next().unwrap_or_default();
    let number = last.strip_prefix('v').unwrap_or_default();
    number.starts_with(|first: char| first.is_ascii_digit())
}

/// The query of a path.
pub(super) fn query<'p>(pairs: impl IntoIterator<Item = (&'p str, String)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&encoded(name));
        query.push('=');
        query.push_str(&encoded(&value));
    }
    query
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use url::Url;

    use super::*;
    use crate::request::CloudOptions;

    #[test]
    fn paths_go_from_the_api_whatever_the_base_url_ends_with() {
        let rows = [
            ("", "/embeddings", "/tokenize", "/v1/tokenize"),
            ("/v1", "/v1/embeddings", "/tokenize", "/v1/tokenize"),
            ("/v1/embeddings", "/v1/embeddings", "", ""),
            (
                "/v1/chat/completions",
                "/v1/embeddings",
                "/tokenize",
                "/v1/tokenize",
            ),
            ("/v2/chat", "/v2/embeddings", "/tokenize", "/v1/tokenize"),
            ("/v1beta", "/v1beta/embeddings", "/tokenize", "/v1/tokenize"),
            (
                "/gateway",
                "/gateway/embeddings",
                "/gateway/tokenize",
                "/gateway/v1/tokenize",
            ),
        ];
        for (base_path, first, second, third) in rows {
            let target = Target {
                cloud: &CloudOptions::default(),
                own_endpoint: false,
                host: "host",
                base_path,
                query: "",
                stream: false,
                lenient: false,
            };
            let resolved = |path: String| {
                let mut url = Url::parse("https://host").unwrap();
                url.set_path(&format!("{base_path}{path}"));
                url.path().to_owned()
            };
            assert_eq!(resolved(path(&target, "/embeddings")), first);
            if !second.is_empty() {
                assert_eq!(resolved(beside_version(&target, "/tokenize")), second);
                assert_eq!(resolved(with_version(&target, "/v1", "/tokenize")), third);
            }
        }
    }

    #[test]
    fn a_query_has_pairs() {
        assert_eq!(
            query([("a", "1".to_owned()), ("b", "x&y".to_owned())]),
            "?a=1&b=x%26y"
        );
        assert_eq!(query([]), "");
    }
}
