//! Where an image or a document is, and of which type: types get the names that Anthropic takes.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::error::LlmError;
use crate::providers::data_url;
use crate::providers::errors::invalid_request;

/// Where an image or a document is.
pub(super) enum Source<'a> {
    Url(&'a str),
    Base64 {
        media_type: Cow<'a, str>,
        data: Cow<'a, str>,
    },
    Text(String),
    File(&'a str),
}

/// The bytes of a data URL, of which this is the rest. `is_image`: it must be one, if only by its
/// bytes.
pub(super) fn base64<'a>(
    provider: &'static str,
    rest: &'a str,
    is_image: bool,
    place: &str,
) -> Result<Source<'a>, LlmError> {
    let source = data_url::parse(rest).and_then(|url| {
        let declared = url.media_type;
        let is_image = is_image || declared.to_ascii_lowercase().starts_with("image/");
        let media_type = match is_image {
            true => image_type(declared, &url.data),
            false => Cow::Borrowed(declared),
        };
        let data = url.data;
        (!media_type.is_empty()).then_some(Source::Base64 { media_type, data })
    });
    let what = || format!("{place} must read {}", data_url::FORM);
    source.ok_or_else(|| invalid_request(provider, &what()))
}

/// A source whose type has another name than Anthropic's.
pub(super) fn image_source(source: &Value) -> Option<Value> {
    let field = |name: &str| source.get(name).and_then(Value::as_str);
    let (declared, data) = (field("media_type")?, field("data")?);
    let media_type = image_type(declared, data);
    let fields = source.as_object().filter(|_| media_type != declared)?;
    let mut fields = fields.clone();
    fields.insert("media_type".to_owned(), Value::from(media_type));
    Some(Value::Object(fields))
}

/// The type of an image: by its first bytes where they show it, since Anthropic refuses another
/// one, and else by its name, of which several are in use.
fn image_type<'a>(declared: &'a str, data: &str) -> Cow<'a, str> {
    match data_url::image_type(data) {
        Some(known) => Cow::Borrowed(known),
        None => data_url::registered_name(declared),
    }
}

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields: &[(&str, &str)] = match self {
            Self::Url(url) => &[("type", "url"), ("url", url)],
            Self::Base64 { media_type, data } => &[
                ("type", "base64"),
                ("media_type", media_type),
                ("data", data),
            ],
            Self::Text(text) => &[
                ("type", "text"),
                ("media_type", "text/plain"),
                ("data", text),
            ],
            Self::File(id) => &[("type", "file"), ("file_id", id)],
        };
        serializer.collect_map(fields.iter().copied())
    }
}
