//! Where Bedrock is: region, host, and the model's place in the path. Pure functions of texts.

use crate::error::{config, LlmError};
use crate::providers::percent_encoding::encoded;
use crate::request::cloud::check_region;
use crate::request::CloudOptions;

const NO_REGION: &str =
    "no region for bedrock; set aws_region or AWS_REGION, or give the model's ARN";

/// The base URL of the region of the caller, else of the model's ARN. No region is guessed.
pub(super) fn base_url(model: &str, cloud: &CloudOptions) -> Result<String, LlmError> {
    let region = cloud.aws_region.as_deref().or_else(|| region_of_arn(model));
    let region = region.ok_or_else(|| config(NO_REGION))?;
    check_region(region)?;
    let domain = match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    };
    Ok(format!("https://bedrock-runtime.{region}.{domain}"))
}

/// The region that a signature for this host and path names: the endpoint's own, else the caller's,
/// else that of the ARN in the path.
pub(super) fn signing_region<'r>(
    host: &'r str,
    path: &'r str,
    cloud: &'r CloudOptions,
) -> Result<&'r str, LlmError> {
    let of_path = || {
        path.rsplit_once("/model/")
            .and_then(|(_, id)| region_of_encoded_arn(id))
    };
    let region = region_of_host(host).or(cloud.aws_region.as_deref());
    let region = region.or_else(of_path).ok_or_else(|| config(NO_REGION))?;
    check_region(region)?;
    Ok(region)
}

/// `/model/{id}/converse`: the id is one segment, so an ARN's slashes are encoded too.
pub(super) fn path(model: &str, stream: bool) -> String {
    let operation = if stream {
        "converse-stream"
    } else {
        "converse"
    };
    format!("/model/{}/{operation}", encoded(model))
}

/// `arn:aws:bedrock:REGION:ACCOUNT:...`
fn region_of_arn(model: &str) -> Option<&str> {
    let region = model.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then_some(region)
}

fn region_of_encoded_arn(id: &str) -> Option<&str> {
    let region = id.strip_prefix("arn%3A")?.split("%3A").nth(2)?;
    (!region.is_empty()).then_some(region)
}

/// `bedrock-runtime.REGION.amazonaws.com`, `bedrock.` for the list of models, and their like in
/// China, for FIPS and for dual stack (botocore, the endpoint rules of both services).
fn region_of_host(host: &str) -> Option<&str> {
    let rest = host.strip_prefix("bedrock")?;
    let rest = rest.strip_prefix("-runtime").unwrap_or(rest);
    let rest = rest
        .strip_prefix("-fips")
        .unwrap_or(rest)
        .strip_prefix('.')?;
    let (region, domain) = rest.split_once('.')?;
    let domains = [
        "amazonaws.com",
        "amazonaws.com.cn",
        "api.aws",
        "api.amazonwebservices.com.cn",
    ];
    domains.contains(&domain).then_some(region)
}
