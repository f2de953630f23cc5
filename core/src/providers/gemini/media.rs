//! Where an image or a file is, and of which type: data URLs are parsed, addresses become files.
//! Owns which addresses a service takes.

use std::borrow::Cow;

use super::model::Model;
use super::Service;
use crate::providers::data_url;

/// Where a file is.
pub(super) enum Source<'a> {
    Inline {
        media_type: Cow<'a, str>,
        data: Cow<'a, str>,
    },
    Address {
        media_type: Option<Cow<'a, str>>,
        uri: Cow<'a, str>,
    },
}

/// Types by the end of a name.
const ENDS: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("xml", "text/xml"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("mp3", "audio/mp3"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("aac", "audio/aac"),
    ("aiff", "audio/aiff"),
];

/// A URL, or the id of an uploaded file; or why it cannot go there. `media_type` is what the caller
/// wrote beside it.
pub(super) fn source<'a>(
    url: &'a str,
    media_type: Option<&'a str>,
    model: Model<'_>,
) -> Result<Source<'a>, String> {
    if let Some(rest) = data_url::after_scheme(url) {
        return inline(rest, media_type);
    }
    if url.starts_with("files/") && model.service == Service::Gemini {
        let uri = format!("https://generativelanguage.googleapis.com/v1beta/{url}");
        return Ok(Source::Address {
            media_type: media_type.map(Cow::Borrowed),
            uri: Cow::Owned(uri),
        });
    }
    let is_web = ["https:", "http:"]
        .iter()
        .any(|scheme| without_scheme(url, scheme).is_some());
    if !is_web && !url.starts_with("gs://") {
        return Err("is neither a data URL nor an address of https or gs".to_owned());
    }
    let is_video = ["youtube.com/", "youtu.be/"]
        .iter()
        .any(|host| url.contains(host));
    let is_uploaded = url.contains("generativelanguage.googleapis.com/");
    let is_gemini = model.service == Service::Gemini;
    // "Gemini 2.0 family of models are not supported" (ai.google.dev/gemini-api/docs,
    // file-input-methods, external URLs).
    if is_gemini && is_web && !is_video && !is_uploaded && model.before((2, 5)) {
        let name = model.name;
        return Err(format!(
            "is an address, which {name} does not fetch; send a data URL, or upload the file"
        ));
    }
    let known = media_type.map(Cow::Borrowed).or_else(|| by_end(url));
    let known = known.or(is_video.then_some(Cow::Borrowed("video/mp4")));
    if known.is_none() && !is_uploaded {
        return Err("does not show its media type; write mime_type beside it".to_owned());
    }
    Ok(Source::Address {
        media_type: known.filter(|_| !is_uploaded || media_type.is_some()),
        uri: Cow::Borrowed(url),
    })
}

/// Schemes are written in either case.
fn without_scheme<'u>(url: &'u str, scheme: &str) -> Option<&'u str> {
    let (begin, rest) = url.split_at_checked(scheme.len())?;
    begin.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The bytes of a data URL, of which this is the rest.
fn inline<'a>(rest: &'a str, media_type: Option<&'a str>) -> Result<Source<'a>, String> {
    let url = data_url::parse(rest);
    let typed = url.and_then(|url| {
        let declared = Some(url.media_type).filter(|declared| !declared.is_empty());
        Some((media_type.or(declared)?, url.data))
    });
    let (media_type, data) = typed.ok_or_else(|| format!("must read {}", data_url::FORM))?;
    Ok(Source::Inline {
        media_type: data_url::registered_name(media_type),
        data,
    })
}

fn by_end(url: &str) -> Option<Cow<'static, str>> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let (_, end) = path.rsplit_once('.')?;
    let known = ENDS
        .iter()
        .find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map(|(_, media_type)| Cow::Borrowed(*media_type))
}
