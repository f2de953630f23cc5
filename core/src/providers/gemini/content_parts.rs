//! The parts of a content as they go out: text, media, calls and results. Owns their form; what
//! becomes which of them is in `message_parts`, `replies` and `tool_results`.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{json, Map, Value};

use super::media::Source;

/// One part of a content.
pub(super) enum Part<'a> {
    Text(&'a str),
    Media {
        source: Source<'a>,
        /// How many tokens an image may cost.
        resolution: Option<&'static str>,
    },
    Call {
        name: &'a str,
        arguments: Option<&'a RawValue>,
        id: Option<&'a str>,
        signature: Option<&'a str>,
    },
    Result(ToolResult<'a>),
    /// In Gemini's own form, perhaps without the id of its call.
    Own {
        part: &'a Value,
        without_id: bool,
        signature: Option<&'a str>,
    },
}

impl<'a> Part<'a> {
    /// A part that goes out as it is.
    pub(super) fn own(part: &'a Value) -> Self {
        Self::Own {
            part,
            without_id: false,
            signature: None,
        }
    }

    pub(super) fn is_call(&self) -> bool {
        match self {
            Self::Call { .. } => true,
            Self::Own { part, .. } => part.get("functionCall").is_some(),
            Self::Text(_) | Self::Media { .. } | Self::Result(_) => false,
        }
    }

    /// Signs a call that has no signature.
    pub(super) fn sign(&mut self, mark: &'static str) {
        match self {
            Self::Call { signature, .. } => {
                signature.get_or_insert(mark);
            }
            Self::Own {
                part, signature, ..
            } if part.get("thoughtSignature").is_none() => {
                signature.get_or_insert(mark);
            }
            Self::Own { .. } | Self::Text(_) | Self::Media { .. } | Self::Result(_) => {}
        }
    }
}

/// A result as Gemini has it.
pub(super) struct ToolResult<'a> {
    pub(super) name: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) response: Response<'a>,
    /// Images and files, since Gemini 3.
    pub(super) media: Vec<Part<'a>>,
}

pub(super) enum Response<'a> {
    Object(&'a RawValue),
    Output(Cow<'a, str>),
    Error(Cow<'a, str>),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text(text) => map.serialize_entry("text", text)?,
            Self::Media { source, resolution } => {
                match source {
                    Source::Inline { .. } => map.serialize_entry("inlineData", source)?,
                    Source::Address { .. } => map.serialize_entry("fileData", source)?,
                }
                if let Some(level) = resolution {
                    map.serialize_entry("mediaResolution", &json!({ "level": level }))?;
                }
            }
            Self::Call {
                name,
                arguments,
                id,
                signature,
            } => {
                let call = Call {
                    name,
                    arguments: *arguments,
                    id: *id,
                };
                map.serialize_entry("functionCall", &call)?;
                if let Some(signature) = signature {
                    map.serialize_entry("thoughtSignature", signature)?;
                }
            }
            Self::Result(result) => map.serialize_entry("functionResponse", result)?,
            Self::Own {
                part,
                without_id,
                signature,
            } => {
                for (name, value) in part.as_object().into_iter().flatten() {
                    match value {
                        Value::Object(call) if *without_id && name == "functionCall" => {
                            let rest = call.iter().filter(|(name, _)| *name != "id");
                            let rest: Map<String, Value> = rest
                                .map(|(name, value)| (name.clone(), value.clone()))
                                .collect();
                            map.serialize_entry(name, &rest)?;
                        }
                        value => map.serialize_entry(name, value)?,
                    }
                }
                if let Some(signature) = signature {
                    map.serialize_entry("thoughtSignature", signature)?;
                }
            }
        }
        map.end()
    }
}

struct Call<'a> {
    name: &'a str,
    arguments: Option<&'a RawValue>,
    id: Option<&'a str>,
}

impl Serialize for Call<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        match self.arguments {
            Some(arguments) => map.serialize_entry("args", arguments)?,
            None => map.serialize_entry("args", &Map::new())?,
        }
        if let Some(id) = self.id {
            map.serialize_entry("id", id)?;
        }
        map.end()
    }
}

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Inline { media_type, data } => {
                map.serialize_entry("mimeType", media_type)?;
                map.serialize_entry("data", data)?;
            }
            Self::Address { media_type, uri } => {
                if let Some(media_type) = media_type {
                    map.serialize_entry("mimeType", media_type)?;
                }
                map.serialize_entry("fileUri", uri)?;
            }
        }
        map.end()
    }
}

impl Serialize for ToolResult<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("response", &self.response)?;
        if let Some(id) = self.id {
            map.serialize_entry("id", id)?;
        }
        if !self.media.is_empty() {
            map.serialize_entry("parts", &self.media)?;
        }
        map.end()
    }
}

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(object) => object.serialize(serializer),
            Self::Output(text) => serializer.collect_map([("output", text)]),
            Self::Error(text) => serializer.collect_map([("error", text)]),
        }
    }
}
