//! Gateways and routers, behind which are the models of others. Owns rows, each with its source, as
//! `vendors` describes it. A base URL of a customer's own has no default.

use super::{KeyHeader, Vendor, CHAT_BOTH, PLAIN};

/// What is right depends on the model behind it: the name of the limit is the caller's.
const GATEWAY: Vendor = Vendor {
    endpoints: &[CHAT_BOTH],
    ..PLAIN
};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // genai and LiteLLM 1.110.2, `aihubmix`.
        name: "aihubmix",
        base_url: "https://aihubmix.com/v1",
        key_variables: &["AIHUBMIX_API_KEY"],
        base_url_variable: "AIHUBMIX_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `aiml`; the second variable is the AI SDK's.
        name: "aimlapi",
        base_url: "https://api.aimlapi.com/v1",
        key_variables: &["AIML_API_KEY", "AIMLAPI_API_KEY"],
        base_url_variable: "AIML_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // Cloudflare AI Gateway, "Unified API" and "Authentication": the account and the gateway
        // are in the address, the token has a header of its own, and Authorization is passed on
        // to the provider behind it.
        name: "cloudflare",
        key_variables: &["CF_AIG_TOKEN"],
        base_url_variable: "CLOUDFLARE_AI_GATEWAY_BASE_URL",
        key_header: KeyHeader::Gateway("cf-aig-authorization", "Bearer "),
        needs_key: false,
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `cometapi`.
        name: "cometapi",
        base_url: "https://api.cometapi.com/v1",
        key_variables: &["COMETAPI_KEY", "COMETAPI_API_KEY"],
        base_url_variable: "COMETAPI_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `cortecs`.
        name: "cortecs",
        base_url: "https://api.cortecs.ai/v1",
        key_variables: &["CORTECS_API_KEY"],
        base_url_variable: "CORTECS_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // Databricks, "Use foundation models": https://WORKSPACE/serving-endpoints; variables of
        // any-llm and LiteLLM.
        name: "databricks",
        key_variables: &["DATABRICKS_TOKEN", "DATABRICKS_API_KEY"],
        base_url_variable: "DATABRICKS_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `edenai`.
        name: "edenai",
        base_url: "https://api.edenai.run/v3",
        key_variables: &["EDENAI_API_KEY"],
        base_url_variable: "EDENAI_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `helicone`, has the host; with /v1 as Helicone's own clients have it.
        name: "helicone",
        base_url: "https://ai-gateway.helicone.ai/v1",
        key_variables: &["HELICONE_API_KEY"],
        base_url_variable: "HELICONE_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // Heroku Dev Center, "OpenAI Compatibility for Chat Completions"; AI SDK, page "Heroku":
        // the address is INFERENCE_URL with /v1 behind it.
        name: "heroku",
        key_variables: &["INFERENCE_KEY", "HEROKU_API_KEY"],
        base_url_variable: "HEROKU_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, its own proxy: http://HOST:4000/v1; it may ask for no key.
        name: "litellm",
        key_variables: &["LITELLM_PROXY_API_KEY", "LITELLM_API_KEY"],
        base_url_variable: "LITELLM_BASE_URL",
        needs_key: false,
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `nano-gpt`.
        name: "nano-gpt",
        base_url: "https://nano-gpt.com/api/v1",
        key_variables: &["NANOGPT_API_KEY"],
        base_url_variable: "NANOGPT_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `poe`.
        name: "poe",
        base_url: "https://api.poe.com/v1",
        key_variables: &["POE_API_KEY"],
        base_url_variable: "POE_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // any-llm, `portkey`; Portkey's gateway, src/globals.ts: the key has a header of its own,
        // and Authorization is the provider's behind it.
        name: "portkey",
        base_url: "https://api.portkey.ai/v1",
        key_variables: &["PORTKEY_API_KEY"],
        base_url_variable: "PORTKEY_BASE_URL",
        key_header: KeyHeader::Gateway("x-portkey-api-key", ""),
        ..GATEWAY
    },
    Vendor {
        // any-llm, `requesty`.
        name: "requesty",
        base_url: "https://router.requesty.ai/v1",
        key_variables: &["REQUESTY_API_KEY"],
        base_url_variable: "REQUESTY_BASE_URL",
        ..GATEWAY
    },
    Vendor {
        // LiteLLM 1.110.2, `vercel_ai_gateway`; AI SDK, `@ai-sdk/gateway`.
        name: "vercel",
        base_url: "https://ai-gateway.vercel.sh/v1",
        key_variables: &["AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
        base_url_variable: "VERCEL_AI_GATEWAY_BASE_URL",
        ..GATEWAY
    },
];
