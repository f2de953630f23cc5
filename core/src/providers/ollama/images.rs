//! The images of a message: bare base64, taken out of data URLs (RFC 2397). Owns what an image may
//! be written as; fetches nothing.

use std::borrow::Cow;

use serde_json::Value;

use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::ContentPart;

/// The data of a part of kind `image_url`; none where it was left out.
pub(super) fn encode_image<'a>(
    part: &'a ContentPart,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Cow<'a, str>>, LlmError> {
    let written = part.fields.get("image_url");
    let url = written.and_then(|image| image.get("url").unwrap_or(image).as_str());
    let Some(url) = url.map(str::trim) else {
        let what = format!("{place}.image_url.url is missing");
        return Err(invalid_request(NAME, &what));
    };
    if let Some(data) = after_scheme(url) {
        return base64_of(data, place).map(Some);
    }
    let why = "Ollama fetches no images; give its bytes as data:image/TYPE;base64,DATA";
    unsupported
        .refuse(&format!("{place}.image_url.url"), why)
        .map(|()| None)
}

/// What stands behind `data:`; schemes have no case.
fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, data) = url.split_once(':')?;
    scheme.eq_ignore_ascii_case("data").then_some(data)
}

fn base64_of<'a>(data: &'a str, place: &str) -> Result<Cow<'a, str>, LlmError> {
    let parted = data.split_once(',').filter(|(head, data)| {
        let head = head.trim_end();
        let end = head.rsplit(';').next().unwrap_or_default();
        head.contains(';') && end.trim().eq_ignore_ascii_case("base64") && !data.is_empty()
    });
    let Some((_, data)) = parted else {
        let what = format!("{place}.image_url.url must read data:image/TYPE;base64,DATA");
        return Err(invalid_request(NAME, &what));
    };
    // Line breaks, which mail puts in.
    Ok(match data.contains(|c: char| c.is_ascii_whitespace()) {
        true => Cow::Owned(data.split_ascii_whitespace().collect()),
        false => Cow::Borrowed(data),
    })
}

/// The images that the caller wrote in Ollama's own form, a list of base64 in the message's field.
pub(super) fn own_images(value: &Value) -> impl Iterator<Item = Cow<'_, str>> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(Cow::Borrowed)
}
