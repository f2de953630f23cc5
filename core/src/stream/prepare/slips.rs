//! Slips in the names of fields: a field that nobody knows and that comes near one of ours reaches
//! the provider all the same, and a warning names what was meant. Owns which names are compared
//! with which; `extra_body` is never looked at, so a field that is meant stands there without a
//! warning.

mod nested;

use serde_json::{Map, Value};

use crate::client::options::ClientOptions;
use crate::declare::entry::Field;
use crate::parse::{is_other_spelling, slip};
use crate::providers::{known_fields, Provider};
use crate::request::{
    BatchRequest, CallOptions, EmbedRequest, LlmRequest, ModelsRequest, Operation, RerankRequest,
};
use crate::stream::task::Task;

/// So many are reported.
const SLIPS_MAX: usize = 16;

/// What other libraries call a field of ours, in words that are not near it.
const MEANT: &[(&str, &str)] = &[
    ("api_base", "base_url"),
    ("connection_timeout", "connect_timeout_ms"),
    ("extra_headers", "headers"),
    ("maxOutputTokens", "max_tokens"),
    ("num_retries", "retries_max"),
    ("read_timeout", "idle_timeout_ms"),
    ("request_timeout", "total_timeout_ms"),
    ("retries", "retries_max"),
    ("stop_sequence", "stop"),
    ("stopSequences", "stop"),
    ("timeout", "total_timeout_ms"),
];
/// Words behind a name that say in what it is counted.
const UNITS: [&str; 7] = [
    "_ms",
    "_s",
    "_sec",
    "_secs",
    "_seconds",
    "_milliseconds",
    "_millis",
];

/// A warning for each field of a request that is a slip.
pub(super) fn warnings(task: &Task, provider: &dyn Provider) -> Vec<String> {
    let mut found = Vec::new();
    let (extra, declared): (_, fn() -> Vec<Field>) = match task {
        Task::Chat(request) | Task::CountTokens(request) => (&request.extra, LlmRequest::declared),
        Task::Embed(piece) => (&piece.request.extra, EmbedRequest::declared),
        Task::Rerank(request) => (&request.extra, RerankRequest::declared),
        Task::Models(piece) => (&piece.request.extra, ModelsRequest::declared),
        Task::Batch(piece) => (&piece.request.extra, BatchRequest::declared),
        // It was looked at before it was encoded.
        Task::Sent(_) => return found,
    };
    of_request(extra, provider, task.operation(), declared, &mut found);
    if let Task::Chat(request) | Task::CountTokens(request) = task {
        nested::find(request, &mut found);
    }
    found
}

fn of_request(
    extra: &Map<String, Value>,
    provider: &dyn Provider,
    operation: Operation,
    declared: fn() -> Vec<Field>,
    found: &mut Vec<String>,
) {
    let is_unknown =
        |name: &&String| !known_fields::is_known(provider.name(), provider.wire(), name);
    let mut unknown = extra.keys().filter(is_unknown).peekable();
    // The usual end: nothing is unknown, and no list of names has to be made.
    if unknown.peek().is_none() {
        return;
    }
    let shared = match operation {
        Operation::Chat | Operation::CountTokens => known_fields::SHARED,
        _ => &[],
    };
    let of_client = ClientOptions::declared();
    let ours = declared()
        .into_iter()
        .chain(of_client)
        .map(|field| field.name);
    let names: Vec<&str> = ours.chain(shared.iter().copied()).collect();
    // One of ours may go to the provider under its own name: OpenRouter's object `provider`.
    for name in unknown.filter(|name| !names.contains(&name.as_str())) {
        if let Some(meant) = meant(name, &names) {
            let is_of_client = ClientOptions::has(meant) && !CallOptions::has(meant);
            let owner = if is_of_client {
                ", which is an option of the client"
            } else {
                ""
            };
            let what = "is unknown here and was sent as it is; did you mean";
            push(found, format!("\"{name}\" {what} \"{meant}\"{owner}?"));
        }
    }
}

/// The name that was meant: of another library, with another unit or without one, or misspelled.
fn meant<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let of_others = |written: &str| {
        let mut known = MEANT.iter();
        let found = known.find(|(other, _)| is_other_spelling(written, other))?;
        names.iter().copied().find(|ours| *ours == found.1)
    };
    let bare = without_unit(name);
    let found = of_others(name).or_else(|| of_others(bare));
    let found = found.or_else(|| slip(name, names.iter().copied()));
    found.or_else(|| {
        let mut with_unit = names
            .iter()
            .copied()
            .filter(|ours| without_unit(ours) != *ours);
        with_unit.find(|ours| slip(bare, std::iter::once(without_unit(ours))).is_some())
    })
}

fn without_unit(name: &str) -> &str {
    let mut units = UNITS.iter();
    let bare = units.find_map(|unit| name.strip_suffix(unit));
    bare.filter(|bare| !bare.is_empty()).unwrap_or(name)
}

fn push(found: &mut Vec<String>, warning: String) {
    if found.len() < SLIPS_MAX {
        found.push(warning);
    }
}

#[cfg(all(test, feature = "openai"))]
mod tests;
