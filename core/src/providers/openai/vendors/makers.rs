//! Companies that serve the models which they train. Owns rows, each with its source, as
//! `vendors` describes it.

use super::{Vendor, PLAIN};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // LiteLLM 1.110.2, provider `ai21`.
        name: "ai21",
        base_url: "https://api.ai21.com/studio/v1",
        key_variables: &["AI21_API_KEY"],
        base_url_variable: "AI21_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, provider `amazon_nova`; the second variable is that of examples for
        // Nova's API.
        name: "amazon_nova",
        base_url: "https://api.nova.amazon.com/v1",
        key_variables: &["AMAZON_NOVA_API_KEY", "NOVA_API_KEY"],
        base_url_variable: "AMAZON_NOVA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // genai, adapter `baidu`.
        name: "baidu",
        base_url: "https://qianfan.baidubce.com/v2",
        key_variables: &["BAIDU_API_KEY"],
        base_url_variable: "BAIDU_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // genai; LiteLLM 1.110.2, `bigmodel`, has the host and the variable.
        name: "bigmodel",
        base_url: "https://open.bigmodel.cn/api/paas/v4",
        key_variables: &["BIGMODEL_API_KEY"],
        base_url_variable: "BIGMODEL_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // AI SDK, `@ai-sdk/bytedance`.
        name: "byteplus",
        base_url: "https://ark.ap-southeast.bytepluses.com/api/v3",
        key_variables: &["ARK_API_KEY"],
        base_url_variable: "BYTEPLUS_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Alibaba Cloud Model Studio, "compatible mode", as genai and LiteLLM have it; the second
        // variable is the AI SDK's.
        name: "dashscope",
        base_url: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        key_variables: &["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
        base_url_variable: "DASHSCOPE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `inception`.
        name: "inception",
        base_url: "https://api.inceptionlabs.ai/v1",
        key_variables: &["INCEPTION_API_KEY"],
        base_url_variable: "INCEPTION_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2 and any-llm, `meta`: a variable of each.
        name: "meta",
        base_url: "https://api.meta.ai/v1",
        key_variables: &["META_API_KEY", "MODEL_API_KEY"],
        base_url_variable: "META_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `meta_llama`; any-llm, `llama`.
        name: "meta_llama",
        base_url: "https://api.llama.com/compat/v1",
        key_variables: &["LLAMA_API_KEY"],
        base_url_variable: "LLAMA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `minimax`.
        name: "minimax",
        base_url: "https://api.minimax.io/v1",
        key_variables: &["MINIMAX_API_KEY"],
        base_url_variable: "MINIMAX_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `morph`.
        name: "morph",
        base_url: "https://api.morphllm.com/v1",
        key_variables: &["MORPH_API_KEY"],
        base_url_variable: "MORPH_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `reka`.
        name: "reka",
        base_url: "https://api.reka.ai/v1",
        key_variables: &["REKA_API_KEY"],
        base_url_variable: "REKA_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // StepFun's own examples for the OpenAI SDK; the second variable is that of other
        // clients.
        name: "stepfun",
        base_url: "https://api.stepfun.com/v1",
        key_variables: &["STEP_API_KEY", "STEPFUN_API_KEY"],
        base_url_variable: "STEPFUN_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `tencent`; the second variable is that of other clients.
        name: "tencent",
        base_url: "https://tokenhub-intl.tencentcloudmaas.com/v1",
        key_variables: &["TENCENT_API_KEY", "TOKENHUB_API_KEY"],
        base_url_variable: "TENCENT_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // Upstage console, example of "Chat" for the OpenAI SDK.
        name: "upstage",
        base_url: "https://api.upstage.ai/v1",
        key_variables: &["UPSTAGE_API_KEY"],
        base_url_variable: "UPSTAGE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `v0`.
        name: "v0",
        base_url: "https://api.v0.dev/v1",
        key_variables: &["V0_API_KEY"],
        base_url_variable: "V0_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `volcengine`; ARK_API_KEY is the AI SDK's for the same API.
        name: "volcengine",
        base_url: "https://ark.cn-beijing.volces.com/api/v3",
        key_variables: &["ARK_API_KEY", "VOLCENGINE_API_KEY"],
        base_url_variable: "VOLCENGINE_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // LiteLLM 1.110.2, `xiaomi_mimo`.
        name: "xiaomi_mimo",
        base_url: "https://api.xiaomimimo.com/v1",
        key_variables: &["XIAOMI_MIMO_API_KEY"],
        base_url_variable: "XIAOMI_MIMO_BASE_URL",
        ..PLAIN
    },
    Vendor {
        // any-llm, genai and LiteLLM 1.110.2, `zai`.
        name: "zai",
        base_url: "https://api.z.ai/api/paas/v4",
        key_variables: &["ZAI_API_KEY"],
        base_url_variable: "ZAI_BASE_URL",
        ..PLAIN
    },
];
