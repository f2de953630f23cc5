//! Where a request goes: which of a vendor's endpoints fits the base URL, and the path behind it.
//! Owns how a base URL is interpreted.

use super::vendor::{Base, Endpoint, Vendor};
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::percent_encoding::encoded;
use crate::providers::Target;

/// The end of every path, which a base URL may have already: portals show the whole address.
const PATH: &str = "/chat/completions";

/// The endpoint that a request goes to.
pub(super) fn endpoint<'v>(
    vendor: &'v Vendor,
    target: &Target<'_>,
) -> Result<&'v Endpoint, LlmError> {
    let mut endpoints = vendor.endpoints.iter();
    endpoints
        .find(|endpoint| fits(endpoint.base, target, PATH))
        .ok_or_else(|| no_endpoint(vendor))
}

/// Whether a base URL, perhaps with the end of a whole address, is the one that is meant.
pub(in crate::providers) fn fits(base: Base, target: &Target<'_>, whole: &str) -> bool {
    let base_path = target.base_path;
    let base_path = base_path.strip_suffix(whole).unwrap_or(base_path);
    let is_of = |host: &str| {
        let before = target.host.strip_suffix(host);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    match base {
        Base::Own => target.own_endpoint,
        Base::Host(host) => is_of(host),
        Base::Ends(end) => base_path.ends_with(end),
        Base::Holds(part) => base_path.contains(part),
        Base::Any => true,
    }
}

pub(in crate::providers) fn no_endpoint(vendor: &Vendor) -> LlmError {
    invalid_request(vendor.name, "no endpoint fits the base_url")
}

/// Whether the URL names a version of the API from before what is newer.
pub(super) fn is_older(endpoint: &Endpoint, target: &Target<'_>) -> bool {
    let version_of = |query: &'_ str| -> Option<String> {
        let mut pairs = query.split('&');
        let version = pairs.find_map(|pair| pair.strip_prefix("api-version="));
        version.map(str::to_owned)
    };
    let (_, own) = endpoint.path.split_once('?').unwrap_or_default();
    let version = version_of(target.query).or_else(|| version_of(own));
    // "preview" and "latest" come after all dates.
    version.is_some_and(|version| version.as_str() < endpoint.since)
}

/// What is appended to the base URL. A model's name may hold what has a meaning in a path.
pub(super) fn path(endpoint: &Endpoint, model: &str, target: &Target<'_>) -> String {
    if target.base_path.ends_with(PATH) {
        let query = endpoint.path.split_once('?');
        return query.map_or_else(String::new, |(_, query)| format!("?{query}"));
    }
    let Some((before, after)) = endpoint.path.split_once("{model}") else {
        return endpoint.path.to_owned();
    };
    before.to_owned() + &encoded(model) + after
}
