//! Every provider with embeddings in OpenAI's form, one row each. Owns the rows; what a row can
//! express is in `row`. What a row does not set is as in `PLAIN`. Sources: the providers' API
//! references and packages.

use super::packed::Packed;
use super::row::{InputType, Parts, Row, PLAIN};
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::{azure, Embeddings};

/// The row of a provider.
pub(super) fn of(name: &str) -> Option<&'static dyn Embeddings> {
    let row = ROWS.iter().find(|row| row.provider == name);
    row.map(|row| row as &dyn Embeddings)
}

/// OpenAI's own: at most 2,048 inputs and 300,000 tokens in all.
const OPENAI: Row = Row {
    provider: "openai",
    tokens_max: Some(300_000),
    base64: true,
    // "This model does not support specifying dimensions."
    fixed: &["ada-002"],
    tokens: true,
    user: true,
    ..PLAIN
};

static ROWS: &[Row] = &[
    OPENAI,
    // One answer of a script is for all inputs of a call.
    #[cfg(any(test, feature = "script"))]
    Row {
        provider: "script",
        inputs_max: usize::MAX,
        tokens: true,
        user: true,
        ..PLAIN
    },
    Row {
        provider: azure::NAME,
        tokens_max: None,
        ..OPENAI
    },
    Row {
        provider: "mistral",
        // 16,384 tokens per request. Asked for base64 it sends floats.
        inputs_max: 32,
        tokens_max: Some(16_000),
        dimensions: "output_dimension",
        fixed: &["mistral-embed"],
        ..PLAIN
    },
    Row {
        provider: "openrouter",
        // In the words of whoever serves the model.
        input_type: InputType::Field("input_type", &[]),
        tokens: true,
        parts: Parts::Content,
        user: true,
        ..PLAIN
    },
    Row {
        provider: "together",
        dimensions: "",
        ..PLAIN
    },
    Row {
        provider: "fireworks",
        tokens: true,
        ..PLAIN
    },
    Row {
        provider: "perplexity",
        version: "/v1",
        inputs_max: 512,
        // Without being asked.
        packed: Packed::Int8,
        ..PLAIN
    },
    Row {
        provider: "nvidia",
        // docs.nvidia.com/nim/nemo-retriever/text-embedding, API reference: "passage" for what is
        // searched. E5 and NV-Embed-QA require it, GTE and GTR refuse it.
        input_type: InputType::Field("input_type", &[("query", "query"), ("document", "passage")]),
        truncate: Truncate::Named("truncate"),
        ..PLAIN
    },
    Row {
        provider: "ollama",
        truncate: Truncate::Always,
        ..PLAIN
    },
    Row {
        provider: "vllm",
        truncate: Truncate::Side,
        tokens: true,
        parts: Parts::Messages,
        user: true,
        ..PLAIN
    },
    Row {
        provider: "lmstudio",
        dimensions: "",
        ..PLAIN
    },
    Row {
        provider: "llamacpp",
        dimensions: "",
        tokens: true,
        ..PLAIN
    },
    Row {
        provider: "voyage",
        // VOYAGE_EMBED_BATCH_SIZE of the package voyageai 0.5.0 is 128; the tokens are those of the
        // smallest limit, that of the large models.
        inputs_max: 128,
        tokens_max: Some(120_000),
        base64: true,
        input_type: InputType::Field(
            "input_type",
            &[("query", "query"), ("document", "document")],
        ),
        dimensions: "output_dimension",
        truncate: Truncate::Flag("truncation"),
        ..PLAIN
    },
    Row {
        provider: "jina",
        inputs_max: 512,
        input_type: InputType::Field(
            "task",
            &[
                ("query", "retrieval.query"),
                ("document", "retrieval.passage"),
                ("similarity", "text-matching"),
                ("clustering", "separation"),
                ("classification", "classification"),
                ("code_query", "code.query"),
            ],
        ),
        truncate: Truncate::Flag("truncate"),
        parts: Parts::Single,
        ..PLAIN
    },
    Row {
        provider: "dashscope",
        // alibabacloud.com/help/en/model-studio/embedding-interfaces-compatible-with-openai: the
        // batch of text-embedding-v3 and v4; the newest model takes 20.
        inputs_max: 10,
        ..PLAIN
    },
    Row {
        provider: "deepinfra",
        // "Limited by the DeepInfra API to a maximum of 1024" (LangChain, `deepinfra`).
        inputs_max: 1024,
        ..PLAIN
    },
    Row {
        provider: "siliconflow",
        inputs_max: 32,
        ..PLAIN
    },
    Row {
        provider: "nebius",
        ..PLAIN
    },
    Row {
        provider: "litellm",
        tokens: true,
        user: true,
        ..PLAIN
    },
    Row {
        provider: "docker",
        ..PLAIN
    },
    Row {
        provider: "github",
        ..PLAIN
    },
    Row {
        provider: "lemonade",
        ..PLAIN
    },
    Row {
        provider: "localai",
        ..PLAIN
    },
    Row {
        provider: "novita",
        ..PLAIN
    },
    Row {
        provider: "scaleway",
        ..PLAIN
    },
    Row {
        provider: "sglang",
        ..PLAIN
    },
    Row {
        provider: "upstage",
        ..PLAIN
    },
    Row {
        provider: "vercel",
        ..PLAIN
    },
    Row {
        provider: "volcengine",
        ..PLAIN
    },
    Row {
        provider: "xinference",
        ..PLAIN
    },
];
