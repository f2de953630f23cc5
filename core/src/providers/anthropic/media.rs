//! Where an image or a document is, and of which type: data URLs are parsed, types get Anthropic's
//! names.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::NAME;
use crate::error::LlmError;
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

/// `image/png;base64,iVBO...`: what stands behind `data:` (RFC 2397). `kind` is what it must be, if
/// only by its bytes.
pub(super) fn base64<'a>(data: &'a str, kind: &str, place: &str) -> Result<Source<'a>, LlmError> {
    let parted = data.split_once(',').and_then(|(head, data)| {
        let head = head.trim_end().strip_suffix("base64")?;
        let head = head.trim_end().strip_suffix(';')?;
        let declared = head.split(';').next().unwrap_or(head);
        // Line breaks, which mail puts in.
        let data = match data.contains(|c: char| c.is_ascii_whitespace()) {
            true => Cow::Owned(data.split_ascii_whitespace().collect()),
            false => Cow::Borrowed(data),
        };
        let is_image =
            !kind.is_empty() || declared.trim().to_ascii_lowercase().starts_with("image/");
        let media_type = match is_image {
            true => image_type(declared, &data),
            false => Cow::Borrowed(declared.trim()),
        };
        (!media_type.is_empty()).then_some(Source::Base64 { media_type, data })
    });
    let what = || format!("{place} must read data:MEDIA/TYPE;base64,DATA");
    parted.ok_or_else(|| invalid_request(NAME, &what()))
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
    const BEGINNINGS: &[(&str, &str)] = &[
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
    ];
    let is_begin = |(begin, _): &&(&str, &str)| data.starts_with(begin);
    if let Some((_, known)) = BEGINNINGS.iter().find(is_begin) {
        return Cow::Borrowed(known);
    }
    let name = declared.trim().to_ascii_lowercase();
    match name.as_str() {
        "image/jpg" | "image/pjpeg" | "image/jfif" => Cow::Borrowed("image/jpeg"),
        "image/x-png" => Cow::Borrowed("image/png"),
        _ if name == declared => Cow::Borrowed(declared),
        _ => Cow::Owned(name),
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
