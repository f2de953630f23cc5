//! The lists of models. Owns where each provider has its list and how its pages are asked for; what
//! an entry says is in `entry`.

mod capabilities;
mod entry;
mod response;

use serde_json::Value;

use super::body::get;
use super::{address, azure, google, ollama, Models, ModelsPage, WholeResponse};
use crate::error::LlmError;
use crate::providers::{EncodedRequest, Target};
use crate::request::ModelsRequest;

/// One provider's list.
#[derive(Debug)]
pub(crate) struct ModelList {
    provider: &'static str,
    place: Place,
    /// The name of what asks for a page; empty where there are none.
    page: &'static str,
    /// The name and the value of the longest page, which is not the usual one.
    longest: Option<(&'static str, &'static str)>,
}

/// Where a list is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// `/models` behind the base URL, as OpenAI has it.
    Behind,
    /// A path that begins with a version.
    Version(&'static str),
    Azure,
    /// As Gemini has it; its base URL may name a version.
    Gemini,
    /// Vertex AI's, which is of no project.
    Vertex,
    /// Ollama's own.
    Ollama,
    /// Beside the version.
    Beside(&'static str),
    /// On a host of its own.
    Bedrock,
}

const PLAIN: ModelList = ModelList {
    provider: "",
    place: Place::Behind,
    page: "after",
    longest: None,
};

/// Lists in other forms than OpenAI's.
static LISTS: &[ModelList] = &[
    ModelList {
        provider: azure::NAME,
        place: Place::Azure,
        ..PLAIN
    },
    ModelList {
        provider: "anthropic",
        place: Place::Version("/v1"),
        page: "after_id",
        longest: Some(("limit", "1000")),
    },
    ModelList {
        provider: "cohere",
        place: Place::Version("/v1"),
        page: "page_token",
        longest: Some(("page_size", "1000")),
    },
    ModelList {
        provider: "perplexity",
        place: Place::Version("/v1"),
        ..PLAIN
    },
    // 50 models to a page unless asked otherwise.
    ModelList {
        provider: "gemini",
        place: Place::Gemini,
        page: "pageToken",
        longest: Some(("pageSize", "1000")),
    },
    ModelList {
        provider: "vertex",
        place: Place::Vertex,
        page: "pageToken",
        ..PLAIN
    },
    #[cfg(any(test, feature = "script"))]
    ModelList {
        provider: "script",
        page: "",
        ..PLAIN
    },
    ModelList {
        provider: "bedrock",
        place: Place::Bedrock,
        page: "",
        ..PLAIN
    },
    ModelList {
        provider: "tei",
        place: Place::Beside("/info"),
        page: "",
        ..PLAIN
    },
];

/// One list for each provider of OpenAI's wire: `NAMES` are theirs.
macro_rules! like_openai {
    ($($name:literal)*) => {
        static LIKE_OPENAI: &[ModelList] = &[$(ModelList { provider: $name, ..PLAIN },)*];
    };
}

like_openai!(
    "openai" "groq" "mistral" "deepseek" "xai" "openrouter" "together" "fireworks"
    "cerebras" "nvidia" "moonshot" "huggingface" "ollama" "vllm" "lmstudio" "llamacpp"
    "aihubmix" "aimlapi" "baseten" "chutes" "cometapi" "deepinfra" "docker" "featherless" "gmi"
    "hyperbolic" "lemonade" "litellm" "localai" "nano-gpt" "nebius" "novita" "nscale" "ovhcloud"
    "parasail" "poe" "portkey" "requesty" "sambanova" "scaleway" "sglang" "siliconflow" "venice"
    "vercel" "wandb" "xinference"
);

/// What is installed in an Ollama, in its own API.
static OLLAMA: ModelList = ModelList {
    provider: "ollama",
    place: Place::Ollama,
    page: "",
    longest: None,
};

/// The list of a provider, in one of its APIs.
pub(crate) fn of(provider: &str, api: &str) -> Option<&'static dyn Models> {
    if (provider, api) == (OLLAMA.provider, "native") {
        return Some(&OLLAMA);
    }
    let mut lists = LISTS.iter().chain(LIKE_OPENAI);
    let list = lists.find(|list| list.provider == provider);
    list.map(|list| list as &dyn Models)
}

impl ModelList {
    fn path(&self, target: &Target<'_>) -> String {
        let version = |own: &'static str| if google::has_version(target) { "" } else { own };
        match self.place {
            Place::Behind => address::path(target, "/models"),
            Place::Version(version) => address::with_version(target, version, "/models"),
            Place::Azure => azure::models_path(target),
            Place::Gemini => format!("{}/models", version("/v1beta")),
            Place::Vertex => format!("{}/publishers/google/models", version("/v1beta1")),
            Place::Ollama => ollama::path(target, "/tags"),
            Place::Beside(path) => address::beside_version(target, path),
            Place::Bedrock => "/foundation-models".to_owned(),
        }
    }
}

impl Models for ModelList {
    fn host_of(&self, host: &str) -> Option<String> {
        let place = matches!(self.place, Place::Bedrock);
        // The control plane beside the runtime: bedrock.REGION beside bedrock-runtime.REGION.
        let rest = host.strip_prefix("bedrock-runtime").filter(|_| place)?;
        rest.starts_with(['.', '-'])
            .then(|| format!("bedrock{rest}"))
    }

    fn encode(
        &self,
        request: &ModelsRequest,
        page: Option<&str>,
        target: &Target<'_>,
    ) -> Result<EncodedRequest, LlmError> {
        let own = request.extra.iter().filter_map(|(name, value)| {
            let value = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((name.as_str(), value))
        });
        let is_ours = |name: &&str| !request.extra.contains_key(*name);
        let longest = self.longest.filter(|(name, _)| is_ours(name));
        let longest = longest.map(|(name, value)| (name, value.to_owned()));
        let page = page.filter(|_| !self.page.is_empty());
        let page = page.map(|page| (self.page, page.to_owned()));
        // The page that follows holds over one that the caller named.
        let own = own.filter(|(name, _)| page.as_ref().is_none_or(|(page, _)| page != name));
        let pairs = own.chain(longest).chain(page.clone());
        let path = self.path(target);
        let query = address::query(pairs);
        let path = match path.contains('?') {
            true => path + &query.replacen('?', "&", 1),
            false => path + &query,
        };
        Ok(get(path))
    }

    fn decode(&self, response: WholeResponse<'_>) -> Result<ModelsPage, LlmError> {
        let mut page = response::decode(self.provider, response)?;
        page.next = page.next.filter(|_| !self.page.is_empty());
        Ok(page)
    }
}
