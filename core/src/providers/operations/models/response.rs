//! A list of models in any of the shapes that providers have: a list, bare or under some name, or
//! one object. Owns where the entries are, and what asks for the next page.

use serde_json::{Map, Value};

use super::entry;
use crate::error::LlmError;
use crate::json;
use crate::providers::errors::protocol_error;
use crate::providers::operations::{ModelsPage, WholeResponse};
use crate::providers::{by_name, error_body};

/// Names of the list.
const LISTS: &[&str] = &["data", "models", "publisherModels", "modelSummaries"];
/// Names of what asks for the next page.
const NEXT: &[&str] = &["next_page_token", "nextPageToken", "nextToken"];

pub(super) fn decode(
    provider: &'static str,
    response: WholeResponse<'_>,
) -> Result<ModelsPage, LlmError> {
    let text = String::from_utf8_lossy(response.body);
    let document = json::parse::<Value>(&text, &mut String::new());
    let document = document.map_err(|error| {
        let how = json::error_place(&error);
        protocol_error(provider, "the response", &how, &text)
    })?;
    let (list, next) = match document {
        Value::Array(list) => (list, None),
        Value::Object(mut fields) => {
            let list = LISTS.iter().find_map(|name| match fields.get_mut(*name) {
                Some(Value::Array(list)) => Some(std::mem::take(list)),
                // Go's servers write an empty list so.
                Some(Value::Null) => Some(Vec::new()),
                _ => None,
            });
            match list {
                Some(list) => {
                    let next = next(&fields, &list);
                    (list, next)
                }
                None if entry::has_id(&fields) => (vec![fields.into()], None),
                None => {
                    let codec = by_name(provider).ok();
                    let error = codec.and_then(|codec| error_body::find_in_response(codec, &text));
                    let none = || protocol_error(provider, "the response", "has no list", &text);
                    return Err(error.unwrap_or_else(none));
                }
            }
        }
        _ => {
            return Err(protocol_error(
                provider,
                "the response",
                "is not a list",
                &text,
            ))
        }
    };
    Ok(ModelsPage {
        models: list.into_iter().filter_map(entry::of).collect(),
        next,
    })
}

fn next(fields: &Map<String, Value>, list: &[Value]) -> Option<String> {
    let text = |name: &&str| {
        let text = fields.get(*name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let token = NEXT.iter().find_map(text);
    let has_more = fields.get("has_more") == Some(&Value::Bool(true));
    let last_of_list = || {
        let id = list.last()?.get("id")?.as_str()?;
        Some(id.to_owned())
    };
    let last = || text(&"last_id").or_else(last_of_list);
    token.or_else(|| has_more.then(last).flatten())
}
