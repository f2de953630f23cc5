//! How many tokens a chat has, by the provider's own count. Owns how the chat's request, which its
//! codec writes, becomes one that is counted: the path and the fields that stay.

mod response;
mod shape;
mod text;

use serde_json::{Map, Value};

use super::body::post;
use super::{CountTokens, TokenCount, WholeResponse};
use crate::error::LlmError;
use crate::providers::errors::{invalid_request, protocol_error};
use crate::providers::{by_name_and_api, EncodedRequest, Target};
use crate::request::LlmRequest;
use shape::Shape;

/// The counting of one provider.
#[derive(Debug)]
pub(crate) struct Counting {
    provider: &'static str,
    /// The provider and the API whose codec writes the chat; an empty API is the first.
    chat: (&'static str, &'static str),
    shape: Shape,
}

static COUNTINGS: &[Counting] = &[
    Counting {
        provider: "anthropic",
        chat: ("anthropic", ""),
        shape: Shape::Anthropic,
    },
    // OpenAI counts what goes to its newer API only.
    Counting {
        provider: "openai",
        chat: ("openai", "responses"),
        shape: Shape::Responses,
    },
    Counting {
        provider: "gemini",
        chat: ("gemini", ""),
        shape: Shape::Gemini,
    },
    Counting {
        provider: "vertex",
        chat: ("vertex", ""),
        shape: Shape::Vertex,
    },
    Counting {
        provider: "bedrock",
        chat: ("bedrock", ""),
        shape: Shape::Bedrock,
    },
    Counting {
        provider: "vllm",
        chat: ("vllm", ""),
        shape: Shape::Vllm,
    },
    // Its own `/tokenize` knows no template; what it has of Anthropic's API does.
    Counting {
        provider: "llamacpp",
        chat: ("anthropic", ""),
        shape: Shape::Anthropic,
    },
    Counting {
        provider: "cohere",
        chat: ("cohere", ""),
        shape: Shape::CohereText,
    },
    Counting {
        provider: "script",
        chat: ("script", ""),
        shape: Shape::Script,
    },
    Counting {
        provider: "tei",
        chat: ("tei", ""),
        shape: Shape::TeiText,
    },
];

/// The counting of a provider, if this build has the codec that it needs.
pub(crate) fn of(name: &str) -> Option<&'static dyn CountTokens> {
    let counting = COUNTINGS
        .iter()
        .find(|counting| counting.provider == name)?;
    let (chat, api) = counting.chat;
    by_name_and_api(chat, Some(api)).ok()?;
    Some(counting)
}

impl CountTokens for Counting {
    fn encode(
        &self,
        request: &LlmRequest,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        if self.shape.is_text() {
            return text::encode(self.provider, self.shape, request, target);
        }
        let (chat, api) = self.chat;
        let chat = by_name_and_api(chat, Some(api))?;
        let whole = Target {
            stream: false,
            ..*target
        };
        let encoded = chat.request(request, &whole)?;
        let body: Map<String, Value> = serde_json::from_slice(&encoded.body).map_err(|error| {
            let what = format!("request cannot be read again: {error}");
            invalid_request(self.provider, &what)
        })?;
        let body = self.shape.body(request, body);
        let path = self.shape.path(&encoded.path, target);
        let body = Value::Object(body).to_string().into_bytes();
        Ok(EncodedRequest {
            headers: encoded.headers,
            ..post(path, body, encoded.warnings)
        })
    }

    fn decode(&self, response: WholeResponse<'_>) -> Result<TokenCount, LlmError> {
        response::decode(self.provider, response)
    }
}

/// The error of a response that counts nothing.
fn no_count(provider: &'static str, how: &str, text: &str) -> LlmError {
    protocol_error(provider, "the count of tokens", how, text)
}
