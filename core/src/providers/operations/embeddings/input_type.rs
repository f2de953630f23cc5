//! What vectors are for, which a request names by `input_type`. Owns our words for it; a word that
//! is none of them is the provider's own and goes out as it is.

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::request::EmbedRequest;

/// Words of ours, and what the provider calls them; it may lack some.
pub(super) type Words = [(&'static str, &'static str)];

const OURS: &[&str] = &[
    "query",
    "document",
    "classification",
    "clustering",
    "similarity",
    "code_query",
];

/// The provider's word; `None` for one of ours that it lacks.
pub(super) fn word_of<'w>(word: &'w str, words: &Words) -> Option<&'w str> {
    let theirs = words.iter().find(|(ours, _)| *ours == word);
    match theirs {
        Some((_, theirs)) => Some(theirs),
        None => (!OURS.contains(&word)).then_some(word),
    }
}

/// The provider's word, where its models need to know.
pub(super) fn required_word<'r>(
    provider: &'static str,
    request: &'r EmbedRequest,
    words: &Words,
) -> Result<&'r str, LlmError> {
    let word = request.input_type.as_deref().unwrap_or_default();
    let wrong = match word_of(word, words) {
        Some("") => "is missing, which the model requires".to_owned(),
        Some(theirs) => return Ok(theirs),
        None => format!("\"{word}\" is none of the model's"),
    };
    let known: Vec<&str> = words.iter().map(|(ours, _)| *ours).collect();
    let what = format!("input_type {wrong}; write one of {}", known.join(", "));
    Err(invalid_request(provider, &what))
}
