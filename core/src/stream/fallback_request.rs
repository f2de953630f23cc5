//! The request that a fallback makes of the caller's: which fields it has, where it goes, and which
//! secrets go with it. Owns the rule that a key, a header or a base URL goes nowhere but to the
//! place that it was given for.

use serde_json::{Map, Value};

use super::task::Task;
use crate::client::options::ClientOptions;
use crate::declare::Patch;
use crate::error::{invalid_request, LlmError};
use crate::parse::Fields;
use crate::providers;
use crate::request::{
    CallOptions, Fallback, Fallbacks, LlmRequest, Operation, Origin, RerankRequest,
};

/// A request that a fallback can change.
trait Changeable: Patch {
    fn parts(&mut self) -> Parts<'_>;
}

/// What is not simply replaced.
struct Parts<'r> {
    model: &'r mut String,
    call: &'r mut CallOptions,
    extra: &'r mut Map<String, Value>,
    extra_body: &'r mut Map<String, Value>,
}

macro_rules! changeable {
    ($($request:ty)+) => {$(
        impl Changeable for $request {
            fn parts(&mut self) -> Parts<'_> {
                Parts {
                    model: &mut self.model,
                    call: &mut self.call,
                    extra: &mut self.extra,
                    extra_body: &mut self.extra_body,
                }
            }
        }
    )+};
}

changeable!(LlmRequest RerankRequest);

/// Where a fallback goes.
struct Place {
    provider: String,
    /// In place of the request's model.
    model: Option<String>,
    /// To the provider and the base URL of the request.
    is_home: bool,
    /// Neither there nor to the client's own provider.
    is_elsewhere: bool,
}

/// The caller's request as a fallback changes it. `home` is the provider that it went to.
pub(super) fn changed(
    mut task: Task,
    fallback: &Fallback,
    home: &'static str,
    options: &ClientOptions,
) -> Result<Task, LlmError> {
    match &mut task {
        Task::Chat(request) => change(&mut **request, fallback, home, options)?,
        Task::Rerank(request) => change(&mut **request, fallback, home, options)?,
        Task::Embed(_)
        | Task::Models(_)
        | Task::CountTokens(_)
        | Task::Batch(_)
        | Task::Sent(_) => {
            return Err(not_for(task.operation()));
        }
    }
    Ok(task)
}

/// The error of fallbacks where there can be none.
pub(super) fn not_for(operation: Operation) -> LlmError {
    let reason = match operation {
        Operation::Embed => "; vectors of different models do not compare",
        _ => "",
    };
    let operation = operation.name();
    invalid_request(format!(
        "fallbacks: {operation} has none, only chat and rerank have{reason}"
    ))
}

fn change<T: Changeable>(
    request: &mut T,
    fallback: &Fallback,
    home: &'static str,
    options: &ClientOptions,
) -> Result<(), LlmError> {
    let mut fields = Fields::from(fallback.fields.clone());
    let Parts {
        call,
        extra,
        extra_body,
        ..
    } = request.parts();
    let place = place(fallback, call, home, options)?;
    if place.provider != home {
        // OpenRouter's field of this name, and what is for one provider's body.
        extra.shift_remove("provider");
        extra_body.clear();
    }
    if fields.contains_key("max_tokens") {
        // The newer name of the same, which would win.
        extra.shift_remove("max_completion_tokens");
    }
    request.patch(&mut fields)?;
    let parts = request.parts();
    for (name, value) in Map::from(fields) {
        match value.is_null() {
            true => parts.extra.shift_remove(&name),
            false => parts.extra.insert(name, value),
        };
    }
    if let Some(model) = &place.model {
        parts.model.clone_from(model);
    }
    *parts.call = call_options(parts.call, &fallback.call, place);
    Ok(())
}

fn place(
    fallback: &Fallback,
    call: &CallOptions,
    home: &'static str,
    options: &ClientOptions,
) -> Result<Place, LlmError> {
    let (provider, model) = match &fallback.text {
        Some(text) => of_text(text, home)?,
        None => (of_patch(fallback, call, home, options)?, None),
    };
    let (provider, model) = match provider {
        Named::Provider(provider) => (provider, model),
        Named::InModel(provider, model) => (provider, Some(model)),
    };
    let has_base_url = fallback.call.base_url.is_some();
    let is_home = provider == home && !has_base_url;
    let is_clients = options.provider.as_ref() == Some(&provider) && !has_base_url;
    Ok(Place {
        is_home,
        is_elsewhere: !is_home && !is_clients,
        provider,
        model,
    })
}

/// How a provider was named.
enum Named {
    Provider(String),
    /// As the prefix of the model; with the rest.
    InModel(String, String),
}

/// `provider/model`, or a model of the request's provider.
fn of_text(text: &str, home: &str) -> Result<(Named, Option<String>), LlmError> {
    if providers::by_name(text).is_ok() {
        let message = format!("{text} is a provider; write {text}/ and its model");
        return Err(invalid_request(message));
    }
    Ok(match prefix(text) {
        Some(named) => (named, None),
        None => (Named::Provider(home.to_owned()), Some(text.to_owned())),
    })
}

/// The provider that the fields name, else that of the request; the prefix of a model counts where
/// it counts in a request.
fn of_patch(
    fallback: &Fallback,
    call: &CallOptions,
    home: &str,
    options: &ClientOptions,
) -> Result<Named, LlmError> {
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    if let Some(provider) = fallback
        .call
        .provider
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        let provider = providers::by_name(provider)?;
        return Ok(Named::Provider(provider.name().to_owned()));
    }
    let model = fallback.fields.get("model").and_then(Value::as_str);
    let counts = !is_named(&call.provider) && !is_named(&options.provider);
    let named = model.filter(|_| counts).and_then(prefix);
    Ok(named.unwrap_or_else(|| Named::Provider(home.to_owned())))
}

fn prefix(model: &str) -> Option<Named> {
    let (name, rest) = model.split_once('/')?;
    let provider = providers::by_name(name).ok()?;
    Some(Named::InModel(provider.name().to_owned(), rest.to_owned()))
}

/// The options of the request with those of the fallback over them, as far as the place allows.
fn call_options(request: &CallOptions, fallback: &CallOptions, place: Place) -> CallOptions {
    let own = fallback.clone();
    // Their names say which cloud they are for; the keys are for its own address.
    let cloud = match own.base_url {
        None => request.cloud.clone(),
        Some(_) => request.cloud.clone().without_keys(),
    };
    let mut call = CallOptions {
        provider: Some(place.provider),
        keys: request.keys.clone(),
        limits: own.limits.or(request.limits),
        cloud: own.cloud.or(cloud),
        lenient: own.lenient.or(request.lenient),
        ..own
    };
    if place.is_home {
        call.api = call.api.or_else(|| request.api.clone());
        call.api_key = call.api_key.or_else(|| request.api_key.clone());
        call.auth = call.auth.or(request.auth);
        call.base_url.clone_from(&request.base_url);
        call.headers = request.headers.clone();
        call.headers.extend(fallback.headers.iter().cloned());
    }
    call.fallbacks = Some(Fallbacks::used(Origin {
        call: request.clone(),
        is_elsewhere: place.is_elsewhere,
    }));
    call
}
