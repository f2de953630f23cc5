//! The parts of a message as blocks: OpenAI's text, images and files are rewritten, what has
//! Anthropic's form goes out as it is.

use std::borrow::Cow;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::media::{base64, image_source, Source};
use crate::error::LlmError;
use crate::providers::data_url;
use crate::providers::errors::invalid_request;
use crate::providers::foreign_fields;
use crate::providers::tool_calls::request_ids::CallIdRule;
use crate::providers::unsupported::Unsupported;
use crate::request::ContentPart;

/// One block of a turn.
pub(super) struct Block<'a> {
    pub(super) body: Body<'a>,
    /// Where the caller set the mark on the message and not on a part of it.
    pub(super) cache_control: Option<&'a Value>,
}

/// What a block is.
pub(super) enum Body<'a> {
    Text(&'a str),
    /// A part that has Anthropic's form, and what of it goes out in another way.
    Native(&'a ContentPart, Vec<(&'static str, Value)>),
    /// An image or a document, with the fields that stood beside the source.
    Media {
        kind: &'static str,
        source: Source<'a>,
        title: Option<&'a str>,
        part: &'a ContentPart,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: Option<&'a RawValue>,
        beside: &'a Map<String, Value>,
    },
    ToolResult {
        id: Cow<'a, str>,
        content: Option<ResultContent<'a>>,
        is_error: Option<&'a Value>,
    },
}

/// The result of a tool.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum ResultContent<'a> {
    Text(&'a str),
    Blocks(Vec<Block<'a>>),
}

impl<'a> Block<'a> {
    pub(super) fn new(body: Body<'a>) -> Self {
        Self {
            body,
            cache_control: None,
        }
    }

    pub(super) fn is_tool_result(&self) -> bool {
        match &self.body {
            Body::ToolResult { .. } => true,
            Body::Native(part, _) => part.kind == "tool_result",
            Body::Text(_) | Body::Media { .. } | Body::ToolUse { .. } => false,
        }
    }

    /// Whether it is a call in Anthropic's form with this id.
    pub(super) fn is_tool_use(&self, id: &str) -> bool {
        let Body::Native(part, _) = &self.body else {
            return false;
        };
        part.kind == "tool_use" && part.fields.get("id").and_then(Value::as_str) == Some(id)
    }

    /// Takes blanks from the end of a text.
    pub(super) fn trim_end(&mut self) {
        match &mut self.body {
            Body::Text(text) => *text = text.trim_end(),
            Body::Native(part, changes) if part.kind == "text" => {
                let text = part.fields.get("text").and_then(Value::as_str);
                let text = text.filter(|text| text.ends_with(char::is_whitespace));
                changes.extend(text.map(|text| ("text", Value::from(text.trim_end()))));
            }
            Body::Native(..)
            | Body::Media { .. }
            | Body::ToolUse { .. }
            | Body::ToolResult { .. } => {}
        }
    }
}

/// "text content blocks must contain non-whitespace text".
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

pub(super) fn encode_parts<'a>(
    parts: &'a [ContentPart],
    place: &str,
    is_reply: bool,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Block<'a>>, LlmError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let place = format!("{place}.content[{index}]");
        if is_blank_text(part) {
            continue;
        }
        if is_reply && is_foreign(part) {
            unsupported.leave(&place, &part.kind);
            continue;
        }
        let body = match part.kind.as_str() {
            "image_url" => image(part, &place, unsupported)?,
            "file" => file(part, &place, unsupported.provider)?,
            "input_audio" => {
                unsupported.refuse(&place, "Anthropic's models take no audio")?;
                continue;
            }
            "refusal" => {
                unsupported.refuse(&place, "Anthropic has no refusals apart from text")?;
                continue;
            }
            _ => Body::Native(part, native_changes(part)),
        };
        blocks.push(Block::new(body));
    }
    Ok(blocks)
}

fn is_blank_text(part: &ContentPart) -> bool {
    let text = part.fields.get("text");
    part.kind == "text" && text.and_then(Value::as_str).is_some_and(is_blank)
}

/// Reasoning of other providers: Anthropic's own is signed.
fn is_foreign(part: &ContentPart) -> bool {
    let field = |name: &str| part.fields.get(name).and_then(Value::as_str);
    let is_signed = || field("signature").is_some_and(|signature| !signature.is_empty());
    match part.kind.as_str() {
        "thinking" => !is_signed(),
        kind => foreign_fields::PARTS.contains(&kind),
    }
}

/// What Anthropic refuses in a part of its own form: the letters of an id, the name of a type,
/// blank texts in a result.
fn native_changes(part: &ContentPart) -> Vec<(&'static str, Value)> {
    let field = |name: &str| part.fields.get(name);
    let id_name = match part.kind.as_str() {
        "tool_use" => "id",
        "tool_result" => "tool_use_id",
        "image" => {
            let source = field("source").and_then(image_source);
            return source
                .map(|source| ("source", source))
                .into_iter()
                .collect();
        }
        _ => return Vec::new(),
    };
    let mut changes = Vec::new();
    if let Some(Value::String(id)) = field(id_name) {
        let fitting = CallIdRule::Word.fitting(id);
        changes.extend((fitting != *id).then(|| (id_name, Value::from(fitting))));
    }
    let is_blank = |part: &Value| {
        let text = part.get("text").and_then(Value::as_str);
        part.get("type").is_some_and(|kind| kind == "text") && text.is_some_and(is_blank)
    };
    if let Some(Value::Array(list)) = field("content") {
        if list.iter().any(is_blank) {
            let rest = list.iter().filter(|part| !is_blank(part)).cloned();
            changes.push(("content", rest.collect()));
        }
    }
    changes
}

