//! What the environment says of Google's cloud, and which of it counts for a call. Owns that
//! precedence, which is that of Google's own packages: what the caller wrote goes before the
//! environment, and of the environment a project goes before a key.

use super::{Entry, Environment};
use crate::providers::Provider;
use crate::request::CloudOptions;
use crate::secret::Secret;

const VERTEX: &str = "vertex";
/// The header of a key, as opposed to a token.
const KEY_HEADER: &str = "x-goog-api-key";

/// Reads the variables that name a project and its location.
pub(super) fn read(variable: impl Fn(&str) -> Option<String>, cloud: &mut CloudOptions) {
    cloud.vertex_project = variable("GOOGLE_CLOUD_PROJECT");
    cloud.vertex_location = variable("GOOGLE_CLOUD_LOCATION");
}

impl Environment {
    /// The cloud of a call: the caller's, then that of the environment. With a key of the caller's
    /// that needs no project, those of the environment do not count.
    pub(crate) fn cloud_of(
        &self,
        provider: &dyn Provider,
        own: CloudOptions,
        own_key: Option<&Secret>,
    ) -> CloudOptions {
        let is_api_key = |key: &Secret| provider.key_header(key.expose()).0 == KEY_HEADER;
        let has_key = provider.name() == VERTEX && own_key.is_some_and(is_api_key);
        let mut environment = self.cloud.clone();
        if has_key && !has_place(&own) {
            environment.vertex_project = None;
            environment.vertex_location = None;
        }
        own.or(environment)
    }
}

impl Entry {
    /// Whether the environment's key is for a call to this cloud: a project needs a token.
    pub(crate) fn key_counts(&self, cloud: &CloudOptions) -> bool {
        self.provider != VERTEX || !has_place(cloud)
    }
}

fn has_place(cloud: &CloudOptions) -> bool {
    cloud.vertex_project.is_some() || cloud.vertex_location.is_some()
}
