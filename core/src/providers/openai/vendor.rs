//! What a row of the table of vendors can express. Types only; the rows are in `vendors`.

use crate::providers::tool_calls::request_ids::CallIdRule;

/// One server, or one family of servers.
#[derive(Debug)]
pub(crate) struct Vendor {
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
    /// The name of `seed`.
    pub(crate) seed: &'static str,
    /// Values of `tool_choice` that have another name: ours, theirs.
    pub(crate) tool_choices: &'static [(&'static str, &'static str)],
    /// Has the role `developer`; elsewhere it goes out as `system`.
    pub(crate) knows_developer: bool,
    /// How reasoning goes back with the message that it belongs to.
    pub(crate) reasoning: Reasoning,
    /// Fields that a reply may have beside role, content and calls, where others are an error.
    pub(crate) reply_fields: Option<&'static [&'static str]>,
    /// Takes a null beside calls where a reply has no text; elsewhere that is an empty text.
    pub(crate) takes_null_content: bool,
    /// Takes a reply without text; elsewhere such a turn is left out.
    pub(crate) takes_empty_replies: bool,
    /// Kinds of content parts in an assistant's message, beside those that all know.
    pub(crate) parts: &'static [&'static str],
    /// Takes a list of texts wherever it takes a text; elsewhere such a list goes out as one text.
    pub(crate) takes_text_lists: bool,
    /// A tool has to have parameters, if only an empty object.
    pub(crate) needs_parameters: bool,
    /// Fields that it refuses with an error.
    pub(crate) refuses: &'static [&'static str],
    /// Where its Responses API is, by the base URL: what is appended to it, and nothing where it is
    /// not. Empty: it has none.
    pub(crate) responses: &'static [(Base, &'static str)],
    /// Models that its own endpoint has in the Responses API alone: names, before what a dash adds.
    pub(crate) responses_only: &'static [&'static str],
}

impl Vendor {
    /// Whether its own endpoint has a model in the Responses API alone.
    pub(crate) fn has_only_in_responses(&self, model: &str) -> bool {
        let is_of = |name: &&str| {
            let rest = model.strip_prefix(*name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.responses_only.iter().any(is_of)
    }
}

/// How the key goes out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyHeader {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// `api-key: KEY`.
    ApiKey,
    /// In a gateway's header of this name, in lower case, behind these words; Authorization is left
    /// to the server behind it.
    Gateway(&'static str, &'static str),
}

/// Where requests go, by the base URL, and what differs between the APIs there.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) base: Base,
    /// Appended to the base URL; `{model}` is the model's name. The query of the base URL holds
    /// over what stands here.
    pub(crate) path: &'static str,
    pub(crate) limit: Limit,
    pub(crate) stream_options: StreamOptions,
    /// The first `api-version`, which is a date, that takes the newer name of the limit and
    /// `stream_options`; older ones refuse both with an error.
    pub(crate) since: &'static str,
    /// What an id of a tool call may be.
    pub(crate) call_ids: CallIdRule,
}

/// Which base URL an endpoint is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base {
    /// The provider's own.
    Own,
    /// Its host is this one or belongs to it.
    Host(&'static str),
    /// Its path ends so.
    Ends(&'static str),
    /// Its path holds this.
    Holds(&'static str),
    /// Any.
    Any,
}

/// The name of the limit of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// `max_tokens`: the newer name is unknown, and an error or without effect.
    Old,
    /// `max_completion_tokens`: the older name is refused, or on its way out.
    New,
    /// Either, so that the one which the caller wrote goes out.
    Written,
}

/// Whether the request of a stream adds the option for usage, which the caller did not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamOptions {
    /// Yes.
    Sent,
    /// No, and the caller's own option is not sent either: usage always comes.
    Refused,
}

/// How a provider takes its reasoning back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reasoning {
    /// Not at all.
    Forgotten,
    /// Its text, in these fields of the message: servers of several ages read different ones.
    Text(&'static [&'static str]),
    /// Its entries as they came, in this field of the message.
    Entries(&'static str),
    /// As a part of the content, which is of this kind.
    Part(&'static str),
}
