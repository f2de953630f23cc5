//! Every server that speaks OpenAI's chat completions: where it is, who may come in, and what it
//! wants otherwise. Data only; the codec in `openai` reads it. What a row does not set is as in
//! `PLAIN`. Sources: the providers' API references.

use super::openai::OpenAi;

/// One server, or one family of servers.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its name in requests, errors and events.
    pub(crate) name: &'static str,
    /// Empty: every customer has an address of their own.
    pub(crate) base_url: &'static str,
    /// Variables that may hold the key, best first.
    pub(crate) key_variables: &'static [&'static str],
    /// The variable that may hold the base URL.
    pub(crate) base_url_variable: &'static str,
    pub(crate) needs_key: bool,
    pub(crate) key_header: KeyHeader,
    /// The first that fits the base URL holds.
    pub(crate) endpoints: &'static [Endpoint],
    /// Whether a stream may be asked for its usage; elsewhere usage comes unasked.
    pub(crate) stream_options: bool,
    /// The name of `seed`.
    pub(crate) seed: &'static str,
    /// Words of `tool_choice` that have another name: ours, theirs.
    pub(crate) tool_choices: &'static [(&'static str, &'static str)],
    /// Ids of tool calls are so many letters and digits; 0: any text.
    pub(crate) call_id_length: usize,
    /// Knows the role `developer`; elsewhere it goes out as `system`.
    pub(crate) knows_developer: bool,
    /// How reasoning goes back with the message that it belongs to.
    pub(crate) reasoning: Reasoning,
    /// Kinds of content parts in an assistant's message, beside those that all know.
    pub(crate) parts: &'static [&'static str],
    /// Fields that it answers with an error.
    pub(crate) refuses: &'static [&'static str],
}

/// How the key goes out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyHeader {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `api-key: KEY`.
    ApiKey,
}

/// Where requests go, by the base URL.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) base: Base,
    /// Appended to the base URL; `{model}` is the model's name. What the base URL says in a query
    /// holds over what stands here.
    pub(crate) path: &'static str,
    /// The name of `max_tokens`.
    pub(crate) limit: &'static str,
}

