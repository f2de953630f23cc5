//! Every server with OpenAI's chat completions: where it is, which key it takes, and how it
//! differs, one row each. Owns the rows; what a row can express is in `vendor`. What a row does not
//! set is as in `PLAIN`. Sources: the providers' API references. What needs no more than an address
//! and a key is in the folder beside this file, by kind; there a source is also the list of a peer
//! (LiteLLM, any-llm, genai, the AI SDK), from which only facts were taken.

mod clouds;
mod codecs;
mod gateways;
mod local;
mod makers;
mod responses_only;

use super::vendor::{Base, Endpoint, KeyHeader, Limit, Reasoning, StreamOptions, Vendor};
use crate::providers::tool_calls::request_ids::CallIdRule;
pub(crate) use codecs::CODECS;

const PATH: &str = "/chat/completions";

const CHAT: Endpoint = Endpoint {
    base: Base::Any,
    path: PATH,
    limit: Limit::Old,
    stream_options: StreamOptions::Sent,
    since: "",
    call_ids: CallIdRule::Any,
};

const CHAT_NEW: Endpoint = Endpoint {
    limit: Limit::New,
    ..CHAT
};

/// OpenAI's own models: "string too long. Expected a string with maximum length 40".
const CHAT_OPENAI: Endpoint = Endpoint {
    call_ids: CallIdRule::UpTo(40),
    ..CHAT_NEW
};

/// Azure's specifications have `max_completion_tokens` and `stream_options` since this version.
const AZURE_NEWER: &str = "2024-09-01";

/// A server that takes both names of the limit.
const CHAT_BOTH: Endpoint = Endpoint {
    limit: Limit::Written,
    ..CHAT
};

/// A server that always sends its usage, and has no `stream_options`.
const CHAT_UNASKED: Endpoint = Endpoint {
    stream_options: StreamOptions::Refused,
    ..CHAT
};

/// The Responses API beside the chat completions.
const RESPONSES: &[(Base, &str)] = &[(Base::Any, "/responses")];

/// Where most of those that need their reasoning back read it.
const REASONING_CONTENT: Reasoning = Reasoning::Text(&["reasoning_content"]);

/// A server without peculiarities.
const PLAIN: Vendor = Vendor {
    name: "",
    base_url: "",
    key_variables: &[],
    base_url_variable: "",
    needs_key: true,
    key_header: KeyHeader::Bearer,
    endpoints: &[CHAT],
    seed: "seed",
    tool_choices: &[],
    knows_developer: false,
    reasoning: Reasoning::Forgotten,
    reply_fields: None,
    takes_null_content: true,
    takes_empty_replies: true,
    parts: &[],
    takes_text_lists: true,
    needs_parameters: false,
    refuses: &[],
    responses: &[],
    responses_only: &[],
};

/// A server on this machine; all that are known have the Responses API.
const LOCAL: Vendor = Vendor {
    needs_key: false,
    responses: RESPONSES,
    ..PLAIN
};

/// The dated API of Azure; the last one that is generally available. A base URL may name another.
macro_rules! dated {
    ($path:literal) => {
        concat!($path, "?api-version=2024-10-21")
    };
}

/// One API of Azure's for each deployment.
const DATED: Endpoint = Endpoint {
    path: dated!("/openai/deployments/{model}/chat/completions"),
    since: AZURE_NEWER,
    ..CHAT_OPENAI
};

