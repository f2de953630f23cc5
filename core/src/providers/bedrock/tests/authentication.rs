//! Regions, paths, and who signs: against the repository's own vectors, and those of the reference
//! where they are at hand.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use url::Url;

use super::*;
use crate::providers::{Credentials, Unauthenticated};
use crate::request::{Auth, CloudOptions};
use crate::secret::Secret;

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text.to_owned()).unwrap())
}

fn keys() -> CloudOptions {
    CloudOptions {
        aws_access_key_id: secret("AKIDTEST"),
        aws_secret_access_key: secret("test/secret+key"),
        ..CloudOptions::default()
    }
}

/// 2026-01-02 03:04:05 UTC.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

/// The headers of a request with this body, by name.
fn headers(
    cloud: &CloudOptions,
    key: Option<&Secret>,
    auth: Auth,
    url: &str,
    body: &[u8],
) -> Result<Value, LlmError> {
    let mut sent = HeaderMap::new();
    sent.insert("content-type", "application/json".parse().unwrap());
    sent.insert("user-agent", "test".parse().unwrap());
    let credentials = Credentials {
        key,
        authorization: None,
        auth,
        cloud,
    };
    let request = Unauthenticated {
        method: &Method::POST,
        url: &Url::parse(url).unwrap(),
        headers: &sent,
        body,
        now: now(),
    };
    let headers = BEDROCK.provider().authenticate(&credentials, &request)?;
    Ok(headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect())
}

fn signed(cloud: &CloudOptions, url: &str) -> Value {
    headers(cloud, None, Auth::Key, url, b"{}").unwrap()
}

/// Computed with an implementation of its own, in Python's hmac and hashlib.
#[test]
fn signatures_are_those_of_a_second_implementation() {
    let plain = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/m.x-v1%3A0/converse";
    let credential = "AWS4-HMAC-SHA256 Credential=AKIDTEST/20260102/eu-central-1/bedrock/\
        aws4_request, SignedHeaders=content-type;host;x-amz-date";
    let without = json!({
        "x-amz-date": "20260102T030405Z",
        "authorization": format!("{credential}, Signature={PLAIN}"),
    });
    assert_eq!(signed(&keys(), plain), without);
    let temporary = CloudOptions {
        aws_session_token: secret("token/1=="),
        ..keys()
    };
    let with = json!({
        "x-amz-date": "20260102T030405Z",
        "authorization": format!("{credential};x-amz-security-token, Signature={TOKEN}"),
        "x-amz-security-token": "token/1==",
    });
    assert_eq!(signed(&temporary, plain), with);
}

const PLAIN: &str = "b7d37986ad4bdc52e53c6a10c172b754467665e8188e0eb36618f68bb9baabd8";
const TOKEN: &str = "6f7d80f6a61a6d0ca81df60aec36778bb12c98dd9fbd3ff9a918a1ba7e5a8854";

#[test]
fn the_reference_vectors_hold_where_they_are_at_hand() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/sigv4_vectors.json"
    );
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let token = vector["session_token"].as_str();
        let mut sent = HeaderMap::new();
        if let Some(kind) = vector["signed_headers_sent"]["content-type"].as_str() {
            sent.insert("content-type", kind.parse().unwrap());
        }
        let cloud = CloudOptions {
            aws_access_key_id: secret(text("access_key")),
            aws_secret_access_key: secret(text("secret_key")),
            aws_session_token: token.and_then(secret),
            aws_region: Some(text("region").to_owned()),
            ..CloudOptions::default()
        };
        let credentials = Credentials {
            key: None,
            authorization: None,
            auth: Auth::Key,
            cloud: &cloud,
        };
        assert_eq!(text("time"), "20260102T030405Z");
        let request = Unauthenticated {
            method: &text("method").parse().unwrap(),
            url: &Url::parse(text("url")).unwrap(),
            headers: &sent,
            body: text("body").as_bytes(),
            now: now(),
        };
        let headers = BEDROCK
            .provider()
            .authenticate(&credentials, &request)
            .unwrap();
        let authorization = headers.iter().find(|(name, _)| *name == "authorization");
        let name = text("name");
        assert_eq!(authorization.unwrap().1, text("authorization"), "{name}");
    }
}

