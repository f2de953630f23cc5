//! The types and numbers of the C boundary. Owns nothing; all of it is copied into the header.
#![allow(non_camel_case_types)] // the names are C's

use std::ffi::{c_char, c_void};

/// Version of this interface. It grows when something is added and never changes meaning, so a
/// program that was built against version N works with every library of version N or more. A
/// program that loads the library at run time refuses one whose llm_abi_version() is less than
/// this.
pub const LLM_ABI_VERSION: u32 = 4;

/// How something ended: one of LLM_ERROR_*. Numbers are only ever appended; 0 is success.
pub type LlmError = i32;

/// Success.
pub const LLM_ERROR_OK: LlmError = 0;
/// Misuse of this header: NULL, bad UTF-8, a number in use; or a key or header that cannot be sent.
pub const LLM_ERROR_INVALID_ARGUMENT: LlmError = 1;
/// No key, unknown provider or option, unusable base URL, proxy or CA file, an address that is
/// refused, a key that would be sent unencrypted; or the process has no room for the library's
/// threads.
pub const LLM_ERROR_CONFIG: LlmError = 2;
/// The provider or this library rejects the request; the message names the field.
pub const LLM_ERROR_INVALID_REQUEST: LlmError = 3;
/// The provider does not know the key.
pub const LLM_ERROR_AUTHENTICATION: LlmError = 4;
/// The key is known and may not do this.
pub const LLM_ERROR_PERMISSION: LlmError = 5;
/// No such model, deployment or address.
pub const LLM_ERROR_NOT_FOUND: LlmError = 6;
/// Too many requests; retry_after_ms is the wait, if the provider sent one.
pub const LLM_ERROR_RATE_LIMITED: LlmError = 7;
/// The account has no credit left; waiting does not help.
pub const LLM_ERROR_QUOTA_EXCEEDED: LlmError = 8;
/// The provider is out of capacity.
pub const LLM_ERROR_OVERLOADED: LlmError = 9;
/// The provider failed in another way: a 5xx status or an error event inside a stream.
pub const LLM_ERROR_PROVIDER: LlmError = 10;
/// Name lookup or connect failed, or the connection broke before a response.
pub const LLM_ERROR_NETWORK: LlmError = 11;
/// The certificate or the TLS handshake was refused.
pub const LLM_ERROR_TLS: LlmError = 12;
/// A timeout passed; `timer` names it.
pub const LLM_ERROR_TIMEOUT: LlmError = 13;
/// The response is not what the protocol allows.
pub const LLM_ERROR_PROTOCOL: LlmError = 14;
/// The response was cut before its end; what came is valid and incomplete.
pub const LLM_ERROR_TRUNCATED: LlmError = 15;
/// Something passed a limit in bytes, which the message names, the provider's own (413), or the
/// memory there is.
pub const LLM_ERROR_TOO_LARGE: LlmError = 16;
/// The caller cancelled the stream.
pub const LLM_ERROR_CANCELLED: LlmError = 17;
/// The client is closed, or was inherited through fork, or the process is ending.
pub const LLM_ERROR_CLOSED: LlmError = 18;
/// Internal error, a bug in liter_llm.
pub const LLM_ERROR_INTERNAL: LlmError = 19;

/// The response begins. JSON: id, model, provider, request_id, rate_limit, headers, warnings.
pub const LLM_EVENT_START: u32 = 1;
/// A run of text deltas, as it is.
pub const LLM_EVENT_TEXT: u32 = 2;
/// A run of visible reasoning deltas, as it is.
pub const LLM_EVENT_REASONING: u32 = 3;
/// A piece of a tool call. JSON: index, arguments (a piece), and once per call id and name, if the
/// provider gives them; a few send the name in pieces.
pub const LLM_EVENT_TOOL_DELTA: u32 = 4;
/// A whole tool call. JSON: index, id (made here where the provider gives none), name, arguments
/// (the text the model wrote), and extra: its other fields, which belong in the next request.
pub const LLM_EVENT_TOOL_CALL: u32 = 5;
/// Another part of the response. JSON with "type": refusal, citation, logprobs, image, ..., or
/// content: its "content" belongs in the next request's assistant message as it is.
pub const LLM_EVENT_PART: u32 = 6;
/// The end. JSON, the receipt: outcome (complete, truncated, cancelled, failed), finish_reason and
/// finish_reason_raw, usage, attempts, timings, request_id, unknown_events, warnings (what to know
/// about a complete response, such as that the provider gave no reason for its end), what `embed`
/// adds (dimensions, count, truncated, finished_ranges, failed_ranges), requests, and `error`
/// unless complete.
pub const LLM_EVENT_END: u32 = 7;
/// A line of the log, on stream 0. JSON: level, message, and what it is about.
pub const LLM_EVENT_LOG: u32 = 8;
/// Vectors of `embed`, in the order of its inputs: `count` vectors of little-endian 32-bit floats,
/// one behind the other, from an address that is a multiple of 16.
pub const LLM_EVENT_VECTORS: u32 = 9;
/// What `rerank`, `models`, `count_tokens`, `stats` or `batch` found, whole. JSON: results, models,
/// input_tokens; live, queued and providers; or of a `batch` its state, and of the results of a
/// `batch` one for each row.
pub const LLM_EVENT_RESULT: u32 = 10;
/// The stream waits for the key of an attempt: answer with llm_client_answer, see rule 15. JSON:
/// provider, model, attempt (from 1) and reason: first, retry, or rejected when the provider
/// refused the last key.
pub const LLM_EVENT_KEY: u32 = 11;

/// One event. Ignore a kind that you do not know.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct LlmEvent {
    /// The number that llm_client_start was given; 0 for LOG.
    pub stream: u64,
    /// LLM_EVENT_*.
    pub kind: u32,
    /// LLM_ERROR_*; not 0 only on END.
    pub error: LlmError,
    /// TEXT and REASONING: UTF-8 text; VECTORS: floats; everything else: JSON. Not NUL-terminated;
    /// never NULL.
    pub data: *const c_char,
    /// Bytes in data.
    pub length: usize,
    /// TEXT, REASONING and VECTORS: where each of `count` deltas, or vectors, ends in data, in
    /// bytes; else NULL.
    pub ends: *const u32,
    /// Numbers in ends.
    pub count: usize,
}

/// Takes one piece of text: `length` bytes, not NUL-terminated, valid during the call only.
pub type llm_token_callback =
    Option<unsafe extern "C" fn(token: *const c_char, length: usize, ctx: *mut c_void)>;
/// The same type under its older name.
pub type llm_callback = llm_token_callback;
/// The wake callback: llm_client_poll has something. See rule 9.
pub type llm_wake_callback = Option<unsafe extern "C" fn(ctx: *mut c_void)>;

/// A client: its options, its live streams and the queue of their events.
#[derive(Debug)]
pub struct LlmClient {
    _opaque: (),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
