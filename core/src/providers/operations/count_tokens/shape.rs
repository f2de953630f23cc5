//! What of a chat's request is counted, by API. Owns the fields that are left out, since a count
//! refuses them and they make no difference to it. Sources: the providers' API references.

use serde_json::{json, Map, Value};

use crate::providers::operations::{address, google};
use crate::providers::Target;
use crate::request::LlmRequest;

/// Whose form a count has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Anthropic,
    Responses,
    Gemini,
    Vertex,
    Bedrock,
    Vllm,
    /// One text, without the chat's own tokens.
    CohereText,
    TeiText,
    /// As the chat's, for the test that looks at it.
    Script,
}

/// What Anthropic refuses in a count.
const ANTHROPIC: &[&str] = &[
    "max_tokens",
    "metadata",
    "service_tier",
    "stop_sequences",
    "stream",
    "temperature",
    "top_k",
    "top_p",
];
/// What OpenAI has for a response and not for a count.
const RESPONSES: &[&str] = &[
    "background",
    "include",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
];
/// What Vertex AI counts.
const VERTEX: &[&str] = &["contents", "generationConfig", "systemInstruction", "tools"];
/// What Bedrock counts of a conversation.
const BEDROCK: &[&str] = &[
    "messages",
    "system",
    "toolConfig",
    "additionalModelRequestFields",
];
/// What vLLM's tokenizer reads.
const VLLM: &[&str] = &[
    "model",
    "messages",
    "tools",
    "add_generation_prompt",
    "continue_final_message",
    "add_special_tokens",
    "chat_template",
    "chat_template_kwargs",
    "mm_processor_kwargs",
    "return_token_strs",
];

impl Shape {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::CohereText | Self::TeiText)
    }

    /// The body of the count; what the caller wrote into `extra_body` stays.
    pub(super) fn body(self, request: &LlmRequest, body: Map<String, Value>) -> Map<String, Value> {
        let is_own = |name: &str| request.extra_body.contains_key(name);
        let without = |names: &[&str]| {
            let mut body = body.clone();
            body.retain(|name, _| is_own(name) || !names.contains(&name.as_str()));
            body
        };
        let only = |names: &[&str]| {
            let mut body = body.clone();
            body.retain(|name, _| is_own(name) || names.contains(&name.as_str()));
            body
        };
        let wrapped = |value: Value| value.as_object().cloned().unwrap_or_default();
        match self {
            Self::Anthropic => without(ANTHROPIC),
            Self::Responses => without(RESPONSES),
            Self::Vertex => only(VERTEX),
            Self::Vllm => only(VLLM),
            Self::Bedrock => wrapped(json!({"input": {"converse": only(BEDROCK)}})),
            Self::Gemini => {
                let mut chat = body.clone();
                let model = google::model(&request.model);
                chat.insert("model".to_owned(), model.into());
                wrapped(json!({ "generateContentRequest": chat }))
            }
            Self::CohereText | Self::TeiText | Self::Script => body.clone(),
        }
    }

    /// The path of the count, by that of the chat.
    pub(super) fn path(self, chat: &str, target: &Target<'_>) -> String {
        let (chat, query) = chat.split_once('?').unwrap_or((chat, ""));
        match self {
            Self::Anthropic | Self::Script => format!("{chat}/count_tokens"),
            Self::Responses => {
                let query = if query.is_empty() { "" } else { "?" }.to_owned() + query;
                format!("{chat}/input_tokens{query}")
            }
            Self::Gemini | Self::Vertex => {
                let model = chat.rsplit_once(':').map_or(chat, |(model, _)| model);
                format!("{model}:countTokens")
            }
            Self::Bedrock => {
                let model = chat.rsplit_once('/').map_or(chat, |(model, _)| model);
                format!("{model}/count-tokens")
            }
            Self::Vllm => address::beside_version(target, "/tokenize"),
            Self::CohereText => address::with_version(target, "/v1", "/tokenize"),
            Self::TeiText => address::beside_version(target, "/tokenize"),
        }
    }
}
