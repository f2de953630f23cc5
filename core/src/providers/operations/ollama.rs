//! Where the operations of Ollama's own API are: the base URL may end in `/api`, or in the version
//! of the API that is like OpenAI's.

use super::address;
use crate::providers::Target;

pub(super) fn path(target: &Target<'_>, operation: &str) -> String {
    match target.base_path {
        base if base.ends_with("/api") => operation.to_owned(),
        base if base.ends_with("/api/chat") => format!("/..{operation}"),
        _ => address::beside_version(target, &format!("/api{operation}")),
    }
}
