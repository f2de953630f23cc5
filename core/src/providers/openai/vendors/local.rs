//! Servers on this machine. Owns rows, each with its source, as `vendors` describes it.

use super::{Vendor, LOCAL};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // Docker Model Runner, as its users have it: host port 12434.
        name: "docker",
        base_url: "http://localhost:12434/engines/v1",
        key_variables: &["DOCKER_MODEL_RUNNER_API_KEY"],
        base_url_variable: "DOCKER_MODEL_RUNNER_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // LiteLLM 1.110.2, `lemonade`.
        name: "lemonade",
        base_url: "http://localhost:8000/api/v1",
        key_variables: &["LEMONADE_API_KEY"],
        base_url_variable: "LEMONADE_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // any-llm and LiteLLM 1.110.2, `llamafile`.
        name: "llamafile",
        base_url: "http://localhost:8080/v1",
        key_variables: &["LLAMAFILE_API_KEY"],
        base_url_variable: "LLAMAFILE_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // LocalAI, "Quickstart": port 8080, LOCALAI_API_KEY.
        name: "localai",
        base_url: "http://localhost:8080/v1",
        key_variables: &["LOCALAI_API_KEY"],
        base_url_variable: "LOCALAI_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // SGLang's server, as its users have it: port 30000.
        name: "sglang",
        base_url: "http://localhost:30000/v1",
        key_variables: &["SGLANG_API_KEY"],
        base_url_variable: "SGLANG_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // Xinference's own examples for the OpenAI SDK: port 9997.
        name: "xinference",
        base_url: "http://localhost:9997/v1",
        key_variables: &["XINFERENCE_API_KEY"],
        base_url_variable: "XINFERENCE_BASE_URL",
        ..LOCAL
    },
];
