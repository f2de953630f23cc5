//! Images, documents, video and audio: which block and format a media type or a file's name is, and
//! where its bytes are. Bedrock loads nothing by itself but from S3.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::NAME;
use crate::error::LlmError;
use crate::providers::data_url;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;

/// Where a medium is.
pub(super) enum Source<'a> {
    /// In base64.
    Bytes(Cow<'a, str>),
    Text(&'a str),
    S3(&'a str),
}

/// A medium as a block has it.
pub(super) struct Media<'a> {
    /// The block's name.
    pub(super) kind: &'static str,
    pub(super) format: &'static str,
    pub(super) source: Source<'a>,
}

/// Media types and ends of files, the block that each is, and its format there.
const FORMATS: &[(&str, &[&str], &str, &str)] = &[
    ("image/png", &["png"], "image", "png"),
    ("image/jpeg", &["jpg", "jpeg", "jfif"], "image", "jpeg"),
    ("image/gif", &["gif"], "image", "gif"),
    ("image/webp", &["webp"], "image", "webp"),
    ("application/pdf", &["pdf"], "document", "pdf"),
    ("text/csv", &["csv"], "document", "csv"),
    ("application/msword", &["doc"], "document", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["docx"],
        "document",
        "docx",
    ),
    ("application/vnd.ms-excel", &["xls"], "document", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["xlsx"],
        "document",
        "xlsx",
    ),
    ("text/html", &["html", "htm"], "document", "html"),
    ("text/markdown", &["md", "markdown"], "document", "md"),
    ("text/plain", &["txt"], "document", "txt"),
    ("video/x-matroska", &["mkv"], "video", "mkv"),
    ("video/quicktime", &["mov"], "video", "mov"),
    ("video/mp4", &["mp4"], "video", "mp4"),
    ("video/webm", &["webm"], "video", "webm"),
    ("video/x-flv", &["flv"], "video", "flv"),
    ("video/mpeg", &["mpeg", "mpg"], "video", "mpeg"),
    ("video/x-ms-wmv", &["wmv"], "video", "wmv"),
    ("video/3gpp", &["3gp"], "video", "three_gp"),
    ("audio/mpeg", &["mp3"], "audio", "mp3"),
    ("audio/mp3", &[], "audio", "mp3"),
    ("audio/wav", &["wav"], "audio", "wav"),
    ("audio/x-wav", &[], "audio", "wav"),
    ("audio/ogg", &["ogg"], "audio", "ogg"),
    ("audio/opus", &["opus"], "audio", "opus"),
    ("audio/flac", &["flac"], "audio", "flac"),
    ("audio/aac", &["aac"], "audio", "aac"),
    ("audio/mp4", &["m4a"], "audio", "m4a"),
];

impl<'a> Media<'a> {
    /// What a `data:` URL or an S3 URI holds. Ok with nothing: it was left out with a warning.
    pub(super) fn of_url(
        url: &'a str,
        file_name: Option<&str>,
        place: &str,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<Option<Self>, LlmError> {
        if let Some(rest) = data_url::after_scheme(url) {
            let what = || format!("{place} must read {}", data_url::FORM);
            let url = data_url::parse(rest).ok_or_else(|| invalid_request(NAME, &what()))?;
            return Self::of_bytes(url.media_type, url.data, file_name, place).map(Some);
        }
        if url.starts_with("s3://") {
            let format = of_file_name(file_name).or_else(|| of_file_name(Some(url)));
            let (kind, format) = format.ok_or_else(|| unknown(place))?;
            let source = Source::S3(url);
            return Ok(Some(Self {
                kind,
                format,
                source,
            }));
        }
        let why = "Bedrock loads no URLs; write a data: or an s3:// URL";
        unsupported.refuse(place, why).map(|()| None)
    }

    /// Base64 of a format that is known by its name, such as `wav`.
    pub(super) fn of_format(format: &str, data: &'a str, place: &str) -> Result<Self, LlmError> {
        let by_name = of_file_name(Some(&format!(".{format}")));
        let (kind, format) = by_name.ok_or_else(|| unknown(place))?;
        Ok(Self {
            kind,
            format,
            source: Source::Bytes(data_url::without_blanks(data)),
        })
    }

    /// Base64 of a media type.
    pub(super) fn of_type(
        media_type: &str,
        data: &'a str,
        file_name: Option<&str>,
        place: &str,
    ) -> Result<Self, LlmError> {
        let data = data_url::without_blanks(data);
        Self::of_bytes(media_type, data, file_name, place)
    }

    /// The first bytes decide, since a wrong type is refused, and then the type's name.
    fn of_bytes(
        media_type: &str,
        data: Cow<'a, str>,
        file_name: Option<&str>,
        place: &str,
    ) -> Result<Self, LlmError> {
        let of_type = |name: &str| {
            let row = FORMATS.iter().find(|(known, ..)| *known == name);
            row.map(|(_, _, kind, format)| (*kind, *format))
        };
        let name = media_type.split(';').next().unwrap_or_default();
        let found = data_url::image_type(&data)
            .and_then(of_type)
            .or_else(|| of_type(&data_url::registered_name(name)))
            .or_else(|| of_file_name(file_name));
        let (kind, format) = found.ok_or_else(|| unknown(place))?;
        Ok(Self {
            kind,
            format,
            source: Source::Bytes(data),
        })
    }

    /// A text that is a document.
    pub(super) fn of_text(text: &'a str) -> Self {
        Self {
            kind: "document",
            format: "txt",
            source: Source::Text(text),
        }
    }
}

fn of_file_name(name: Option<&str>) -> Option<(&'static str, &'static str)> {
    let (_, end) = name?.rsplit_once('.')?;
    let end = end.to_ascii_lowercase();
    let row = FORMATS
        .iter()
        .find(|(_, ends, ..)| ends.contains(&end.as_str()));
    row.map(|(_, _, kind, format)| (*kind, *format))
}

fn unknown(place: &str) -> LlmError {
    let what = format!("{place} is of no type that Bedrock takes, or its type is not named");
    invalid_request(NAME, &what)
}

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Bytes(data) => map.serialize_entry("bytes", data)?,
            Self::Text(text) => map.serialize_entry("text", text)?,
            Self::S3(uri) => {
                map.serialize_entry("s3Location", &serde_json::json!({ "uri": uri }))?;
            }
        }
        map.end()
    }
}

/// A mark where a prompt's cache ends, as Anthropic's clients write it on what it follows.
pub(super) fn cache_point(mark: &Value) -> Value {
    let mut point = serde_json::Map::from_iter([("type".to_owned(), Value::from("default"))]);
    let ttl = mark.get("ttl").filter(|ttl| ttl.is_string());
    point.extend(ttl.map(|ttl| ("ttl".to_owned(), ttl.clone())));
    Value::Object(point)
}