#[test]
fn times_are_written_in_utc() {
    let at = |seconds| {
        let credentials = Credentials {
            key: None,
            authorization: None,
            auth: Auth::Key,
            cloud: &keys(),
        };
        let request = Unauthenticated {
            method: &Method::POST,
            url: &Url::parse("https://bedrock-runtime.us-east-1.amazonaws.com/x").unwrap(),
            headers: &HeaderMap::new(),
            body: b"",
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        };
        let headers = BEDROCK
            .provider()
            .authenticate(&credentials, &request)
            .unwrap();
        headers
            .into_iter()
            .find(|(name, _)| *name == "x-amz-date")
            .unwrap()
            .1
    };
    for (seconds, time) in [
        (0, "19700101T000000Z"),
        (951_782_399, "20000228T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (951_868_800, "20000301T000000Z"),
        (1_735_689_599, "20241231T235959Z"),
        (4_107_542_400, "21000301T000000Z"),
    ] {
        assert_eq!(at(seconds), time);
    }
}

#[test]
fn a_key_is_a_bearer_token_and_comes_before_a_signature() {
    let key = secret("bedrock-api-key-x");
    let url = "https://h/model/m/converse";
    let bearer = json!({"authorization": "Bearer bedrock-api-key-x"});
    for auth in [Auth::Key, Auth::Bearer] {
        assert_eq!(
            headers(&keys(), key.as_ref(), auth, url, b"").unwrap(),
            bearer
        );
    }
    assert_eq!(
        headers(&keys(), key.as_ref(), Auth::None, url, b"").unwrap(),
        json!({})
    );
    assert_eq!(
        headers(&keys(), None, Auth::None, url, b"").unwrap(),
        json!({})
    );
    assert_eq!(
        headers(&CloudOptions::default(), None, Auth::Key, url, b"").unwrap(),
        json!({})
    );
    let own = "Bearer mine".parse().unwrap();
    let credentials = Credentials {
        key: None,
        authorization: Some(&own),
        auth: Auth::Key,
        cloud: &keys(),
    };
    assert!(!BEDROCK.provider().is_signed(&credentials));
}

#[test]
fn half_a_pair_of_keys_is_an_error() {
    let url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse";
    let id = CloudOptions {
        aws_secret_access_key: None,
        ..keys()
    };
    let error = headers(&id, None, Auth::Key, url, b"").unwrap_err();
    assert_eq!(
        error.message,
        "aws_secret_access_key is missing beside aws_access_key_id"
    );
    let secret = CloudOptions {
        aws_access_key_id: None,
        ..keys()
    };
    let error = headers(&secret, None, Auth::Key, url, b"").unwrap_err();
    assert_eq!(
        error.message,
        "aws_access_key_id is missing beside aws_secret_access_key"
    );
}

fn scope(cloud: &CloudOptions, url: &str) -> String {
    let authorization = signed(cloud, url)["authorization"].take();
    authorization
        .as_str()
        .unwrap()
        .split('/')
        .nth(2)
        .unwrap()
        .to_owned()
}

#[test]
fn the_scope_names_the_endpoints_region() {
    let elsewhere = CloudOptions {
        aws_region: Some("eu-west-1".to_owned()),
        ..keys()
    };
    let arn = "https://gateway/model/arn%3Aaws%3Abedrock%3Aap-south-1%3A1%3Ax%2Fm/converse";
    let rows = [
        (
            "https://bedrock-runtime.us-east-1.amazonaws.com/x",
            "us-east-1",
        ),
        (
            "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com/x",
            "us-gov-west-1",
        ),
        (
            "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/x",
            "cn-north-1",
        ),
        ("https://bedrock-runtime.eu-west-3.api.aws/x", "eu-west-3"),
        ("https://bedrock.sa-east-1.amazonaws.com/x", "sa-east-1"),
        (
            "https://bedrock-fips.us-west-2.amazonaws.com/x",
            "us-west-2",
        ),
        ("https://bedrocks.us-west-2.amazonaws.com/x", "eu-west-1"),
        (
            "https://bedrock-runtime.us-east-1.amazonaws.com.evil.example/x",
            "eu-west-1",
        ),
        ("http://127.0.0.1:1/x", "eu-west-1"),
        (arn, "eu-west-1"),
    ];
    for (url, region) in rows {
        assert_eq!(scope(&elsewhere, url), region, "{url}");
    }
    assert_eq!(scope(&keys(), arn), "ap-south-1");
    let error = headers(&keys(), None, Auth::Key, "https://h/model/m/converse", b"").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
}

#[test]
fn a_forwarded_request_is_signed_for_aws() {
    let own = "https://bedrock-runtime.us-east-1.amazonaws.com";
    let forwarded = CloudOptions {
        aws_signing_url: Some(own.to_owned()),
        ..keys()
    };
    let gateway = "https://gateway.example/v1/model/x/bedrock/model/m%3A0/converse?a=1";
    let direct = format!("{own}/model/m%3A0/converse");
    assert_eq!(signed(&forwarded, gateway), signed(&keys(), &direct));
    assert_ne!(
        signed(&forwarded, gateway),
        signed(&keys(), &format!("{own}/model/m/converse"))
    );
    for bad in ["x", "ftp://h", "https://"] {
        let cloud = CloudOptions {
            aws_signing_url: Some(bad.to_owned()),
            ..keys()
        };
        let error = headers(&cloud, None, Auth::Key, gateway, b"").unwrap_err();
        assert!(
            error.message.starts_with("aws_signing_url is not a URL"),
            "{error}"
        );
    }
}

#[test]
fn no_region_is_guessed() {
    let base_url = |model: &str, region: Option<&str>| {
        let aws_region = region.map(str::to_owned);
        let cloud = CloudOptions {
            aws_region,
            ..CloudOptions::default()
        };
        let url = BEDROCK.provider().base_url_of(model, &cloud);
        url.map(|url| url.into_owned()).map_err(|error| {
            assert_eq!(error.kind, ErrorKind::Config);
            error.message
        })
    };
    let arn = "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.x";
    let host = |region: &str| Ok(format!("https://bedrock-runtime.{region}.amazonaws.com"));
    assert_eq!(base_url("m", Some("eu-central-1")), host("eu-central-1"));
    assert_eq!(base_url(arn, None), host("us-west-2"));
    assert_eq!(base_url(arn, Some("eu-central-1")), host("eu-central-1"));
    let china = "https://bedrock-runtime.cn-north-1.amazonaws.com.cn".to_owned();
    assert_eq!(base_url("m", Some("cn-north-1")), Ok(china));
    for model in [
        "m",
        "us.anthropic.claude",
        "arn:aws:bedrock::1:x",
        "arn:aws",
    ] {
        assert!(base_url(model, None)
            .unwrap_err()
            .starts_with("no region for bedrock; set"));
    }
    let long = "a".repeat(41);
    for bad in ["", "a.evil.com", "x/y", "X", "-a", "a-", "a b", "a#", &long] {
        assert!(
            base_url("m", Some(bad))
                .unwrap_err()
                .contains("is not the name of"),
            "{bad}"
        );
    }
    assert!(base_url("arn:aws:bedrock:evil.com/:1:x", None).is_err());
}

#[test]
fn the_model_is_one_segment_of_the_path() {
    let path = |model: &str, target: &Target<'_>| {
        let request = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
        encode(&request, target).unwrap().path
    };
    let rows = [
        ("us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1%3A0"),
        (
            "arn:aws:bedrock:r:1:x/y",
            "arn%3Aaws%3Abedrock%3Ar%3A1%3Ax%2Fy",
        ),
        ("a b?c#d%\u{e9}~_-.", "a%20b%3Fc%23d%25%C3%A9~_-."),
    ];
    for (model, id) in rows {
        assert_eq!(path(model, &target()), format!("/model/{id}/converse"));
        assert_eq!(
            path(model, &streamed()),
            format!("/model/{id}/converse-stream")
        );
    }
    for model in [".", ".."] {
        let request = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
        assert_eq!(
            BEDROCK.refused(&request, &target()),
            "model is not the id of a model"
        );
    }
}
