//! The images of a message: bare base64, taken out of data URLs. Owns what an image may
//! be written as; fetches nothing.

use std::borrow::Cow;

use serde_json::Value;

use super::NAME;
use crate::error::LlmError;
use crate::providers::data_url;
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
    if let Some(rest) = data_url::after_scheme(url) {
        return base64_of(rest, place).map(Some);
    }
    let why = "Ollama fetches no images; give its bytes as data:image/TYPE;base64,DATA";
    unsupported
        .refuse(&format!("{place}.image_url.url"), why)
        .map(|()| None)
}

fn base64_of<'a>(rest: &'a str, place: &str) -> Result<Cow<'a, str>, LlmError> {
    let url = data_url::parse(rest).filter(|url| !url.data.is_empty());
    let what = || format!("{place}.image_url.url must read data:image/TYPE;base64,DATA");
    let url = url.ok_or_else(|| invalid_request(NAME, &what()))?;
    Ok(url.data)
}

/// The images that the caller wrote in Ollama's own form, a list of base64 in the message's field.
pub(super) fn own_images(value: &Value) -> impl Iterator<Item = Cow<'_, str>> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(Cow::Borrowed)
}
