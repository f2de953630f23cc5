//! Where a request goes in a cloud, and as whom: what a call may set, else its client, else the
//! environment. Owns the names; which of them a provider needs is the provider's.

use std::fmt;

use crate::declare::declare_limits;
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
