//! Where a request goes: hosts by location, versions, and the path of a model. Owns how a base URL
//! and a model's name are interpreted.

use std::borrow::Cow;

use super::Service;
use crate::error::{config, LlmError};
use crate::providers::errors::invalid_request;
use crate::providers::percent_encoding::encoded_but;
use crate::providers::Target;
use crate::request::cloud::{check_location, check_quota_project};
use crate::request::CloudOptions;

/// Where no location is named.
const LOCATION_DEFAULT: &str = "global";

/// The host of a location: one for all of them, one each for a region, and one each for the
/// locations of several regions (google-genai, `_api_client.py`).
pub(super) fn base_url_of(cloud: &CloudOptions) -> Result<Cow<'static, str>, LlmError> {
    let location = cloud.vertex_location.as_deref();
    if cloud.vertex_project.is_none() && location.is_some() {
        let what = "vertex_project is missing beside vertex_location; set vertex_project or \
             GOOGLE_CLOUD_PROJECT";
        return Err(config(what));
    }
    let location = location.unwrap_or(LOCATION_DEFAULT);
    check_location(location)?;
    Ok(match location {
        LOCATION_DEFAULT => Cow::Borrowed("https://aiplatform.googleapis.com"),
        "us" | "eu" => Cow::Owned(format!("https://aiplatform.{location}.rep.googleapis.com")),
        _ => Cow::Owned(format!("https://{location}-aiplatform.googleapis.com")),
    })
}

/// What is appended to the base URL; `action` is the method behind the model's name.
pub(super) fn path(
    service: Service,
    model: &str,
    action: &str,
    target: &Target<'_>,
) -> Result<String, LlmError> {
    let base = target.base_path;
    let version = match service {
        _ if has_version(base) => "",
        Service::Gemini => "/v1beta",
        Service::Vertex => "/v1beta1",
    };
    let resource = match service {
        Service::Gemini => of_gemini(model),
        Service::Vertex => of_vertex(model, base, target.cloud),
    };
    let resource = encoded(service, &resource)?;
    // A base URL may name the list of models.
    let resource = match resource.strip_prefix("models/") {
        Some(rest) if base.ends_with("/models") => rest,
        _ => &resource,
    };
    Ok(format!("{version}/{resource}:{action}"))
}

/// Names of tuned models stand in another list.
fn of_gemini(model: &str) -> Cow<'_, str> {
    match model.starts_with("models/") || model.starts_with("tunedModels/") {
        true => Cow::Borrowed(model),
        false => Cow::Owned(format!("models/{model}")),
    }
}

/// A model's whole name, or what makes it one; without a project it is express mode.
fn of_vertex<'m>(model: &'m str, base: &str, cloud: &CloudOptions) -> Cow<'m, str> {
    if model.starts_with("projects/") {
        return Cow::Borrowed(model);
    }
    let in_project = ["publishers/", "endpoints/", "models/"];
    let name = match model.split_once('/') {
        _ if in_project.iter().any(|list| model.starts_with(list)) => Cow::Borrowed(model),
        Some((publisher, name)) => Cow::Owned(format!("publishers/{publisher}/models/{name}")),
        None if model.starts_with("claude") => {
            Cow::Owned(format!("publishers/anthropic/models/{model}"))
        }
        None => Cow::Owned(format!("publishers/google/models/{model}")),
    };
    match &cloud.vertex_project {
        Some(project) if !base.contains("/projects/") => {
            let location = cloud.vertex_location.as_deref().unwrap_or(LOCATION_DEFAULT);
            Cow::Owned(format!("projects/{project}/locations/{location}/{name}"))
        }
        _ => name,
    }
}

/// Who is charged for the quota, where that is another project.
///
/// # Errors
/// `CONFIG` where it cannot be the name of one.
pub(super) fn quota_project(cloud: &CloudOptions) -> Result<Vec<(&'static str, String)>, LlmError> {
    let Some(project) = &cloud.vertex_quota_project else {
        return Ok(Vec::new());
    };
    check_quota_project(project)?;
    Ok(vec![("x-goog-user-project", project.clone())])
}

/// Whether some segment of a path is a version, such as `v1`, `v1beta` or `v1beta1`.
fn has_version(path: &str) -> bool {
    path.split('/').any(|segment| {
        let number = segment.strip_prefix('v').unwrap_or_default();
        let rest = number.trim_start_matches(|sign: char| sign.is_ascii_digit());
        let stage = rest.trim_end_matches(|sign: char| sign.is_ascii_digit());
        rest.len() < number.len() && matches!(stage, "" | "alpha" | "beta")
    })
}

/// A name may hold what has a meaning in a path; its own slashes part it.
fn encoded(service: Service, resource: &str) -> Result<String, LlmError> {
    let mut path = String::with_capacity(resource.len());
    for (index, segment) in resource.split('/').enumerate() {
        if matches!(segment, "" | "." | "..") {
            let what = "model is not the name of one: it has an empty part, or one of dots";
            return Err(invalid_request(service.name(), what));
        }
        if index > 0 {
            path.push('/');
        }
        path.push_str(&encoded_but(segment, "@"));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_paths() {
        for path in [
            "/v1",
            "/v1beta",
            "/v1beta1",
            "/v1alpha/models",
            "/key/v1",
            "/v2/projects/p",
        ] {
            assert!(has_version(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/v",
            "/vertex",
            "/v1x",
            "/gateway/google-ai-studio",
        ] {
            assert!(!has_version(path), "{path}");
        }
    }
}
