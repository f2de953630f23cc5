//! Where and as whom a request goes to a cloud: the call's options, then the client's, then the
//! environment's. Owns that keys which belong together come from one source, and when the shared
//! files are read. What each provider makes of it is the provider's.

use crate::client::environment::Environment;
use crate::error::{config, LlmError};
use crate::providers::Provider;
use crate::request::CloudOptions;

/// The options of a call, and behind them those of its client and what its environment adds to
/// them.
pub(super) fn merged(
    call: &CloudOptions,
    client: &CloudOptions,
    environment: impl FnOnce(&CloudOptions) -> CloudOptions,
) -> CloudOptions {
    let own = or(call.clone(), client);
    let others = environment(&own);
    or(own, &others)
}

/// A half of one key pair with the half of another would be a third, which nobody has. A profile
/// that is named in the options holds over keys that only the environment has.
fn or(own: CloudOptions, others: &CloudOptions) -> CloudOptions {
    let mut others = others.clone();
    let is_named = own.aws_access_key_id.is_some()
        || own.aws_secret_access_key.is_some()
        || own.aws_session_token.is_some();
    if is_named || own.aws_profile.is_some() {
        others.aws_access_key_id = None;
        others.aws_secret_access_key = None;
        others.aws_session_token = None;
    }
    own.or(others)
}

/// Adds what the shared files say to what the caller and the variables leave open. Whether keys are
/// among it.
pub(super) fn complete(
    cloud: &mut CloudOptions,
    provider: &dyn Provider,
    environment: &Environment,
    needs_keys: bool,
    model: &str,
) -> Result<bool, LlmError> {
    if !provider.uses_aws_credentials() {
        return Ok(false);
    }
    let has_keys = cloud.aws_access_key_id.is_some() || cloud.aws_secret_access_key.is_some();
    let reads_keys = needs_keys && !has_keys;
    if reads_keys {
        environment.aws.add_keys(cloud)?;
    }
    if cloud.aws_region.is_none() && provider.base_url_of(model, cloud).is_err() {
        cloud.aws_region = environment.aws.region(cloud.aws_profile.as_deref());
    }
    Ok(reads_keys)
}

/// The error of a request without a key.
pub(super) fn no_key(
    provider: &dyn Provider,
    cloud: &CloudOptions,
    environment: &Environment,
) -> LlmError {
    if provider.uses_aws_credentials() {
        return config(environment.aws.missing_keys(cloud.aws_profile.as_deref()));
    }
    provider.no_key()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn keys(id: &str, secret: &str, token: &str) -> CloudOptions {
        let key = |text: &str| Secret::new(text.to_owned()).ok();
        CloudOptions {
            aws_access_key_id: key(id),
            aws_secret_access_key: key(secret),
            aws_session_token: key(token),
            ..CloudOptions::default()
        }
    }

    fn shown(cloud: &CloudOptions) -> [String; 3] {
        [
            &cloud.aws_access_key_id,
            &cloud.aws_secret_access_key,
            &cloud.aws_session_token,
        ]
        .map(|key| {
            key.as_ref()
                .map(|key| key.expose().to_owned())
                .unwrap_or_default()
        })
    }

    #[test]
    fn keys_that_belong_together_come_from_one_source() {
        let none = CloudOptions::default();
        let profile = CloudOptions {
            aws_profile: Some("dev".to_owned()),
            ..CloudOptions::default()
        };
        let (call, client, variables) = (
            keys("A1", "S1", ""),
            keys("A2", "S2", "T2"),
            keys("A3", "S3", "T3"),
        );
        let rows = [
            (&call, &client, ["A1", "S1", ""]),
            (&none, &client, ["A2", "S2", "T2"]),
            (&none, &none, ["A3", "S3", "T3"]),
            (&keys("A1", "", ""), &client, ["A1", "", ""]),
            (&keys("", "", "T1"), &none, ["", "", "T1"]),
            (&profile, &client, ["", "", ""]),
            (&none, &profile, ["", "", ""]),
        ];
        for (call, client, expected) in rows {
            let merged = merged(call, client, |_| variables.clone());
            assert_eq!(shown(&merged), expected);
        }
        let region = CloudOptions {
            aws_region: Some("eu-west-1".to_owned()),
            ..variables
        };
        let merged = merged(&call, &none, |_| region);
        assert_eq!(merged.aws_region.as_deref(), Some("eu-west-1"));
    }

    /// Most machines that use AWS have its variables, and a call has no secret of its own by that.
    #[test]
    #[cfg(all(feature = "openai", feature = "bedrock"))]
    fn keys_that_the_client_knows_are_no_secrets_of_the_call() {
        use crate::client::options::ClientOptions;
        use crate::request::{LlmRequest, Message};
        use crate::stream::prepare::resolve;
        use crate::stream::task::Task;

        let mut environment = Environment::default();
        environment.cloud = CloudOptions {
            aws_region: Some("eu-west-1".to_owned()),
            ..keys("A", "S", "T")
        };
        let options = ClientOptions::from_json(r#"{"api_key":"test-key"}"#).unwrap();
        for model in ["openai/m", "bedrock/m"] {
            let request = LlmRequest::new(model, vec![Message::user("hi")]);
            let mut task = Task::Chat(Box::new(request));
            resolve(&options, &environment, |_| None, &mut task).unwrap();
            assert_eq!(task.call().keys.given().len(), 0, "{model}");
        }
    }
}
