//! What the environment says of AWS: variables, read when a client is made, and the profile of the
//! shared files, read when a request needs it for the first time. Owns which source holds, and what
//! an error says of sources that this library does not use: those need AWS's own library, whose
//! credentials a key function can hand over.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::aws_files::{self, Section};
use crate::error::{config, LlmError};
use crate::parse;
use crate::request::CloudOptions;
use crate::secret::Secret;

/// Reads one variable; empty ones are absent.
pub(super) type Variable<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Settings of a profile that only AWS's own library can resolve, and what they are.
const UNUSED_SETTINGS: &[(&str, &str)] = &[
    ("sso_session", "single sign-on"),
    ("sso_start_url", "single sign-on"),
    ("login_session", "a login session"),
    ("role_arn", "a role"),
    ("credential_process", "a program that is run"),
    ("web_identity_token_file", "a web identity"),
];
const UNUSED_VARIABLES: &[(&str, &str)] = &[
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "a web identity"),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "a container's role",
    ),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "a container's role"),
];

const ADVICE: &str = "use a key function (such as one of a botocore session), AWS_ACCESS_KEY_ID \
                      and AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK";

/// Where the files are and what else may hold credentials; what the files say, once it was needed.
#[derive(Debug, Clone, Default)]
pub(crate) struct AwsEnvironment {
    credentials_file: Option<PathBuf>,
    config_file: Option<PathBuf>,
    /// A source that this library does not use, by its variable and what it is.
    unused: Option<(&'static str, &'static str)>,
    files: OnceLock<Files>,
}

#[derive(Debug, Clone, Default)]
struct Files {
    credentials: Vec<Section>,
    config: Vec<Section>,
}

/// The variables that stand for fields of the options.
pub(super) fn read_variables(variable: Variable<'_>, cloud: &mut CloudOptions) {
    // One that cannot be a key is refused where it is sent: reading must not fail.
    let secret = |name: &str| Secret::new(variable(name)?).ok();
    cloud.aws_region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    cloud.aws_access_key_id = secret("AWS_ACCESS_KEY_ID");
    cloud.aws_secret_access_key = secret("AWS_SECRET_ACCESS_KEY");
    cloud.aws_session_token = secret("AWS_SESSION_TOKEN");
    cloud.aws_profile = variable("AWS_PROFILE");
}

impl AwsEnvironment {
    pub(super) fn read(variable: Variable<'_>) -> Self {
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let file = |name: &str, usual: &str| {
            let usual = || Some(PathBuf::from(home.as_deref()?).join(".aws").join(usual));
            variable(name).map(PathBuf::from).or_else(usual)
        };
        let mut unused = UNUSED_VARIABLES.iter();
        Self {
            credentials_file: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config_file: file("AWS_CONFIG_FILE", "config"),
            unused: unused.find(|(name, _)| variable(name).is_some()).copied(),
            files: OnceLock::new(),
        }
    }

    /// The region of the profile.
    pub(crate) fn region(&self, profile: Option<&str>) -> Option<String> {
        let sections = self.sections(name_of(profile));
        sections.iter().find_map(|section| section.get("region"))
    }

    /// Fills in the keys of the profile. The caller has none.
    ///
    /// # Errors
    /// `CONFIG` where a profile is named that has none, or whose keys are broken.
    pub(crate) fn add_keys(&self, cloud: &mut CloudOptions) -> Result<(), LlmError> {
        let named = cloud.aws_profile.clone();
        let name = name_of(named.as_deref());
        let sections = self.sections(name);
        let has_keys = |section: &&&Section| section.get("aws_access_key_id").is_some();
        let Some(section) = sections.iter().find(has_keys) else {
            return match named {
                Some(name) => Err(config(self.missing_keys(Some(&name)))),
                None => Ok(()),
            };
        };
        let secret = |setting: &str| {
            let value = section.get(setting).map(Secret::new).transpose();
            value.map_err(|error| {
                let place = format!("{setting} of AWS profile {}", shown(name));
                let message = error.message.replacen("api_key", &place, 1);
                LlmError { message, ..error }
            })
        };
        cloud.aws_access_key_id = secret("aws_access_key_id")?;
        cloud.aws_secret_access_key = secret("aws_secret_access_key")?;
        cloud.aws_session_token = secret("aws_session_token")?;
        if cloud.aws_secret_access_key.is_none() {
            let message = format!("AWS profile {} has no aws_secret_access_key", shown(name));
            return Err(config(message));
        }
        Ok(())
    }

    /// Why there are no keys, and what to do.
    pub(crate) fn missing_keys(&self, profile: Option<&str>) -> String {
        let name = name_of(profile);
        let sections = self.sections(name);
        let setting = UNUSED_SETTINGS.iter().find(|(setting, _)| {
            sections
                .iter()
                .any(|section| section.get(setting).is_some())
        });
        let found = match (setting, self.unused) {
            (Some((setting, what)), _) => format!(
                "AWS profile {} has {setting}, {what}, which this library does not resolve",
                shown(name)
            ),
            (None, Some((variable, what))) => {
                format!("{variable} names {what}, which this library does not resolve")
            }
            (None, None) if profile.is_some() && sections.is_empty() => {
                format!("AWS profile {} is in neither shared file", shown(name))
            }
            (None, None) => "no key and no AWS credentials (variables and shared credentials file \
                             were looked at; metadata services are not)"
                .to_owned(),
        };
        format!("{found}; {ADVICE}")
    }

    /// The profile's sections, those of the credentials file first.
    fn sections(&self, profile: &str) -> Vec<&Section> {
        let files = self.files.get_or_init(|| Files {
            credentials: aws_files::read(self.credentials_file.as_deref()),
            config: aws_files::read(self.config_file.as_deref()),
        });
        let of_credentials = files.credentials.iter().filter(|one| one.name == profile);
        let prefixed = format!("profile {profile}");
        let of_config = files
            .config
            .iter()
            .filter(|one| one.name == prefixed || (profile == "default" && one.name == profile));
        of_credentials.chain(of_config).collect()
    }
}

fn name_of(profile: Option<&str>) -> &str {
    profile.unwrap_or("default")
}

/// The name of a profile, unless it may be a secret in the wrong place.
fn shown(profile: &str) -> String {
    let value = serde_json::Value::from(profile);
    parse::shown(&value).unwrap_or_else(|| "(name not shown)".to_owned())
}

#[cfg(test)]
mod tests;
