//! What the operations beside chat and embed find, in one vocabulary for all providers: the members
//! of RESULT. Depends on no provider.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::declare::declare_fields;

declare_fields! {
    /// A document and how well it answers the query.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    #[non_exhaustive]
    pub struct RerankResult {
        /// Position among the documents of the request.
        pub index: usize as Integer,
        /// How well it answers the query, by the model's own measure; absent where the provider
        /// sent no number.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub score: Option<f64> as Number,
        /// The document as the request has it.
        pub document: Value as Any,
    }
}

declare_fields! {
    /// A model of a provider, as far as the provider says.
    #[derive(Debug, Clone, PartialEq, Default)]
    #[non_exhaustive]
    pub struct Model {
        /// What a request names it.
        pub id: String as Text,
        /// Its name for people.
        pub name: Option<String> as Text,
        /// When it was made, in seconds since 1970.
        pub created: Option<i64> as Integer,
        /// Who made it or has it.
        pub owner: Option<String> as Text,
        /// Tokens that a request may have.
        pub input_tokens_max: Option<u64> as Integer,
        /// Tokens that a response may have.
        pub output_tokens_max: Option<u64> as Integer,
        /// What it can do, as far as the provider says: chat, embed, rerank, batch, tools,
        /// image_input, structured_output, reasoning.
        pub capabilities: Vec<String> as ListOfText,
        /// Whether it is deprecated.
        pub deprecated: Option<bool> as Boolean,
        /// When it is switched off, in seconds since 1970.
        pub retires_at: Option<i64> as Integer,
        /// The provider's own object.
        pub raw: Map<String, Value> as Object,
    }
}

declare_fields! {
    /// How many tokens a request has.
    #[derive(Debug, Clone, PartialEq, Default)]
    #[non_exhaustive]
    pub struct InputTokens {
        /// Tokens of the request.
        pub input_tokens: u64 as Integer,
        /// Those of them that would be read from a cache.
        pub cached_input_tokens: Option<u64> as Integer,
        /// The tokens themselves, where the provider returns them.
        pub token_ids: Vec<u64> as ListOfIntegers,
        /// The number of tokens by kind of content, in the provider's words.
        pub details: Option<Value> as Any,
        /// Characters that are charged, where the provider charges those.
        pub billable_characters: Option<u64> as Integer,
    }
}

impl RerankResult {
    /// What RESULT has.
    pub(crate) fn from_fields(mut fields: Map<String, Value>) -> Self {
        let index = fields.get("index").and_then(Value::as_u64);
        Self {
            index: index
                .and_then(|index| usize::try_from(index).ok())
                .unwrap_or_default(),
            score: fields.get("score").and_then(Value::as_f64),
            document: fields.shift_remove("document").unwrap_or_default(),
        }
    }
}

impl Model {
    /// What RESULT has; a field of another type is absent.
    pub(crate) fn from_fields(mut fields: Map<String, Value>) -> Self {
        let mut take = |name: &str| fields.shift_remove(name).filter(|value| !value.is_null());
        let text = |value: Option<Value>| value?.as_str().map(str::to_owned);
        let texts = |value: Option<Value>| match value {
            Some(Value::Array(list)) => list.into_iter().map(Some).filter_map(text).collect(),
            _ => Vec::new(),
        };
        let number = |value: Option<Value>| value?.as_u64();
        Self {
            id: text(take("id")).unwrap_or_default(),
            name: text(take("name")),
            created: take("created").and_then(|value| value.as_i64()),
            owner: text(take("owner")),
            input_tokens_max: number(take("input_tokens_max")),
            output_tokens_max: number(take("output_tokens_max")),
            capabilities: texts(take("capabilities")),
            deprecated: take("deprecated").and_then(|value| value.as_bool()),
            retires_at: take("retires_at").and_then(|value| value.as_i64()),
            raw: match take("raw") {
                Some(Value::Object(raw)) => raw,
                _ => Map::new(),
            },
        }
    }
}

impl InputTokens {
    /// What RESULT has; a field of another type is absent.
    pub(crate) fn from_fields(mut fields: Map<String, Value>) -> Self {
        let number = |name: &str| fields.get(name).and_then(Value::as_u64);
        let ids = fields.get("token_ids").and_then(Value::as_array);
        Self {
            input_tokens: number("input_tokens").unwrap_or_default(),
            cached_input_tokens: number("cached_input_tokens"),
            billable_characters: number("billable_characters"),
            token_ids: ids
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
                .collect(),
            details: fields.shift_remove("details"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(fields: Value) -> Model {
        match fields {
            Value::Object(fields) => Model::from_fields(fields),
            _ => Model::default(),
        }
    }

    #[test]
    fn a_model_has_what_the_provider_says() {
        let found = model(json!({
            "id": "m", "capabilities": ["chat", "tools"], "deprecated": true,
            "retires_at": 1_767_225_600, "raw": {"id": "m"},
        }));
        assert_eq!(found.capabilities, ["chat", "tools"]);
        assert_eq!(
            (found.deprecated, found.retires_at),
            (Some(true), Some(1_767_225_600))
        );
        assert_eq!(found.raw.len(), 1);
    }

    #[test]
    fn fields_of_another_type_are_absent() {
        let odd = json!({"id": "m", "capabilities": "chat", "deprecated": 1, "retires_at": "soon"});
        let absent = json!({"id": "m"});
        assert_eq!(model(odd), model(absent));
    }
}
