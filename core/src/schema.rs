//! The list for all languages: options, fields, kinds and names as they are declared in this crate,
//! in the form of `core/schema/schema.json`. Owns that form and nothing else; bindings, the header
//! and the guide are made from it or compared with it.

use serde_json::{json, Map, Value};

use crate::client::log_record::LogRecord;
use crate::client::options::{ClientOptions, LogLevel};
pub use crate::declare::entry::{Field, Kind, Name};
use crate::error::{ErrorKind, LlmError, Phase, Timer};
use crate::event::{
    EventKind, FinishReason, InputTokens, Model, Outcome, ProviderStats, Receipt, RerankResult,
    Start, Stats, Timings, ToolCall, ToolDelta, Tried, Usage,
};
use crate::http::{TapeMode, TapeOptions, TapePace};
use crate::providers;
use crate::request::{
    Auth, BatchAction, BatchRequest, CallOptions, EmbedRequest, KeyReason, KeyRequest, LlmRequest,
    ModelsRequest, Operation, RerankRequest, Role, ScriptRequest, REQUIRED,
};
use crate::script::{ScriptAnswer, ScriptCondition, ScriptError};

/// Version of the C header: it grows when something is added.
pub const ABI_VERSION: u32 = 4;

/// What a call may set and no client.
const CALL_ONLY: [&str; 1] = ["extra_body"];

/// The whole list.
#[must_use]
pub fn document() -> Value {
    let options = ClientOptions::declared();
    let is_option = |field: &Field| options.iter().any(|option| option.name == field.name);
    let (call_options, request_fields): (Vec<_>, Vec<_>) = LlmRequest::declared()
        .into_iter()
        .partition(|field| is_option(field) || CALL_ONLY.contains(&field.name));
    let client_option = |field: &Field| entry(field, "default", field.default.clone());
    let call_option = |field: &Field| entry(field, "inherits", is_option(field).into());
    // Tests use it, through what each language has for them.
    let is_for_users = |name: &&Name| name.name != Operation::Script.name();
    let declared = Operation::declared();
    let operations = declared.iter().filter(is_for_users);
    let required = |field: &Field| entry(field, "required", REQUIRED.contains(&field.name).into());
    json!({
        "about": "Generated from the declarations in core/src by make schema; do not edit.",
        "abi_version": ABI_VERSION,
        "client_options": options.iter().map(client_option).collect::<Vec<_>>(),
        "call_options": call_options.iter().map(call_option).collect::<Vec<_>>(),
        "request_fields": request_fields.iter().map(required).collect::<Vec<_>>(),
        "operations": operations.map(operation).collect::<Vec<_>>(),
        "batch_actions": names(BatchAction::declared()),
        "roles": names(Role::declared()),
        "error_kinds": names(error_kinds()),
        "event_kinds": names(event_kinds()),
        "start_fields": fields(Start::declared()),
        "tool_delta_fields": fields(ToolDelta::declared()),
        "tool_call_fields": fields(ToolCall::declared()),
        "rerank_result_fields": fields(RerankResult::declared()),
        "model_fields": fields(Model::declared()),
        "input_tokens_fields": fields(InputTokens::declared()),
        "stats_fields": fields(Stats::declared()),
        "provider_stats_fields": fields(ProviderStats::declared()),
        "key_fields": fields(KeyRequest::declared()),
        "receipt_fields": fields(Receipt::declared()),
        "timing_fields": fields(Timings::declared()),
        "tried_fields": fields(Tried::declared()),
        "usage_fields": fields(Usage::declared()),
        "error_fields": fields(LlmError::declared()),
        "outcomes": names(Outcome::declared()),
        "finish_reasons": names(FinishReason::declared()),
        "phases": names(Phase::declared()),
        "timers": names(Timer::declared()),
        "tape_fields": TapeOptions::declared().iter().map(client_option).collect::<Vec<_>>(),
        "tape_modes": names(TapeMode::declared()),
        "tape_paces": names(TapePace::declared()),
        "script_request_fields": fields(own_fields(ScriptRequest::declared())),
        "script_answer_fields": fields(ScriptAnswer::declared()),
        "script_error_fields": fields(ScriptError::declared()),
        "script_condition_fields": fields(ScriptCondition::declared()),
        "key_reasons": names(KeyReason::declared()),
        "auths": names(Auth::declared()),
        "log_levels": names(LogLevel::declared()),
        "log_fields": fields(LogRecord::declared()),
        "providers": providers::first_apis().map(provider).collect::<Vec<_>>(),
    })
}

