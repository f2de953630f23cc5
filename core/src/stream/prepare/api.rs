//! Which of a provider's APIs a call uses. Owns the rule for a model that one API alone has.

use crate::client::options::ClientOptions;
use crate::error::{invalid_request, LlmError};
use crate::providers::{self, Provider};
use crate::request::{in_row, BatchRequest, BatchRow, CallOptions};

/// The API that the call, else the client, names.
pub(super) fn named<'a>(options: &'a ClientOptions, call: &'a CallOptions) -> Option<&'a str> {
    let named = call.api.as_deref().or(options.api.as_deref());
    named.filter(|api| !api.is_empty())
}

/// The API that has the model, where nobody named one and the provider's table knows that the first
/// has it not; only for the provider's own endpoint, since another may have other models. A build
/// without that API stays with the first.
pub(super) fn with_model(
    provider: &'static dyn Provider,
    options: &ClientOptions,
    call: &CallOptions,
    model: &str,
) -> &'static dyn Provider {
    if named(options, call).is_some() {
        return provider;
    }
    let other = provider.api_of(model);
    let other = other.and_then(|api| providers::by_name_and_api(provider.name(), Some(api)).ok());
    other.unwrap_or(provider)
}

/// The API that the rows of a batch choose by their models, as single requests do; a batch has one.
/// `None`: the one that is named, or the provider's first.
pub(in crate::stream) fn of_rows(
    provider: &'static dyn Provider,
    options: &ClientOptions,
    request: &BatchRequest,
) -> Result<Option<&'static str>, LlmError> {
    let of = |row: &BatchRow| {
        let other = with_model(provider, options, &request.call, row.model());
        (other.api() != provider.api()).then(|| other.api())
    };
    let mut rows = request.requests.iter().map(of);
    let first = rows.next().flatten();
    match rows.position(|api| api != first) {
        None => Ok(first),
        Some(behind) => {
            let what =
                "model has another API than that of requests[0]; a batch has one, so submit \
                        them apart or set api";
            let error = invalid_request(what);
            Err(in_row(behind + 1, error))
        }
    }
}

#[cfg(all(test, feature = "openai_responses"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::client::environment::Environment;
    use crate::client::options::ClientOptions;
    use crate::request::{LlmRequest, Message};
    use crate::stream::prepare::{resolve, PreparedRequest};
    use crate::stream::task::Task;

    fn prepared(model: &str, options: &str) -> PreparedRequest {
        let options = ClientOptions::from_json(options).unwrap();
        let request = LlmRequest::new(model, vec![Message::user("hi")]);
        let mut task = Task::Chat(Box::new(request));
        resolve(&options, &Environment::default(), |_| None, &mut task).unwrap()
    }

    #[test]
    fn a_model_that_only_one_api_has_chooses_it() {
        let path = |model: &str, options: &str| {
            let request = prepared(model, options);
            (request.provider.api(), request.http.url.path().to_owned())
        };
        let key = r#"{"api_key":"test-key"}"#;
        let chat = ("chat", "/v1/chat/completions".to_owned());
        let responses = ("responses", "/v1/responses".to_owned());
        assert_eq!(path("openai/o1-pro", key), responses);
        assert_eq!(path("openai/gpt-5-codex", key), responses);
        assert_eq!(path("openai/gpt-4o", key), chat);
        // What somebody named holds.
        let named = r#"{"api_key":"test-key","api":"chat"}"#;
        assert_eq!(path("openai/o1-pro", named), chat);
        let named = r#"{"api_key":"test-key","api":"responses"}"#;
        assert_eq!(path("openai/gpt-4o", named), responses);
        // Another server may have other models of this name.
        let other = r#"{"api_key":"test-key","base_url":"https://example.org/v1"}"#;
        assert_eq!(path("openai/o1-pro", other), chat);
        assert_eq!(path("groq/o1-pro", key).0, "chat");
        let named = r#"{"api":"responses","base_url":"http://localhost:8080/v1"}"#;
        assert_eq!(path("llamacpp/m", named), responses);
    }
}
