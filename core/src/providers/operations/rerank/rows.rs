//! Every provider that reranks, one row each. Owns the rows; what a row does not set is as in
//! `PLAIN`. Sources: the providers' API references and packages.

use super::documents::Documents;
use super::row::{Place, RerankRow, PLAIN};
use crate::providers::operations::truncate::Truncate;
use crate::providers::operations::Rerank;

/// The reranking of a provider.
pub(crate) fn of(name: &str) -> Option<&'static dyn Rerank> {
    let row = ROWS.iter().find(|row| row.provider == name);
    row.map(|row| row as &dyn Rerank)
}

static ROWS: &[RerankRow] = &[
    #[cfg(any(test, feature = "script"))]
    RerankRow {
        provider: "script",
        max_tokens_per_doc: "max_tokens_per_doc",
        truncate: Truncate::Always,
        ..PLAIN
    },
    RerankRow {
        provider: "cohere",
        place: Place::Cohere,
        form: Documents::Yaml,
        max_tokens_per_doc: "max_tokens_per_doc",
        ..PLAIN
    },
    RerankRow {
        provider: "voyage",
        top_n: "top_k",
        truncate: Truncate::Flag("truncation"),
        ..PLAIN
    },
    RerankRow {
        provider: "jina",
        form: Documents::Objects,
        max_tokens_per_doc: "max_doc_length",
        returns_documents: true,
        ..PLAIN
    },
    RerankRow {
        provider: "vllm",
        truncate: Truncate::Limit,
        ..PLAIN
    },
    RerankRow {
        provider: "tei",
        place: Place::Beside,
        documents: "texts",
        top_n: "",
        truncate: Truncate::Direction,
        ..PLAIN
    },
    RerankRow {
        provider: "llamacpp",
        truncate: Truncate::Never,
        ..PLAIN
    },
    RerankRow {
        provider: "openrouter",
        max_tokens_per_doc: "max_tokens_per_doc",
        ..PLAIN
    },
    // docs.together.ai/reference/rerank: objects too, whose fields `rank_fields` chooses.
    RerankRow {
        provider: "together",
        form: Documents::Objects,
        ..PLAIN
    },
    // Cohere's and Amazon's models, in Cohere's form.
    RerankRow {
        provider: "bedrock",
        place: Place::Bedrock,
        form: Documents::Yaml,
        max_tokens_per_doc: "max_tokens_per_doc",
        ..PLAIN
    },
];
