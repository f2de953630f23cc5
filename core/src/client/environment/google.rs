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
    /// What counts of the environment beside the caller's own options. With a key of the caller's
    /// that needs no project, those of the environment do not.
    pub(crate) fn cloud_of(
        &self,
        provider: &dyn Provider,
        own: &CloudOptions,
        own_key: Option<&Secret>,
    ) -> CloudOptions {
        let is_api_key = |key: &Secret| provider.key_header(key.expose()).0 == KEY_HEADER;
        let has_key = provider.name() == VERTEX && own_key.is_some_and(is_api_key);
        let mut environment = self.cloud.clone();
        if has_key && !has_place(own) {
            environment.vertex_project = None;
            environment.vertex_location = None;
        }
        environment
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

#[cfg(all(test, feature = "gemini"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::providers::by_name;

    const KEY: &str = "AIza-test-key";
    const TOKEN: &str = "ya29.test-token";

    fn cloud(project: Option<&str>, location: Option<&str>) -> CloudOptions {
        CloudOptions {
            vertex_project: project.map(str::to_owned),
            vertex_location: location.map(str::to_owned),
            ..CloudOptions::default()
        }
    }

    /// The project and location of a call, and whether the environment's key counts.
    fn of_call(own: CloudOptions, key: Option<&str>) -> (Option<String>, Option<String>, bool) {
        let mut environment = Environment::default();
        let variable = |name: &str| match name {
            "GOOGLE_CLOUD_PROJECT" => Some("theirs".to_owned()),
            "GOOGLE_CLOUD_LOCATION" => Some("us-east5".to_owned()),
            _ => None,
        };
        read(variable, &mut environment.cloud);
        let key = key.map(|key| Secret::new(key.to_owned()).unwrap());
        let vertex = by_name(VERTEX).unwrap();
        let others = environment.cloud_of(vertex, &own, key.as_ref());
        let cloud = own.or(others);
        let entry = Entry {
            provider: VERTEX,
            key: None,
            base_url: None,
        };
        let counts = entry.key_counts(&cloud);
        (cloud.vertex_project, cloud.vertex_location, counts)
    }

    #[test]
    fn what_the_caller_wrote_goes_before_the_environment() {
        let text = |text: &str| Some(text.to_owned());
        let theirs = (text("theirs"), text("us-east5"), false);
        assert_eq!(of_call(cloud(None, None), None), theirs);
        assert_eq!(of_call(cloud(None, None), Some(TOKEN)), theirs);
        assert_eq!(of_call(cloud(None, None), Some(KEY)), (None, None, true));
        let own = (text("mine"), text("us-east5"), false);
        assert_eq!(of_call(cloud(Some("mine"), None), None), own);
        assert_eq!(of_call(cloud(Some("mine"), None), Some(KEY)), own);
        let moved = (text("theirs"), text("eu"), false);
        assert_eq!(of_call(cloud(None, Some("eu")), Some(TOKEN)), moved);
    }

    #[test]
    fn a_key_of_the_environment_counts_without_a_project() {
        let entry = Entry {
            provider: VERTEX,
            key: None,
            base_url: None,
        };
        assert!(entry.key_counts(&cloud(None, None)));
        let gemini = Entry {
            provider: "gemini",
            ..entry
        };
        assert!(gemini.key_counts(&cloud(Some("p"), Some("eu"))));
    }
}
