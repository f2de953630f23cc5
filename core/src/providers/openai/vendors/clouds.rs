//! Clouds that serve open models. Owns rows, each with its source, as `vendors` describes it.

use super::{Vendor, PLAIN};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // AI SDK, `@ai-sdk/baseten`; LiteLLM 1.110.2.
        name: "baseten",
        base_url: "https://inference.baseten.co/v1",
        key_variables: &["BASETEN_API_KEY"],
        base_url_variable: "BASETEN_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `chutes`.
        name: "chutes",
        base_url: "https://llm.chutes.ai/v1",
        key_variables: &["CHUTES_API_KEY"],
        base_url_variable: "CHUTES_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // AI SDK, page "Clarifai"; LiteLLM 1.110.2.
        name: "clarifai",
        base_url: "https://api.clarifai.com/v2/ext/openai/v1",
        key_variables: &["CLARIFAI_PAT", "CLARIFAI_API_KEY"],
        base_url_variable: "CLARIFAI_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `compactifai`.
        name: "compactifai",
        base_url: "https://api.compactif.ai/v1",
        key_variables: &["COMPACTIFAI_API_KEY"],
        base_url_variable: "COMPACTIFAI_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `crusoe`.
        name: "crusoe",
        base_url: "https://api.inference.crusoecloud.com/v1",
        key_variables: &["CRUSOE_API_KEY"],
        base_url_variable: "CRUSOE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `deepinfra`; AI SDK, `@ai-sdk/deepinfra`.
        name: "deepinfra",
        base_url: "https://api.deepinfra.com/v1/openai",
        key_variables: &["DEEPINFRA_API_KEY"],
        base_url_variable: "DEEPINFRA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `gradient_ai`; the second variable is that of DigitalOcean's own
        // examples.
        name: "digitalocean",
        base_url: "https://inference.do-ai.run/v1",
        key_variables: &["GRADIENT_AI_API_KEY", "DIGITALOCEAN_INFERENCE_KEY"],
        base_url_variable: "DIGITALOCEAN_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `featherless_ai`.
        name: "featherless",
        base_url: "https://api.featherless.ai/v1",
        key_variables: &["FEATHERLESS_API_KEY", "FEATHERLESS_AI_API_KEY"],
        base_url_variable: "FEATHERLESS_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `friendliai`.
        name: "friendli",
        base_url: "https://api.friendli.ai/serverless/v1",
        key_variables: &["FRIENDLI_TOKEN", "FRIENDLIAI_API_KEY"],
        base_url_variable: "FRIENDLI_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm, `github`; genai, `github_copilot`; the second variable is LiteLLM's. GitHub
        // retired it on 2026-07-30 (docs.github.com/en/github-models): what is left are base URLs
        // of others.
        name: "github",
        base_url: "https://models.github.ai/inference",
        key_variables: &["GITHUB_TOKEN", "GITHUB_API_KEY"],
        base_url_variable: "GITHUB_MODELS_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `gmi`; the second variable is the AI SDK's.
        name: "gmi",
        base_url: "https://api.gmi-serving.com/v1",
        key_variables: &["GMI_API_KEY", "GMI_CLOUD_APIKEY"],
        base_url_variable: "GMI_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `hyperbolic`.
        name: "hyperbolic",
        base_url: "https://api.hyperbolic.xyz/v1",
        key_variables: &["HYPERBOLIC_API_KEY"],
        base_url_variable: "HYPERBOLIC_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `lambda_ai`.
        name: "lambda",
        base_url: "https://api.lambda.ai/v1",
        key_variables: &["LAMBDA_API_KEY"],
        base_url_variable: "LAMBDA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `modelscope`.
        name: "modelscope",
        base_url: "https://api-inference.modelscope.cn/v1",
        key_variables: &["MODELSCOPE_API_KEY"],
        base_url_variable: "MODELSCOPE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Nebius Token Factory, as its users have it for the OpenAI SDK; the older
        // api.studio.nebius.ai is in LiteLLM, and .com in pydantic-ai.
        name: "nebius",
        base_url: "https://api.tokenfactory.nebius.com/v1",
        key_variables: &["NEBIUS_API_KEY"],
        base_url_variable: "NEBIUS_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `novita`; newer users have /openai/v1 on the same host.
        name: "novita",
        base_url: "https://api.novita.ai/v3/openai",
        key_variables: &["NOVITA_API_KEY"],
        base_url_variable: "NOVITA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `nscale`.
        name: "nscale",
        base_url: "https://inference.api.nscale.com/v1",
        key_variables: &["NSCALE_API_KEY"],
        base_url_variable: "NSCALE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `ovhcloud`; the second variable is that of OVHcloud's own examples.
        name: "ovhcloud",
        base_url: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
        key_variables: &["OVHCLOUD_API_KEY", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"],
        base_url_variable: "OVHCLOUD_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `parasail`.
        name: "parasail",
        base_url: "https://api.parasail.io/v1",
        key_variables: &["PARASAIL_API_KEY"],
        base_url_variable: "PARASAIL_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `sambanova`.
        name: "sambanova",
        base_url: "https://api.sambanova.ai/v1",
        key_variables: &["SAMBANOVA_API_KEY"],
        base_url_variable: "SAMBANOVA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `scaleway`.
        name: "scaleway",
        base_url: "https://api.scaleway.ai/v1",
        key_variables: &["SCW_SECRET_KEY"],
        base_url_variable: "SCALEWAY_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // SiliconFlow, "OpenAI SDK Setup for SiliconFlow API Integration".
        name: "siliconflow",
        base_url: "https://api.siliconflow.com/v1",
        key_variables: &["SILICONFLOW_API_KEY"],
        base_url_variable: "SILICONFLOW_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `synthetic`.
        name: "synthetic",
        base_url: "https://api.synthetic.new/openai/v1",
        key_variables: &["SYNTHETIC_API_KEY"],
        base_url_variable: "SYNTHETIC_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `veniceai`; the first variable is that of other clients.
        name: "venice",
        base_url: "https://api.venice.ai/api/v1",
        key_variables: &["VENICE_API_KEY", "VENICE_AI_API_KEY"],
        base_url_variable: "VENICE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `wandb`; the vendor's other tools read another WANDB_BASE_URL.
        name: "wandb",
        base_url: "https://api.inference.wandb.ai/v1",
        key_variables: &["WANDB_API_KEY"],
        base_url_variable: "WANDB_INFERENCE_BASE_URL",
        ..PLAIN
    },
];
