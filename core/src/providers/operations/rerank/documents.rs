//! The documents of a request in the forms that providers take. Owns how the fields of a document
//! become one text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::providers::errors::invalid_request;
use crate::request::RerankDocument;

/// What a provider takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Documents {
    /// Texts.
    Texts,
    /// Texts; fields become YAML, as Cohere's guide says.
    Yaml,
    /// Texts or objects.
    Objects,
}

/// The text of a document that is one.
fn text_of(document: &RerankDocument) -> Option<&str> {
    match document {
        RerankDocument::Text(text) => Some(text),
        RerankDocument::Fields(fields) if fields.len() == 1 => fields.get("text")?.as_str(),
        RerankDocument::Fields(_) => None,
    }
}

/// The documents as the provider takes them.
pub(super) fn encode<'r>(
    provider: &'static str,
    form: Documents,
    documents: &'r [RerankDocument],
) -> Result<Vec<Cow<'r, Value>>, LlmError> {
    let documents = documents.iter().enumerate();
    let documents = documents.map(|(index, document)| match (document, text_of(document)) {
        (_, Some(text)) => Ok(Cow::Owned(text.into())),
        (RerankDocument::Fields(fields), None) => match form {
            Documents::Yaml => Ok(Cow::Owned(yaml(fields).into())),
            Documents::Objects => Ok(Cow::Owned(Value::Object(fields.clone()))),
            Documents::Texts => {
                let what = format!(
                    "documents[{index}] has fields beside text, and only texts can be sent"
                );
                Err(invalid_request(provider, &what))
            }
        },
        (RerankDocument::Text(text), None) => Ok(Cow::Owned(text.as_str().into())),
    });
    documents.collect()
}

/// Fields as YAML: JSON is a part of it, so that every value stands on the line of its name.
fn yaml(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let is_plain = |text: &str| {
            let mut bytes = text.bytes();
            let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
            begins && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        match is_plain(name) {
            true => text.push_str(name),
            false => text.push_str(&Value::from(name.as_str()).to_string()),
        }
        text.push_str(": ");
        text.push_str(&value.to_string());
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_lines_of_yaml() {
        let fields = json!({"Title": "a: \"b\"\nc", "year": 2024, "a b": ["x", null], "12": true});
        let text = yaml(fields.as_object().unwrap());
        let lines =
            "Title: \"a: \\\"b\\\"\\nc\"\nyear: 2024\n\"a b\": [\"x\",null]\n\"12\": true\n";
        assert_eq!(text, lines);
    }
}
