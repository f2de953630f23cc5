//! The parts of a message as blocks, each an object of one field: OpenAI's and Anthropic's parts
//! are rewritten, what has Bedrock's form goes out as it is.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{json, Value};

use super::documents::DocumentNames;
use super::media::{cache_point, Media};
use super::NAME;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::unsupported::Unsupported;
use crate::request::ContentPart;

/// One block of a turn, of the system prompt, or of a result.
pub(super) enum Block<'a> {
    Text(&'a str),
    /// In Bedrock's own form: the block's name, and what it holds.
    Native(&'a str, Cow<'a, Value>),
    Media {
        media: Media<'a>,
        /// A document's.
        name: Option<String>,
        part: &'a ContentPart,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: Option<&'a RawValue>,
    },
    ToolResult {
        id: Cow<'a, str>,
        content: Vec<Block<'a>>,
        is_error: bool,
    },
}

/// The blocks of the API reference: ContentBlock, SystemContentBlock, ToolResultContentBlock.
const NATIVE: &[&str] = &[
    "audio",
    "cachePoint",
    "citationsContent",
    "document",
    "guardContent",
    "image",
    "json",
    "reasoningContent",
    "searchResult",
    "toolResult",
    "toolUse",
    "video",
];

impl Block<'_> {
    pub(super) fn cache_point(mark: &Value) -> Self {
        Self::Native("cachePoint", Cow::Owned(cache_point(mark)))
    }

    /// The block's name.
    fn kind(&self) -> &str {
        match self {
            Self::Text(_) => "text",
            Self::Native(kind, _) => kind,
            Self::Media { media, .. } => media.kind,
            Self::ToolUse { .. } => "toolUse",
            Self::ToolResult { .. } => "toolResult",
        }
    }

    pub(super) fn is_tool_result(&self) -> bool {
        self.kind() == "toolResult"
    }

    /// Whether it is a call or a result.
    pub(super) fn is_of_tool(&self) -> bool {
        matches!(self.kind(), "toolResult" | "toolUse")
    }

    /// Whether Claude takes it in a turn that has results.
    pub(super) fn stands_beside_results(&self) -> bool {
        !matches!(self.kind(), "document" | "video")
    }

    /// Whether it is a call in Bedrock's form with this id.
    pub(super) fn is_tool_use(&self, id: &str) -> bool {
        match self {
            Self::Native("toolUse", call) => {
                call.get("toolUseId").and_then(Value::as_str) == Some(id)
            }
            _ => false,
        }
    }

    /// Takes blanks from the end of a text.
    pub(super) fn trim_end(&mut self) {
        if let Self::Text(text) = self {
            *text = text.trim_end();
        }
    }
}

/// "The text field in the ContentBlock object is blank."
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

pub(super) fn encode_parts<'a>(
    parts: &'a [ContentPart],
    place: &str,
    is_reply: bool,
    names: &mut DocumentNames,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Block<'a>>, LlmError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let place = format!("{place}.content[{index}]");
        blocks.extend(block(part, &place, is_reply, names, unsupported)?);
        let mark = part
            .fields
            .get("cache_control")
            .filter(|mark| !mark.is_null());
        // A mark on what was left out has nothing that it follows.
        if let (Some(mark), false) = (mark, blocks.is_empty()) {
            blocks.push(Block::cache_point(mark));
        }
    }
    Ok(blocks)
}

/// Nothing: it was left out.
fn block<'a>(
    part: &'a ContentPart,
    place: &str,
    is_reply: bool,
    names: &mut DocumentNames,
    unsupported: &mut Unsupported<'_>,
) -> Result<Option<Block<'a>>, LlmError> {
    let kind = part.kind.as_str();
    if let (true, Some(value)) = (NATIVE.contains(&kind), part.fields.get(kind)) {
        return Ok(Some(Block::Native(kind, Cow::Borrowed(value))));
    }
    if let Some(text) = part.fields.get("text").and_then(Value::as_str) {
        if matches!(kind, "text" | "input_text" | "output_text") {
            return Ok(Some(text).filter(|text| !is_blank(text)).map(Block::Text));
        }
    }
    if let Some(reasoning) = signed_thinking(part) {
        return Ok(Some(Block::Native(
            "reasoningContent",
            Cow::Owned(reasoning),
        )));
    }
    if let Some(media) = media(part, place, unsupported)? {
        return Ok(media.map(|(media, file)| {
            let name = (media.kind == "document").then(|| names.name(file));
            Block::Media { media, name, part }
        }));
    }
    let is_foreign = matches!(kind, "thinking" | "redacted_thinking" | "server_tool_use")
        || kind.ends_with("_tool_result")
        || foreign_fields::PARTS.contains(&kind);
    match is_reply && is_foreign {
        true => unsupported.leave(place, kind),
        false => unsupported.refuse(place, "Converse has no such part")?,
    }
    Ok(None)
}

