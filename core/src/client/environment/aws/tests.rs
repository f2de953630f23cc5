//! Which source of AWS credentials holds, and what is said of the others.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::ErrorKind;

/// An environment of these files and variables.
fn environment(credentials: &str, config: &str, unused: Option<&str>) -> AwsEnvironment {
    let folder = std::env::temp_dir().join(format!("liter-llm-aws-{:032x}", fastrand::u128(..)));
    std::fs::create_dir_all(folder.join(".aws")).unwrap();
    std::fs::write(folder.join(".aws/credentials"), credentials).unwrap();
    std::fs::write(folder.join(".aws/config"), config).unwrap();
    let variable = |name: &str| match name {
        "HOME" => Some(folder.to_str().unwrap().to_owned()),
        name => unused.filter(|unused| *unused == name).map(str::to_owned),
    };
    let environment = AwsEnvironment::read(&variable);
    environment.sections("default");
    std::fs::remove_dir_all(&folder).unwrap();
    environment
}

fn keys(
    environment: &AwsEnvironment,
    profile: Option<&str>,
) -> Result<[Option<String>; 3], String> {
    let mut cloud = CloudOptions {
        aws_profile: profile.map(str::to_owned),
        ..CloudOptions::default()
    };
    let added = environment.add_keys(&mut cloud);
    added.map_err(|error| {
        assert!(matches!(
            error.kind,
            ErrorKind::Config | ErrorKind::InvalidArgument
        ));
        error.message
    })?;
    let keys = [
        cloud.aws_access_key_id,
        cloud.aws_secret_access_key,
        cloud.aws_session_token,
    ];
    Ok(keys.map(|key| key.map(|key| key.expose().to_owned())))
}

const CREDENTIALS: &str = "[default]\naws_access_key_id=A1\naws_secret_access_key=S1\n\
    [dev]\naws_access_key_id=A2\naws_secret_access_key=S2\naws_session_token=T2\n\
    [half]\naws_access_key_id=A3\n[blank]\naws_access_key_id=A 4\naws_secret_access_key=S4\n";
const CONFIG: &str = "[default]\nregion=eu-west-1\n[profile dev]\nregion=eu-west-2\n\
    [profile own]\naws_access_key_id=A5\naws_secret_access_key=S5\n\
    [profile sso]\nsso_session=x\n[profile role]\nrole_arn=arn:aws:iam::1:role/x\n\
    [profile run]\ncredential_process=/bin/x\n[dev]\nregion=wrong\n";

#[test]
fn a_profile_has_its_keys_and_its_region() {
    let environment = environment(CREDENTIALS, CONFIG, None);
    let text = |text: &str| Some(text.to_owned());
    let rows = [
        (None, [text("A1"), text("S1"), None]),
        (Some("dev"), [text("A2"), text("S2"), text("T2")]),
        (Some("own"), [text("A5"), text("S5"), None]),
    ];
    for (profile, expected) in rows {
        assert_eq!(keys(&environment, profile), Ok(expected), "{profile:?}");
    }
    assert_eq!(environment.region(None), text("eu-west-1"));
    assert_eq!(environment.region(Some("dev")), text("eu-west-2"));
    assert_eq!(environment.region(Some("sso")), None);
}

#[test]
fn what_this_library_does_not_resolve_is_named() {
    let environment = environment(CREDENTIALS, CONFIG, None);
    let rows = [
        (
            "sso",
            "AWS profile \"sso\" has sso_session, single sign-on, which this",
        ),
        (
            "role",
            "AWS profile \"role\" has role_arn, a role, which this",
        ),
        (
            "run",
            "AWS profile \"run\" has credential_process, a program that is run, which",
        ),
        (
            "nobody",
            "AWS profile \"nobody\" is in neither shared file; use a key function",
        ),
        ("half", "AWS profile \"half\" has no aws_secret_access_key"),
        (
            "blank",
            "aws_access_key_id of AWS profile \"blank\" has a blank, a line break",
        ),
    ];
    for (profile, expected) in rows {
        let message = keys(&environment, Some(profile)).unwrap_err();
        assert!(message.starts_with(expected), "{message}");
    }
    let message = keys(&environment, Some("hidden/secret+0123456789abcdef")).unwrap_err();
    assert!(!message.contains("hidden"), "{message}");
}

#[test]
fn without_any_source_nothing_fails_until_a_key_is_needed() {
    let empty = environment("", "", None);
    assert_eq!(keys(&empty, None), Ok([None, None, None]));
    assert!(empty
        .missing_keys(None)
        .contains("metadata services are not"));
    let container = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let message = environment("", "", Some(container)).missing_keys(None);
    assert!(message.starts_with(&format!("{container} names a container's role, which")));
}
