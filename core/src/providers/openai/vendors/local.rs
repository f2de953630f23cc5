//! Servers on this machine. Owns rows, each with its source, as `vendors` describes it.

use super::{Vendor, LOCAL};

/// The rows, by name.
pub(super) const VENDORS: &[Vendor] = &[
    Vendor {
        // Docker Model Runner, "REST API".
        name: "docker",
        base_url: "http://localhost:12434/engines/v1",
        key_variables: &["DOCKER_MODEL_RUNNER_API_KEY"],
        base_url_variable: "DOCKER_MODEL_RUNNER_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // Lemonade Server, "Server specification".
        name: "lemonade",
        base_url: "http://localhost:8000/api/v1",
        key_variables: &["LEMONADE_API_KEY"],
        base_url_variable: "LEMONADE_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // llamafile, "OpenAI compatible API".
        name: "llamafile",
        base_url: "http://localhost:8080/v1",
        key_variables: &["LLAMAFILE_API_KEY"],
        base_url_variable: "LLAMAFILE_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // LocalAI, "OpenAI compatible API".
        name: "localai",
        base_url: "http://localhost:8080/v1",
        key_variables: &["LOCALAI_API_KEY"],
        base_url_variable: "LOCALAI_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // SGLang, "OpenAI-compatible APIs".
        name: "sglang",
        base_url: "http://localhost:30000/v1",
        key_variables: &["SGLANG_API_KEY"],
        base_url_variable: "SGLANG_BASE_URL",
        ..LOCAL
    },
    Vendor {
        // Xorbits Inference, "Client API".
        name: "xinference",
        base_url: "http://localhost:9997/v1",
        key_variables: &["XINFERENCE_API_KEY"],
        base_url_variable: "XINFERENCE_BASE_URL",
        ..LOCAL
    },
];
