//! Which providers have an operation beside chat, and which of their codecs.

use super::{all, by_name_and_api, first_apis, Provider};
use crate::error::{invalid_request, LlmError};
use crate::request::Operation;

/// Whether some API of a provider has an operation.
fn has_operation(name: &str, operation: Operation) -> bool {
    all().any(|provider| provider.name() == name && does(provider, operation))
}

/// Whether a codec has an operation.
fn does(provider: &dyn Provider, operation: Operation) -> bool {
    match operation {
        Operation::Chat => true,
        Operation::Embed => provider.embeddings().is_some(),
        Operation::Rerank => provider.rerank().is_some(),
        Operation::Models => provider.models().is_some(),
        Operation::CountTokens => provider.count_tokens().is_some(),
        // Nobody is asked.
        Operation::Stats | Operation::Script => false,
        Operation::Batch => provider.batches().is_some(),
    }
}

/// The error of a provider that does not have an operation; it names those that do.
pub(crate) fn lacks_operation(provider: &str, operation: Operation) -> LlmError {
    let names = first_apis().map(|provider| provider.name());
    let having: Vec<_> = names
        .filter(|name| has_operation(name, operation))
        .collect();
    let known = match having.as_slice() {
        [] => "no provider of this build does".to_owned(),
        names => format!("these do: {}", names.join(", ")),
    };
    let operation = operation.name();
    invalid_request(format!(
        "{provider} does not have the operation {operation}; {known}"
    ))
}

/// The codec that has an operation: of the API that is named, else the first one that has it. The
/// API that a client names for its chats need not have the others.
pub(crate) fn by_operation(
    name: &str,
    api: Option<&str>,
    operation: Operation,
) -> Result<&'static dyn Provider, LlmError> {
    let named = by_name_and_api(name, api)?;
    if does(named, operation) {
        return Ok(named);
    }
    let mut others = all().filter(|provider| provider.name() == name);
    let other = others.find(|provider| does(*provider, operation));
    other.ok_or_else(|| lacks_operation(name, operation))
}
