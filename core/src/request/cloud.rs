//! Where a request goes in a cloud, and as whom: what a call may set, else its client, else the
//! environment. Owns the names; which of them a provider needs is the provider's.

use std::fmt;

use url::Url;

use crate::declare::declare_limits;
use crate::error::{config, LlmError};
use crate::secret::Secret;

declare_limits! {
    /// The cloud of a call; what is `None` comes from the client's options, then from the
    /// environment. Its Debug shows no secret.
    #[derive(Clone, Default)]
    pub struct CloudOptions {
        /// AWS: the region; else AWS_REGION, AWS_DEFAULT_REGION or that of the model's ARN.
        pub aws_region: String as Text,
        /// AWS: the access key's id; else AWS_ACCESS_KEY_ID, or the shared credentials file.
        pub aws_access_key_id: Secret as Text,
        /// AWS: the secret access key; else AWS_SECRET_ACCESS_KEY, or the shared credentials file.
        pub aws_secret_access_key: Secret as Text,
        /// AWS: the token of temporary credentials; else AWS_SESSION_TOKEN.
        pub aws_session_token: Secret as Text,
        /// AWS: the profile in the shared credentials file; else AWS_PROFILE, else `default`.
        pub aws_profile: String as Text,
        /// AWS: the base URL that a request is signed for, where `base_url` is a gateway that
        /// forwards it.
        pub aws_signing_url: String as Text,
        /// Vertex AI: the project; else GOOGLE_CLOUD_PROJECT.
        pub vertex_project: String as Text,
        /// Vertex AI: the location, by default `global`; else GOOGLE_CLOUD_LOCATION.
        pub vertex_location: String as Text,
        /// Vertex AI: the project that is charged for the quota, where it is another one.
        pub vertex_quota_project: String as Text,
    }
}

impl CloudOptions {
    /// Checks what becomes a part of a host's name or of a signature, whichever call uses it.
    pub(crate) fn check(&self) -> Result<(), LlmError> {
        self.aws_region.as_deref().map_or(Ok(()), check_region)?;
        let location = self.vertex_location.as_deref();
        location.map_or(Ok(()), check_location)?;
        let project = self.vertex_quota_project.as_deref();
        project.map_or(Ok(()), check_quota_project)?;
        let signing_url = self.aws_signing_url.as_deref();
        signing_url.map_or(Ok(()), |url| parse_signing_url(url).map(drop))
    }

    /// Without what is for one place: the keys, and what is signed there.
    pub(crate) fn without_keys(self) -> Self {
        Self {
            aws_access_key_id: None,
            aws_secret_access_key: None,
            aws_session_token: None,
            aws_signing_url: None,
            ..self
        }
    }
}

/// It becomes a part of the host's name, so nothing else may stand in it.
pub(crate) fn check_region(region: &str) -> Result<(), LlmError> {
    let is_region = region.len() <= 40
        && region.starts_with(|c: char| c.is_ascii_lowercase())
        && region.ends_with(|c: char| c.is_ascii_alphanumeric())
        && region
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match is_region {
        true => Ok(()),
        false => Err(config(
            "aws_region is not the name of a region; write one such as eu-central-1",
        )),
    }
}

/// It becomes a part of the host's name too.
pub(crate) fn check_location(location: &str) -> Result<(), LlmError> {
    let is_name = location
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match is_name && !location.is_empty() {
        true => Ok(()),
        false => Err(config(
            "vertex_location is not the name of a location; write one such as europe-west4",
        )),
    }
}

/// It becomes a header.
pub(crate) fn check_quota_project(project: &str) -> Result<(), LlmError> {
    match project.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(config("vertex_quota_project is not the name of a project")),
    }
}

/// The base URL that is signed. The text is not repeated: it may hold a secret.
pub(crate) fn parse_signing_url(text: &str) -> Result<Url, LlmError> {
    let url = Url::parse(text).ok().filter(|url| {
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        has_host && matches!(url.scheme(), "https" | "http")
    });
    url.ok_or_else(|| {
        config("aws_signing_url is not a URL; write https://bedrock-runtime.REGION.amazonaws.com")
    })
}

impl fmt::Debug for CloudOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CloudOptions")
            .field("aws_region", &self.aws_region)
            .field("vertex_project", &self.vertex_project)
            .field("vertex_location", &self.vertex_location)
            .finish_non_exhaustive()
    }
}