/// Which base URL an endpoint is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base {
    /// The provider's own.
    Own,
    /// Its path ends so.
    Ends(&'static str),
    /// Its path holds this.
    Holds(&'static str),
    /// Any.
    Any,
}

/// How a provider wants to see its reasoning again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reasoning {
    /// Not at all.
    Forgotten,
    /// Its text, in this field of the message.
    Text(&'static str),
    /// Its entries as they came, in this field of the message.
    Entries(&'static str),
    /// As a part of the content, which is of this kind.
    Part(&'static str),
}

const PATH: &str = "/chat/completions";
/// The older name of the limit, and the only one that most servers know.
const LIMIT: &str = "max_tokens";
/// The newer name; OpenAI's reasoning models refuse the older.
const LIMIT_NEW: &str = "max_completion_tokens";

const CHAT: Endpoint = Endpoint {
    base: Base::Any,
    path: PATH,
    limit: LIMIT,
};

const CHAT_NEW: Endpoint = Endpoint {
    limit: LIMIT_NEW,
    ..CHAT
};

/// A server without peculiarities.
const PLAIN: Row = Row {
    name: "",
    base_url: "",
    key_variables: &[],
    base_url_variable: "",
    needs_key: true,
    key_header: KeyHeader::Bearer,
    endpoints: &[CHAT],
    stream_options: true,
    seed: "seed",
    tool_choices: &[],
    call_id_length: 0,
    knows_developer: false,
    reasoning: Reasoning::Forgotten,
    parts: &[],
    refuses: &[],
};

/// A server on this machine.
const LOCAL: Row = Row {
    needs_key: false,
    ..PLAIN
};

/// The dated API of Azure; the last one that is generally available. A base URL may name another.
macro_rules! dated {
    ($path:literal) => {
        concat!($path, "?api-version=2024-10-21")
    };
}

pub(crate) static OPENAI: Row = Row {
    name: "openai",
    base_url: "https://api.openai.com/v1",
    key_variables: &["OPENAI_API_KEY"],
    base_url_variable: "OPENAI_BASE_URL",
    endpoints: &[
        Endpoint {
            base: Base::Own,
            ..CHAT_NEW
        },
        CHAT,
    ],
    knows_developer: true,
    ..PLAIN
};

static GROQ: Row = Row {
    name: "groq",
    base_url: "https://api.groq.com/openai/v1",
    key_variables: &["GROQ_API_KEY"],
    base_url_variable: "GROQ_BASE_URL",
    endpoints: &[CHAT_NEW],
    ..PLAIN
};

static MISTRAL: Row = Row {
    name: "mistral",
    base_url: "https://api.mistral.ai/v1",
    key_variables: &["MISTRAL_API_KEY"],
    base_url_variable: "MISTRAL_BASE_URL",
    stream_options: false,
    seed: "random_seed",
    tool_choices: &[("required", "any")],
    call_id_length: 9,
    reasoning: Reasoning::Part("thinking"),
    parts: &["reference", "document_url"],
    refuses: &["user"],
    ..PLAIN
};

static DEEPSEEK: Row = Row {
    name: "deepseek",
    base_url: "https://api.deepseek.com",
    key_variables: &["DEEPSEEK_API_KEY"],
    base_url_variable: "DEEPSEEK_BASE_URL",
    reasoning: Reasoning::Text("reasoning_content"),
    ..PLAIN
};

static XAI: Row = Row {
    name: "xai",
    base_url: "https://api.x.ai/v1",
    key_variables: &["XAI_API_KEY"],
    base_url_variable: "XAI_BASE_URL",
    endpoints: &[CHAT_NEW],
    ..PLAIN
};

static OPENROUTER: Row = Row {
    name: "openrouter",
    base_url: "https://openrouter.ai/api/v1",
    key_variables: &["OPENROUTER_API_KEY"],
    base_url_variable: "OPENROUTER_BASE_URL",
    knows_developer: true,
    reasoning: Reasoning::Entries("reasoning_details"),
    ..PLAIN
};

static TOGETHER: Row = Row {
    name: "together",
    base_url: "https://api.together.xyz/v1",
    key_variables: &["TOGETHER_API_KEY"],
    base_url_variable: "TOGETHER_BASE_URL",
    ..PLAIN
};

static FIREWORKS: Row = Row {
    name: "fireworks",
    base_url: "https://api.fireworks.ai/inference/v1",
    key_variables: &["FIREWORKS_API_KEY"],
    base_url_variable: "FIREWORKS_BASE_URL",
    ..PLAIN
};

static PERPLEXITY: Row = Row {
    name: "perplexity",
    base_url: "https://api.perplexity.ai",
    key_variables: &["PERPLEXITY_API_KEY", "PPLX_API_KEY"],
    base_url_variable: "PERPLEXITY_BASE_URL",
    // Every chunk has its usage.
    stream_options: false,
    ..PLAIN
};

static CEREBRAS: Row = Row {
    name: "cerebras",
    base_url: "https://api.cerebras.ai/v1",
    key_variables: &["CEREBRAS_API_KEY"],
    base_url_variable: "CEREBRAS_BASE_URL",
    endpoints: &[CHAT_NEW],
    ..PLAIN
};

static NVIDIA: Row = Row {
    name: "nvidia",
    base_url: "https://integrate.api.nvidia.com/v1",
    key_variables: &["NVIDIA_API_KEY"],
    base_url_variable: "NVIDIA_BASE_URL",
    ..PLAIN
};

static MOONSHOT: Row = Row {
    name: "moonshot",
    base_url: "https://api.moonshot.ai/v1",
    key_variables: &["MOONSHOT_API_KEY"],
    base_url_variable: "MOONSHOT_BASE_URL",
    reasoning: Reasoning::Text("reasoning_content"),
    ..PLAIN
};

static OLLAMA: Row = Row {
    name: "ollama",
    base_url: "http://localhost:11434/v1",
    key_variables: &["OLLAMA_API_KEY"],
    base_url_variable: "OLLAMA_BASE_URL",
    ..LOCAL
};

static VLLM: Row = Row {
    name: "vllm",
    base_url: "http://localhost:8000/v1",
    key_variables: &["VLLM_API_KEY"],
    base_url_variable: "VLLM_BASE_URL",
    ..LOCAL
};

static LMSTUDIO: Row = Row {
    name: "lmstudio",
    base_url: "http://localhost:1234/v1",
    key_variables: &["LMSTUDIO_API_KEY"],
    base_url_variable: "LMSTUDIO_BASE_URL",
    ..LOCAL
};

static LLAMACPP: Row = Row {
    name: "llamacpp",
    base_url: "http://localhost:8080/v1",
    key_variables: &["LLAMACPP_API_KEY"],
    base_url_variable: "LLAMACPP_BASE_URL",
    ..LOCAL
};

static AZURE: Row = Row {
    name: "azure",
    key_variables: &["AZURE_OPENAI_API_KEY"],
    base_url_variable: "AZURE_OPENAI_ENDPOINT",
    key_header: KeyHeader::ApiKey,
    endpoints: &[
        // The v1 API, also behind a gateway: the model in the body names the deployment.
        Endpoint {
            base: Base::Ends("/v1"),
            ..CHAT_NEW
        },
        // Model inference: the models of other vendors.
        Endpoint {
            base: Base::Ends("/models"),
            path: "/chat/completions?api-version=2024-05-01-preview",
            limit: LIMIT,
        },
        Endpoint {
            base: Base::Holds("/openai/deployments/"),
            path: dated!("/chat/completions"),
            limit: LIMIT_NEW,
        },
        Endpoint {
            base: Base::Ends("/openai"),
            path: dated!("/deployments/{model}/chat/completions"),
            limit: LIMIT_NEW,
        },
        Endpoint {
            base: Base::Any,
            path: dated!("/openai/deployments/{model}/chat/completions"),
            limit: LIMIT_NEW,
        },
    ],
    knows_developer: true,
    ..PLAIN
};

/// The codecs of all rows.
pub(crate) static CODECS: [OpenAi; 17] = [
    OpenAi { row: &OPENAI },
    OpenAi { row: &GROQ },
    OpenAi { row: &MISTRAL },
    OpenAi { row: &DEEPSEEK },
    OpenAi { row: &XAI },
    OpenAi { row: &OPENROUTER },
    OpenAi { row: &TOGETHER },
    OpenAi { row: &FIREWORKS },
    OpenAi { row: &PERPLEXITY },
    OpenAi { row: &CEREBRAS },
    OpenAi { row: &NVIDIA },
    OpenAi { row: &MOONSHOT },
    OpenAi { row: &OLLAMA },
    OpenAi { row: &VLLM },
    OpenAi { row: &LMSTUDIO },
    OpenAi { row: &LLAMACPP },
    OpenAi { row: &AZURE },
];