/// The text of the committed file.
#[must_use]
pub fn render() -> String {
    format!("{:#}\n", document())
}

/// Every kind of error, with the number that the C header has for it.
#[must_use]
pub fn error_kinds() -> Vec<Name> {
    ErrorKind::declared()
}

/// Every kind of event, with the number that the C header has for it.
#[must_use]
pub fn event_kinds() -> Vec<Name> {
    EventKind::declared()
}

/// An operation with its own fields: those that are not options of every call. A chat and the
/// counting of its tokens have `request_fields`.
fn operation(name: &Name) -> Value {
    let (declared, required): (_, &[&str]) = match name.name {
        "embed" => (EmbedRequest::declared(), &EmbedRequest::REQUIRED),
        "rerank" => (RerankRequest::declared(), &RerankRequest::REQUIRED),
        "models" => (ModelsRequest::declared(), &[]),
        "batch" => (BatchRequest::declared(), &BatchRequest::REQUIRED),
        _ => (Vec::new(), &[]),
    };
    let own = own_fields(declared);
    let own = own.iter();
    let own = own.map(|field| entry(field, "required", required.contains(&field.name).into()));
    let own: Vec<_> = own.collect();
    let mut entry = Map::new();
    entry.insert("name".to_owned(), name.name.into());
    entry.insert("fields".to_owned(), own.into());
    finish(entry, &name.description)
}

/// Those that are not options of every call.
fn own_fields(mut fields: Vec<Field>) -> Vec<Field> {
    fields.retain(|field| !CallOptions::has(field.name) && !CALL_ONLY.contains(&field.name));
    fields
}

fn fields(fields: Vec<Field>) -> Vec<Value> {
    let entries = fields
        .iter()
        .map(|field| finish(begin(field), &field.description));
    entries.collect()
}

/// A field with one fact more.
fn entry(field: &Field, fact: &str, value: Value) -> Value {
    let mut entry = begin(field);
    entry.insert(fact.to_owned(), value);
    finish(entry, &field.description)
}

fn begin(field: &Field) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), field.name.into());
    entry.insert("type".to_owned(), field.kind.type_name().into());
    if let Some(unit) = field.kind.unit() {
        entry.insert("unit".to_owned(), unit.into());
    }
    entry
}

fn names(names: Vec<Name>) -> Vec<Value> {
    let entries = names.iter().map(|name| {
        let mut entry = Map::new();
        entry.insert("name".to_owned(), name.name.into());
        if let Some(number) = name.number {
            entry.insert("number".to_owned(), number.into());
        }
        if let Some(note) = name.note {
            entry.insert("retried".to_owned(), note.into());
        }
        finish(entry, &name.description)
    });
    entries.collect()
}

fn finish(mut entry: Map<String, Value>, description: &str) -> Value {
    entry.insert("description".to_owned(), description.into());
    Value::Object(entry)
}

fn provider(provider: &'static dyn providers::Provider) -> Value {
    let base_url = Some(provider.base_url()).filter(|url| !url.is_empty());
    json!({
        "name": provider.name(),
        "apis": providers::apis(provider.name()),
        "wire": provider.wire(),
        "base_url": base_url,
        "base_url_variable": provider.base_url_variable(),
        "key_variables": provider.key_variables(),
        "needs_key": provider.needs_key(),
        "operations": providers::operations::names(provider),
    })
}
