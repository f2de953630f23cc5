//! Who sends a request: a key, or a token of OAuth in its place. Owns how the two are told apart.

use crate::providers::bearer;
use crate::providers::Credentials;
use crate::request::Auth;
use crate::secret::Secret;

/// What a token of OAuth begins with.
const TOKEN: &str = "sk-ant-oat";
/// Without which no such token is taken.
const TOKEN_BETA: (&str, &str) = ("anthropic-beta", "oauth-2025-04-20");

/// The header that carries a key or a token.
pub(super) fn key_header(key: &str) -> (&'static str, String) {
    match key.starts_with(TOKEN) {
        true => bearer(key),
        false => ("x-api-key", key.to_owned()),
    }
}

pub(super) fn headers(credentials: &Credentials<'_>) -> Vec<(&'static str, String)> {
    let own = credentials.authorization.and_then(|own| own.to_str().ok());
    let own = own.and_then(|own| own.split_once(' '));
    let own = own.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let key = credentials.key.map(Secret::expose);
    let mut headers = Vec::new();
    match (key, credentials.auth) {
        (Some(key), Auth::Key) => headers.push(key_header(key)),
        (Some(key), Auth::Bearer) => headers.push(bearer(key)),
        (None, _) | (_, Auth::None) => {}
    }
    let sent = key.filter(|_| credentials.auth != Auth::None);
    let mut tokens = own.map(|(_, token)| token).into_iter().chain(sent);
    if tokens.any(|token| token.starts_with(TOKEN)) {
        let (name, beta) = TOKEN_BETA;
        headers.push((name, beta.to_owned()));
    }
    headers
}