/// Anthropic's thinking in Bedrock's form. Without a signature it is not taken back.
fn signed_thinking(part: &ContentPart) -> Option<Value> {
    let field = |name: &str| part.fields.get(name).and_then(Value::as_str);
    match part.kind.as_str() {
        "thinking" => {
            let signature = field("signature").filter(|signature| !signature.is_empty())?;
            let text = field("thinking").unwrap_or_default();
            Some(json!({"reasoningText": {"text": text, "signature": signature}}))
        }
        "redacted_thinking" => Some(json!({"redactedContent": field("data")?})),
        _ => None,
    }
}

/// A medium and its file's name; `Some(None)` is one that was left out, `None` another part.
type Found<'a> = Option<Option<(Media<'a>, Option<&'a str>)>>;

fn media<'a>(
    part: &'a ContentPart,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Found<'a>, LlmError> {
    let own = |name: &str| part.fields.get(name);
    let text = |object: Option<&'a Value>, name: &str| object?.get(name)?.as_str();
    let missing = |what: &str| invalid_request(NAME, &format!("{place}.{what} is missing"));
    let kind = part.kind.as_str();
    let found = match kind {
        "image_url" | "video_url" => {
            let url = own(kind)
                .and_then(Value::as_str)
                .or_else(|| text(own(kind), "url"));
            let place = format!("{place}.{kind}.url");
            let url = url.ok_or_else(|| missing(&format!("{kind}.url")))?;
            let media = Media::of_url(url, None, &place, unsupported)?;
            media.map(|media| (media, None))
        }
        "input_audio" => {
            let audio = own(kind);
            let data = text(audio, "data").ok_or_else(|| missing("input_audio.data"))?;
            let format = text(audio, "format").ok_or_else(|| missing("input_audio.format"))?;
            let place = format!("{place}.input_audio.format");
            Some((Media::of_format(format, data, &place)?, None))
        }
        "file" => {
            let file = own(kind);
            let name = text(file, "filename");
            let url = text(file, "file_data").or_else(|| text(file, "file_id"));
            let url = url.ok_or_else(|| missing("file.file_data"))?;
            let place = format!("{place}.file.file_data");
            let media = Media::of_url(url, name, &place, unsupported)?;
            media.map(|media| (media, name))
        }
        // Anthropic's form.
        "image" | "document" => {
            let source = own("source");
            let title = own("title").and_then(Value::as_str);
            let media = match (text(source, "type"), text(source, "data")) {
                (Some("base64"), Some(data)) => {
                    let media_type = text(source, "media_type").unwrap_or_default();
                    let place = format!("{place}.source.media_type");
                    Some(Media::of_type(media_type, data, title, &place)?)
                }
                (Some("text"), Some(data)) => Some(Media::of_text(data)),
                _ => {
                    let url = text(source, "url").ok_or_else(|| missing("source"))?;
                    Media::of_url(url, title, &format!("{place}.source.url"), unsupported)?
                }
            };
            media.map(|media| (media, title))
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Text(text) => map.serialize_entry("text", text)?,
            Self::Native(kind, value) => map.serialize_entry(kind, value)?,
            Self::Media { media, name, part } => {
                map.serialize_entry(media.kind, &MediaFields(media, name.as_deref(), part))?;
            }
            Self::ToolUse { id, name, input } => {
                map.serialize_entry("toolUse", &ToolUse { id, name, input })?;
            }
            Self::ToolResult {
                id,
                content,
                is_error,
            } => map.serialize_entry(
                "toolResult",
                &ToolResult {
                    id,
                    content,
                    status: is_error.then_some("error"),
                },
            )?,
        }
        map.end()
    }
}

/// A call; without arguments its input is an empty object.
struct ToolUse<'b> {
    id: &'b str,
    name: &'b str,
    input: &'b Option<&'b RawValue>,
}

impl Serialize for ToolUse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("toolUseId", self.id)?;
        map.serialize_entry("name", self.name)?;
        match self.input {
            Some(input) => map.serialize_entry("input", input)?,
            None => map.serialize_entry("input", &json!({}))?,
        }
        map.end()
    }
}

/// The result of a call.
#[derive(serde::Serialize)]
struct ToolResult<'b, 'a> {
    #[serde(rename = "toolUseId")]
    id: &'b str,
    content: &'b [Block<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

/// A medium with its name, and what else the caller wrote about a document.
struct MediaFields<'b, 'a>(&'b Media<'a>, Option<&'b str>, &'b ContentPart);

impl Serialize for MediaFields<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(media, name, part) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format", media.format)?;
        if let Some(name) = name {
            map.serialize_entry("name", name)?;
        }
        map.serialize_entry("source", &media.source)?;
        for name in ["citations", "context"]
            .iter()
            .filter(|_| media.kind == "document")
        {
            if let Some(value) = part.fields.get(*name).filter(|value| !value.is_null()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
