//! Where the operations of Azure are: its base URL may be a resource, one of its APIs, or a
//! deployment, as for the chat. Source: learn.microsoft.com/azure/ai-foundry/openai/reference.

use crate::providers::percent_encoding::encoded;
use crate::providers::Target;

pub(super) const NAME: &str = "azure";
/// The last versions of the dated APIs that are generally available; a base URL may name others.
const DATED: &str = "?api-version=2024-10-21";
const INFERENCE: &str = "?api-version=2024-05-01-preview";

/// What is appended to the base URL for an operation of a deployment.
pub(super) fn path(target: &Target<'_>, deployment: &str, operation: &str) -> String {
    let base = target.base_path;
    let deployment = encoded(deployment);
    if base.ends_with(operation) {
        return String::new();
    }
    if let Some(before) = base.strip_suffix("/chat/completions") {
        let query = if before.ends_with("/v1") { "" } else { DATED };
        return format!("/../..{operation}{query}");
    }
    match base {
        base if base.ends_with("/v1") => operation.to_owned(),
        base if base.ends_with("/models") => format!("{operation}{INFERENCE}"),
        base if base.contains("/openai/deployments/") => format!("{operation}{DATED}"),
        base if base.ends_with("/openai") => format!("/deployments/{deployment}{operation}{DATED}"),
        _ => format!("/openai/deployments/{deployment}{operation}{DATED}"),
    }
}

/// The same for the list of models, which belongs to the resource.
pub(super) fn models_path(target: &Target<'_>) -> String {
    resource_path(target, "/models")
}

/// The same for whatever belongs to the resource.
pub(super) fn resource_path(target: &Target<'_>, path: &str) -> String {
    let base = target.base_path;
    let base_of_deployment = base.split_once("/openai/deployments/");
    match base {
        base if base.ends_with("/v1") => path.to_owned(),
        base if base.ends_with("/openai") => format!("{path}{DATED}"),
        _ => match base_of_deployment {
            Some((_, deployment)) => {
                let back = "/..".repeat(deployment.split('/').count() + 1);
                format!("{back}{path}{DATED}")
            }
            None => format!("/openai{path}{DATED}"),
        },
    }
}