/// The servers that differ in something, and the best known ones.
const VENDORS: &[Vendor] = &[
    Vendor {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        key_variables: &["OPENAI_API_KEY"],
        base_url_variable: "OPENAI_BASE_URL",
        endpoints: &[
            Endpoint {
                base: Base::Own,
                ..CHAT_OPENAI
            },
            // Its regions: eu.api.openai.com, us.api.openai.com and so on.
            Endpoint {
                base: Base::Host("api.openai.com"),
                ..CHAT_OPENAI
            },
            Endpoint {
                base: Base::Host("openai.azure.com"),
                since: AZURE_NEWER,
                ..CHAT_OPENAI
            },
            CHAT_BOTH,
        ],
        knows_developer: true,
        responses: RESPONSES,
        responses_only: responses_only::OPENAI,
        ..PLAIN
    },
    Vendor {
        name: "groq",
        base_url: "https://api.groq.com/openai/v1",
        key_variables: &["GROQ_API_KEY"],
        base_url_variable: "GROQ_BASE_URL",
        endpoints: &[CHAT_NEW],
        // "property 'reasoning_content' is unsupported".
        reply_fields: Some(&["name", "function_call", "reasoning"]),
        takes_text_lists: false,
        // console.groq.com/docs/responses-api
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "mistral",
        base_url: "https://api.mistral.ai/v1",
        key_variables: &["MISTRAL_API_KEY"],
        base_url_variable: "MISTRAL_BASE_URL",
        endpoints: &[Endpoint {
            call_ids: CallIdRule::MISTRAL,
            ..CHAT_UNASKED
        }],
        seed: "random_seed",
        tool_choices: &[("required", "any")],
        reasoning: Reasoning::Part("thinking"),
        // "Extra inputs are not permitted".
        reply_fields: Some(&["prefix"]),
        // "Assistant message must have either content or tool_calls, but not none".
        takes_empty_replies: false,
        needs_parameters: true,
        parts: &["reference", "document_url"],
        refuses: &["user"],
        ..PLAIN
    },
    Vendor {
        name: "deepseek",
        base_url: "https://api.deepseek.com",
        key_variables: &["DEEPSEEK_API_KEY"],
        base_url_variable: "DEEPSEEK_BASE_URL",
        reasoning: REASONING_CONTENT,
        takes_text_lists: false,
        // api-docs.deepseek.com/guides/responses_api: beside its chat completions, without a
        // version.
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "xai",
        base_url: "https://api.x.ai/v1",
        key_variables: &["XAI_API_KEY"],
        base_url_variable: "XAI_BASE_URL",
        // "Each message must have at least one content element".
        takes_null_content: false,
        endpoints: &[CHAT_NEW],
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "openrouter",
        base_url: "https://openrouter.ai/api/v1",
        key_variables: &["OPENROUTER_API_KEY"],
        base_url_variable: "OPENROUTER_BASE_URL",
        endpoints: &[CHAT_BOTH],
        knows_developer: true,
        reasoning: Reasoning::Entries("reasoning_details"),
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "together",
        base_url: "https://api.together.xyz/v1",
        key_variables: &["TOGETHER_API_KEY"],
        base_url_variable: "TOGETHER_BASE_URL",
        takes_text_lists: false,
        ..PLAIN
    },
    Vendor {
        name: "fireworks",
        base_url: "https://api.fireworks.ai/inference/v1",
        key_variables: &["FIREWORKS_API_KEY"],
        base_url_variable: "FIREWORKS_BASE_URL",
        endpoints: &[CHAT_BOTH],
        // docs.fireworks.ai/guides/reasoning: a turn that calls tools has to bring it back.
        reasoning: REASONING_CONTENT,
        // docs.fireworks.ai/guides/response-api
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "perplexity",
        base_url: "https://api.perplexity.ai",
        key_variables: &["PERPLEXITY_API_KEY", "PPLX_API_KEY"],
        base_url_variable: "PERPLEXITY_BASE_URL",
        // Every chunk has its usage.
        endpoints: &[CHAT_UNASKED],
        takes_text_lists: false,
        // docs.perplexity.ai/docs/agent-api/openai-compatibility: an alias of its Agent API.
        responses: &[
            (Base::Ends("/v1"), "/responses"),
            (Base::Any, "/v1/responses"),
        ],
        ..PLAIN
    },
    Vendor {
        name: "cerebras",
        base_url: "https://api.cerebras.ai/v1",
        key_variables: &["CEREBRAS_API_KEY"],
        base_url_variable: "CEREBRAS_BASE_URL",
        endpoints: &[CHAT_NEW],
        // "property 'messages.2.assistant.reasoning_content' is unsupported".
        reply_fields: Some(&["name"]),
        takes_text_lists: false,
        ..PLAIN
    },
    Vendor {
        name: "nvidia",
        base_url: "https://integrate.api.nvidia.com/v1",
        key_variables: &["NVIDIA_API_KEY"],
        base_url_variable: "NVIDIA_BASE_URL",
        takes_text_lists: false,
        ..PLAIN
    },
    Vendor {
        name: "moonshot",
        base_url: "https://api.moonshot.ai/v1",
        key_variables: &["MOONSHOT_API_KEY"],
        base_url_variable: "MOONSHOT_BASE_URL",
        // "the message at position 2 with role 'assistant' must not be empty".
        takes_empty_replies: false,
        endpoints: &[CHAT_BOTH],
        reasoning: REASONING_CONTENT,
        ..PLAIN
    },
    Vendor {
        name: "huggingface",
        base_url: "https://router.huggingface.co/v1",
        // Its own tools know both; the second is the older name.
        key_variables: &["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"],
        base_url_variable: "HUGGINGFACE_BASE_URL",
        // A router to Groq, Cerebras, Together and others, some of which take no lists.
        takes_text_lists: false,
        // huggingface.co/docs/inference-providers/guides/responses-api
        responses: RESPONSES,
        ..PLAIN
    },
    Vendor {
        name: "ollama",
        base_url: "http://localhost:11434/v1",
        key_variables: &["OLLAMA_API_KEY"],
        base_url_variable: "OLLAMA_BASE_URL",
        reasoning: Reasoning::Text(&["reasoning"]),
        ..LOCAL
    },
    Vendor {
        name: "vllm",
        base_url: "http://localhost:8000/v1",
        key_variables: &["VLLM_API_KEY"],
        base_url_variable: "VLLM_BASE_URL",
        endpoints: &[CHAT_BOTH],
        // Read as `reasoning_content` until it was renamed, and as `reasoning` since (vllm#38488).
        reasoning: Reasoning::Text(&["reasoning_content", "reasoning"]),
        ..LOCAL
    },
    Vendor {
        name: "lmstudio",
        base_url: "http://localhost:1234/v1",
        key_variables: &["LMSTUDIO_API_KEY"],
        base_url_variable: "LMSTUDIO_BASE_URL",
        reasoning: REASONING_CONTENT,
        takes_text_lists: false,
        ..LOCAL
    },
    Vendor {
        name: "llamacpp",
        base_url: "http://localhost:8080/v1",
        key_variables: &["LLAMACPP_API_KEY"],
        base_url_variable: "LLAMACPP_BASE_URL",
        endpoints: &[CHAT_BOTH],
        reasoning: REASONING_CONTENT,
        ..LOCAL
    },
    Vendor {
        name: "azure",
        key_variables: &["AZURE_OPENAI_API_KEY"],
        base_url_variable: "AZURE_OPENAI_ENDPOINT",
        key_header: KeyHeader::ApiKey,
        endpoints: &[
            // The v1 API, also behind a gateway: the model in the body names the deployment.
            Endpoint {
                base: Base::Ends("/v1"),
                ..CHAT_OPENAI
            },
            // Model inference: the models of other vendors.
            Endpoint {
                base: Base::Ends("/models"),
                path: "/chat/completions?api-version=2024-05-01-preview",
                ..CHAT
            },
            Endpoint {
                base: Base::Holds("/openai/deployments/"),
                path: dated!("/chat/completions"),
                ..DATED
            },
            Endpoint {
                base: Base::Ends("/openai"),
                path: dated!("/deployments/{model}/chat/completions"),
                ..DATED
            },
            DATED,
        ],
        knows_developer: true,
        // A part of the v1 API alone: learn.microsoft.com, "Azure OpenAI Responses API".
        responses: &[
            (Base::Ends("/v1"), "/responses"),
            (Base::Ends("/models"), ""),
            (Base::Holds("/openai/deployments/"), ""),
            (Base::Ends("/openai"), "/v1/responses"),
            (Base::Any, "/openai/v1/responses"),
        ],
        ..PLAIN
    },
];