fn image<'a>(
    part: &'a ContentPart,
    place: &str,
    unsupported: &mut Unsupported<'_>,
) -> Result<Body<'a>, LlmError> {
    let image = part.fields.get("image_url");
    let url = image.and_then(|image| image.as_str().or_else(|| image.get("url")?.as_str()));
    let missing = || format!("{place}.image_url.url is missing");
    let provider = unsupported.provider;
    let url = url.ok_or_else(|| invalid_request(provider, &missing()))?;
    let detail = image.and_then(|image| image.get("detail")?.as_str());
    if detail.is_some_and(|detail| detail != "auto") {
        let why = "Anthropic chooses the detail itself";
        unsupported.refuse(&format!("{place}.image_url.detail"), why)?;
    }
    let source = match data_url::after_scheme(url) {
        None => Source::Url(url),
        Some(rest) => base64(provider, rest, true, &format!("{place}.image_url.url"))?,
    };
    Ok(media("image", source, None, part))
}

fn file<'a>(
    part: &'a ContentPart,
    place: &str,
    provider: &'static str,
) -> Result<Body<'a>, LlmError> {
    let field = |name: &str| part.fields.get("file")?.get(name)?.as_str();
    let (title, place) = (field("filename"), format!("{place}.file"));
    if let Some(id) = field("file_id") {
        return Ok(media("document", Source::File(id), title, part));
    }
    let none = || format!("{place} has neither file_id nor file_data with a data: URL");
    let rest = field("file_data").and_then(data_url::after_scheme);
    let rest = rest.ok_or_else(|| invalid_request(provider, &none()))?;
    let place = format!("{place}.file_data");
    Ok(match base64(provider, rest, false, &place)? {
        // Anthropic takes text as text.
        Source::Base64 { media_type, data } if media_type == "text/plain" => {
            let bytes = BASE64_STANDARD.decode(data.as_bytes()).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let what = || format!("{place} is not base64 of UTF-8 text");
            let text = text.ok_or_else(|| invalid_request(provider, &what()))?;
            media("document", Source::Text(text), title, part)
        }
        source => {
            let kind = match &source {
                Source::Base64 { media_type, .. } if media_type.starts_with("image/") => "image",
                _ => "document",
            };
            media(kind, source, title.filter(|_| kind == "document"), part)
        }
    })
}

fn media<'a>(
    kind: &'static str,
    source: Source<'a>,
    title: Option<&'a str>,
    part: &'a ContentPart,
) -> Body<'a> {
    Body::Media {
        kind,
        source,
        title,
        part,
    }
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut is_marked = false;
        match &self.body {
            Body::Text(text) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
            }
            Body::Native(part, changes) => {
                map.serialize_entry("type", &part.kind)?;
                let changed = |name: &str| changes.iter().find(|(changed, _)| *changed == name);
                for (name, value) in &part.fields {
                    let value = changed(name).map_or(value, |(_, value)| value);
                    map.serialize_entry(name, value)?;
                }
                is_marked = part.fields.contains_key("cache_control");
            }
            Body::Media {
                kind,
                source,
                title,
                part,
            } => {
                map.serialize_entry("type", kind)?;
                map.serialize_entry("source", source)?;
                if let (Some(title), false) = (title, part.fields.contains_key("title")) {
                    map.serialize_entry("title", title)?;
                }
                is_marked = beside(&mut map, &part.fields, &part.kind)?;
            }
            Body::ToolUse {
                id,
                name,
                input,
                beside,
            } => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("name", name)?;
                match input {
                    Some(input) => map.serialize_entry("input", input)?,
                    None => map.serialize_entry("input", &json!({}))?,
                }
                for (name, value) in known_beside_call(beside) {
                    is_marked |= name == "cache_control";
                    map.serialize_entry(name, value)?;
                }
            }
            Body::ToolResult {
                id,
                content,
                is_error,
            } => {
                map.serialize_entry("type", "tool_result")?;
                map.serialize_entry("tool_use_id", id)?;
                if let Some(content) = content {
                    map.serialize_entry("content", content)?;
                }
                if let Some(is_error) = is_error {
                    map.serialize_entry("is_error", is_error)?;
                }
            }
        }
        if let (Some(mark), false) = (self.cache_control, is_marked) {
            map.serialize_entry("cache_control", mark)?;
        }
        map.end()
    }
}

/// Writes the fields of a part but this one; whether a cache mark was among them.
fn beside<M: SerializeMap>(
    map: &mut M,
    fields: &Map<String, Value>,
    but: &str,
) -> Result<bool, M::Error> {
    for (name, value) in fields.iter().filter(|(name, _)| *name != but) {
        map.serialize_entry(name, value)?;
    }
    Ok(fields.contains_key("cache_control"))
}

/// Fields of a call that Anthropic takes; others are marks of other providers' streams.
fn known_beside_call(extra: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let known = ["cache_control", "caller"];
    let fields = extra.iter().map(|(name, value)| (name.as_str(), value));
    fields.filter(move |(name, value)| known.contains(name) && !value.is_null())
}
