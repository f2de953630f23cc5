//! Companies that serve the models which they train. Owns rows, each with its source, as
//! `vendors` describes it.

use super::{Vendor, PLAIN};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // AI21 API reference, "Jamba chat completion".
        name: "ai21",
        base_url: "https://api.ai21.com/studio/v1",
        key_variables: &["AI21_API_KEY"],
        base_url_variable: "AI21_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Amazon Nova developer guide, "OpenAI compatible API"; the first variable is LiteLLM's.
        name: "amazon_nova",
        base_url: "https://api.nova.amazon.com/v1",
        key_variables: &["AMAZON_NOVA_API_KEY", "NOVA_API_KEY"],
        base_url_variable: "AMAZON_NOVA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Baidu Qianfan, "Chat Completions" (v2); the second variable is genai's.
        name: "baidu",
        base_url: "https://qianfan.baidubce.com/v2",
        key_variables: &["QIANFAN_API_KEY", "BAIDU_API_KEY"],
        base_url_variable: "BAIDU_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Zhipu open platform, "Chat completion".
        name: "bigmodel",
        base_url: "https://open.bigmodel.cn/api/paas/v4",
        key_variables: &["ZHIPUAI_API_KEY", "BIGMODEL_API_KEY"],
        base_url_variable: "BIGMODEL_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // BytePlus ModelArk, "Chat API".
        name: "byteplus",
        base_url: "https://ark.ap-southeast.bytepluses.com/api/v3",
        key_variables: &["ARK_API_KEY"],
        base_url_variable: "BYTEPLUS_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Alibaba Cloud Model Studio, "OpenAI compatible - Chat"; the second variable is the AI
        // SDK's.
        name: "dashscope",
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key_variables: &["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
        base_url_variable: "DASHSCOPE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Inception API platform, "Get started".
        name: "inception",
        base_url: "https://api.inceptionlabs.ai/v1",
        key_variables: &["INCEPTION_API_KEY"],
        base_url_variable: "INCEPTION_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Meta model API; the variables are LiteLLM's and any-llm's.
        name: "meta",
        base_url: "https://api.meta.ai/v1",
        key_variables: &["META_API_KEY", "MODEL_API_KEY"],
        base_url_variable: "META_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Llama API, "OpenAI compatibility".
        name: "meta_llama",
        base_url: "https://api.llama.com/compat/v1",
        key_variables: &["LLAMA_API_KEY"],
        base_url_variable: "LLAMA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // MiniMax platform, "Text generation, OpenAI compatible".
        name: "minimax",
        base_url: "https://api.minimax.io/v1",
        key_variables: &["MINIMAX_API_KEY"],
        base_url_variable: "MINIMAX_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Morph API reference, "Chat completions".
        name: "morph",
        base_url: "https://api.morphllm.com/v1",
        key_variables: &["MORPH_API_KEY"],
        base_url_variable: "MORPH_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Reka API documentation, "Chat".
        name: "reka",
        base_url: "https://api.reka.ai/v1",
        key_variables: &["REKA_API_KEY"],
        base_url_variable: "REKA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // StepFun open platform, "Chat Completion"; the first variable is its examples'.
        name: "stepfun",
        base_url: "https://api.stepfun.com/v1",
        key_variables: &["STEP_API_KEY", "STEPFUN_API_KEY"],
        base_url_variable: "STEPFUN_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Tencent Cloud TokenHub, "OpenAI compatible"; the first variable is LiteLLM's.
        name: "tencent",
        base_url: "https://tokenhub-intl.tencentcloudmaas.com/v1",
        key_variables: &["TENCENT_API_KEY", "TOKENHUB_API_KEY"],
        base_url_variable: "TENCENT_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Upstage console, "Chat".
        name: "upstage",
        base_url: "https://api.upstage.ai/v1",
        key_variables: &["UPSTAGE_API_KEY"],
        base_url_variable: "UPSTAGE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // v0 model API, "Chat completions".
        name: "v0",
        base_url: "https://api.v0.dev/v1",
        key_variables: &["V0_API_KEY"],
        base_url_variable: "V0_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Volcano Engine Ark, "Chat API"; the second variable is LiteLLM's.
        name: "volcengine",
        base_url: "https://ark.cn-beijing.volces.com/api/v3",
        key_variables: &["ARK_API_KEY", "VOLCENGINE_API_KEY"],
        base_url_variable: "VOLCENGINE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Xiaomi MiMo platform, "OpenAI API"; the variables are LiteLLM's and genai's.
        name: "xiaomi_mimo",
        base_url: "https://api.xiaomimimo.com/v1",
        key_variables: &["XIAOMI_MIMO_API_KEY", "MIMO_API_KEY"],
        base_url_variable: "XIAOMI_MIMO_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Z.ai developer documentation, "Chat completion".
        name: "zai",
        base_url: "https://api.z.ai/api/paas/v4",
        key_variables: &["ZAI_API_KEY"],
        base_url_variable: "ZAI_BASE_URL",
        ..PLAIN
    },
];
