//! What the parts of a message become: text, images, files and audio, in OpenAI's form, and what is
//! in Gemini's already. Owns which kinds there are.

use std::borrow::Cow;

use serde_json::Value;

use super::content_parts::Part;
use super::media::{source, Source};
use super::model::Model;
use super::params::missing;
use super::reply_parts;
use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::providers::unsupported::Unsupported;
use crate::request::ContentPart;

pub(super) fn encode_parts<'a>(
    parts: &'a [ContentPart],
    place: &str,
    is_reply: bool,
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Vec<Part<'a>>, LlmError> {
    let mut encoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let place = format!("{place}.content[{index}]");
        let kind = part.kind.as_str();
        match kind {
            "text" => {
                let text = part.fields.get("text").and_then(Value::as_str);
                let text = text.ok_or_else(|| missing(unsupported, &format!("{place}.text")))?;
                // "must have a text parameter": an empty one counts as none.
                encoded.extend((!text.is_empty()).then_some(Part::Text(text)));
            }
            // Of a reply that was changed since: its signatures would not fit.
            reply_parts::KIND if is_reply => {}
            reply_parts::KIND => encoded.extend(own_parts(part).map(Part::own)),
            "image_url" | "video_url" | "audio_url" | "file" => {
                encoded.push(media(part, kind, &place, model, unsupported)?);
            }
            "input_audio" => encoded.push(audio(part, &place, unsupported)?),
            "refusal" if is_reply => {
                let text = part.fields.get("refusal").and_then(Value::as_str);
                encoded.extend(text.map(Part::Text));
            }
            _ if is_reply => unsupported.leave(&place, kind),
            _ => unsupported.refuse(&place, &format!("Gemini has no \"{kind}\""))?,
        }
    }
    Ok(encoded)
}

/// The parts of a block that a response of Gemini's had.
pub(super) fn own_parts(block: &ContentPart) -> impl Iterator<Item = &Value> {
    let parts = block.fields.get("parts").and_then(Value::as_array);
    parts.into_iter().flatten()
}

/// An image or a file, by an address, a data URL or the id of an upload.
fn media<'a>(
    part: &'a ContentPart,
    kind: &str,
    place: &str,
    model: Model<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<Part<'a>, LlmError> {
    let inner = part.fields.get(kind);
    let field = |name: &str| {
        inner
            .and_then(|inner| inner.get(name))
            .and_then(Value::as_str)
    };
    let names = ["url", "file_data", "file_id", "file_url"];
    let url = names.iter().find_map(|name| field(name));
    let url = url.or_else(|| inner.and_then(Value::as_str));
    let place = match kind {
        "file" => format!("{place}.file.file_data"),
        kind => format!("{place}.{kind}.url"),
    };
    let url = url.ok_or_else(|| missing(unsupported, &place))?;
    let types = ["mime_type", "mimeType", "media_type", "format"];
    let media_type = types.iter().find_map(|name| field(name));
    let media_type = media_type.filter(|media_type| media_type.contains('/'));
    let wrong = |why: String| invalid_request(model.service.name(), &format!("{place} {why}"));
    let source = source(url, media_type, model).map_err(wrong)?;
    let resolution = match field("detail") {
        // For each part since Gemini 3, else for a whole request.
        Some("low") if model.since((3, 0)) => Some("MEDIA_RESOLUTION_LOW"),
        Some("high") if model.since((3, 0)) => Some("MEDIA_RESOLUTION_HIGH"),
        Some(word @ ("low" | "high")) => {
            let place = place.replace(".url", ".detail");
            unsupported.leave(&place, word);
            None
        }
        _ => None,
    };
    Ok(Part::Media { source, resolution })
}

fn audio<'a>(
    part: &'a ContentPart,
    place: &str,
    unsupported: &Unsupported<'_>,
) -> Result<Part<'a>, LlmError> {
    let field = |name: &str| {
        let inner = part.fields.get("input_audio")?;
        inner.get(name).and_then(Value::as_str)
    };
    let need = |name: &str| missing(unsupported, &format!("{place}.input_audio.{name}"));
    let data = field("data").ok_or_else(|| need("data"))?;
    let format = field("format").ok_or_else(|| need("format"))?;
    let media_type = match format.contains('/') {
        true => Cow::Borrowed(format),
        false => Cow::Owned(format!("audio/{format}")),
    };
    let source = Source::Inline {
        media_type,
        data: Cow::Borrowed(data),
    };
    Ok(Part::Media {
        source,
        resolution: None,
    })
}
