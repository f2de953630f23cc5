//! Where the operations of Cohere are, by the version that the base URL names: v2, unless it ends
//! in `/v1` or an address of it.

use super::address;
use crate::providers::Target;

/// Whether the base URL chooses the first version.
pub(super) fn is_v1(target: &Target<'_>) -> bool {
    let base = target.base_path;
    let base = base.rsplit_once("/v1").map(|(_, rest)| rest);
    base.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of an operation that both versions have.
pub(super) fn path(target: &Target<'_>, operation: &str) -> String {
    if target.base_path.ends_with(operation) {
        return String::new();
    }
    let version = if is_v1(target) { "/v1" } else { "/v2" };
    address::with_version(target, version, operation)
}
