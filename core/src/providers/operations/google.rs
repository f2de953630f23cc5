//! Where the operations of Gemini and Vertex AI are. Owns how a model's name becomes a path; the
//! base URL may end in a version of the API.

use super::address::ends_in_version;
use crate::error::{config, LlmError};
use crate::providers::percent_encoding::encoded;
use crate::providers::Target;

/// The name of a model as requests inside a request have it.
pub(super) fn model(name: &str) -> String {
    match name.contains('/') {
        true => name.to_owned(),
        false => format!("models/{name}"),
    }
}

/// The path of a method of one of Gemini's models.
pub(super) fn path(target: &Target<'_>, name: &str, method: &str) -> String {
    let version = if has_version(target) { "" } else { "/v1beta" };
    let model = model(name);
    let model: Vec<_> = model.split('/').map(encoded).collect();
    format!("{version}/{}:{method}", model.join("/"))
}

/// The path of a method of a model on Vertex AI; without a project that of its express mode.
///
/// # Errors
/// `CONFIG` where there is a location and no project.
pub(super) fn vertex_path(
    target: &Target<'_>,
    name: &str,
    method: &str,
) -> Result<String, LlmError> {
    let version = if has_version(target) { "" } else { "/v1beta1" };
    // "publishers/NAME/models/NAME" and "NAME/NAME" are common, and Google is the default.
    let name = name.trim_start_matches("publishers/");
    let (publisher, model) = match name.split_once("/models/") {
        Some(pair) => pair,
        None => name.split_once('/').unwrap_or(("google", name)),
    };
    let publisher = encoded(publisher);
    let model = encoded(model);
    let publisher = format!("/publishers/{publisher}/models/{model}:{method}");
    let cloud = target.cloud;
    let has_project = target.base_path.contains("/projects/");
    let parent = match (&cloud.vertex_project, &cloud.vertex_location) {
        _ if has_project => String::new(),
        (Some(project), location) => {
            let project = encoded(project);
            let location = encoded(location.as_deref().unwrap_or("global"));
            format!("/projects/{project}/locations/{location}")
        }
        (None, Some(_)) => {
            let message = "no vertex_project; set it, or GOOGLE_CLOUD_PROJECT";
            return Err(config(message));
        }
        (None, None) => String::new(),
    };
    let version = if has_project { "" } else { version };
    Ok(format!("{version}{parent}{publisher}"))
}

/// Whether the base URL names a version, such as `v1` or `v1beta1`.
pub(super) fn has_version(target: &Target<'_>) -> bool {
    ends_in_version(target.base_path)
}
