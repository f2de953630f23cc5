//! Which codecs this build has, and how a name finds one. Owns the list; where an operation beside
//! chat is found is `operation_lookup`'s.

#[cfg(feature = "anthropic")]
use super::anthropic;
#[cfg(feature = "bedrock")]
use super::bedrock;
#[cfg(feature = "cohere")]
use super::cohere;
#[cfg(feature = "gemini")]
use super::gemini;
#[cfg(feature = "ollama")]
use super::ollama;
#[cfg(feature = "openai")]
use super::openai;
#[cfg(feature = "openai_responses")]
use super::openai_responses;
#[cfg(feature = "script")]
use super::script;
use super::{operations, Provider};
use crate::error::{config, LlmError};
use crate::parse::{names_of, nearest};
use crate::secret::may_be_key;

/// Every codec of this build.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Provider> {
    let providers = std::iter::empty();
    #[cfg(feature = "openai")]
    let providers = providers.chain(openai::providers());
    #[cfg(feature = "openai_responses")]
    let providers = providers.chain(openai_responses::providers());
    #[cfg(feature = "anthropic")]
    let providers = providers.chain(anthropic::providers());
    #[cfg(feature = "cohere")]
    let providers = providers.chain(cohere::providers());
    // Behind the OpenAI form of the same provider, which is its default.
    #[cfg(feature = "ollama")]
    let providers = providers.chain(ollama::providers());
    #[cfg(feature = "bedrock")]
    let providers = providers.chain(bedrock::providers());
    #[cfg(feature = "gemini")]
    let providers = providers.chain(gemini::providers());
    let providers = providers.chain(operations::vendors::providers());
    #[cfg(feature = "script")]
    let providers = providers.chain(script::providers());
    providers
}

/// Each provider once: the codec of the first of its APIs.
pub(crate) fn first_apis() -> impl Iterator<Item = &'static dyn Provider> {
    let mut seen = Vec::new();
    all().filter(move |provider| {
        let is_new = !seen.contains(&provider.name());
        seen.push(provider.name());
        is_new
    })
}

/// The APIs of a provider; the first is its default.
pub(crate) fn apis(name: &str) -> Vec<&'static str> {
    let of_name = all().filter(|provider| provider.name() == name);
    of_name.map(|provider| provider.api()).collect()
}

/// The codec of a provider's name, for the first of its APIs.
pub(crate) fn by_name(name: &str) -> Result<&'static dyn Provider, LlmError> {
    let provider = all().find(|provider| provider.name() == name);
    provider.ok_or_else(|| unknown(name))
}

/// The codec of a provider's name and one of its APIs; without one the first.
pub(crate) fn by_name_and_api(
    name: &str,
    api: Option<&str>,
) -> Result<&'static dyn Provider, LlmError> {
    let first = by_name(name)?;
    let Some(api) = api.filter(|api| !api.is_empty()) else {
        return Ok(first);
    };
    let provider = all().find(|provider| provider.name() == name && provider.api() == api);
    provider.ok_or_else(|| {
        let known = names_of(&apis(name), "and");
        config(format!(
            "api {} is none of {name}'s, which are: {known}",
            shown_api(api)
        ))
    })
}

/// Whether some provider has an API of this name.
pub(crate) fn check_api(api: Option<&str>) -> Result<(), LlmError> {
    let Some(api) = api.filter(|api| !api.is_empty()) else {
        return Ok(());
    };
    let mut known = Vec::new();
    for provider in all() {
        if !known.contains(&provider.api()) {
            known.push(provider.api());
        }
    }
    if known.contains(&api) {
        return Ok(());
    }
    let known = names_of(&known, "and");
    Err(config(format!(
        "api {} is no provider's; known are {known}",
        shown_api(api)
    )))
}

/// The provider whose name comes nearest.
pub(crate) fn nearest_name(name: &str) -> Option<&'static str> {
    let names: Vec<_> = first_apis().map(|provider| provider.name()).collect();
    nearest(name, &names).into_iter().next()
}

/// It is one of few short words; a longer one may be a key.
fn shown_api(api: &str) -> &str {
    match api.len() > 20 {
        true => "this one",
        false => api,
    }
}

/// The error of an unknown name. A name that may be a key is not repeated.
fn unknown(name: &str) -> LlmError {
    let names: Vec<_> = first_apis().map(|provider| provider.name()).collect();
    let known = names.join(", ");
    if may_be_key(name) {
        return config(format!(
            "provider is unknown (not shown: it may be a key, which belongs in api_key); \
             known are: {known}"
        ));
    }
    // The list is long, and of use only where no name is near.
    let advice = match nearest_name(name) {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => format!("known are: {known}"),
    };
    config(format!("provider \"{name}\" is unknown; {advice}"))
}
