//! One client for every LLM provider: one request, one stream of events, one list of errors.
//!
//! ```no_run
//! use futures_util::StreamExt;
//! use liter_llm::{Client, ClientOptions, Event, LlmRequest, Message};
//!
//! # async fn example() -> Result<(), liter_llm::LlmError> {
//! let client = Client::new(ClientOptions::from_json(r#"{"provider":"openai"}"#)?)?;
//! let request = LlmRequest::new("gpt-4o-mini", vec![Message::user("Explain Rust ownership")]);
//! let mut stream = client.stream(request);
//! while let Some(event) = stream.next().await {
//!     match event {
//!         Event::Text(text) => print!("{text}"),
//!         Event::End(receipt) => println!("\n{:?}", receipt.outcome),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A stream ends exactly once, with [`Event::End`], and its receipt has the outcome: a cut
//! connection is never success. Dropping a stream closes its connection. Everything runs on the
//! caller's tokio runtime (with its timers and I/O enabled); the library's own threads are those of
//! name lookups, at most four for each [`Http`].

#![forbid(unsafe_code)]

mod client;
mod declare;
mod error;
mod event;
mod framing;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod json;
mod limited_buffer;
mod mutex;
mod parse;
mod platform;
mod prefetch;
mod providers;
mod request;
#[doc(hidden)]
pub mod schema;
mod script;
mod secret;
mod sleep;
mod stream;

pub use client::log_record::LogRecord;
pub use client::options::{ClientOptions, LogLevel, PacingMode};
pub use client::Client;
pub use error::{ErrorKind, LlmError, Phase, Timer, DETAIL_BYTES_MAX, MESSAGE_BYTES_MAX};
pub use event::{
    CountTokensResponse, EmbedResponse, Event, EventBatch, EventKind, EventRef, FinishReason,
    InputTokens, LlmResponse, Model, ModelsResponse, Outcome, Pieces, ProviderStats, Receipt,
    RerankResponse, RerankResult, RunRef, Start, Stats, Timings, ToolCall, ToolDelta, Tried, Usage,
    Vectors,
};
pub use http::{Http, HttpOptions, TapeMode, TapeOptions, TapePace};
pub use prefetch::Prefetch;
pub use request::{
    AnyRequest, ApiKey, Auth, BatchAction, BatchRequest, BatchRow, CallKeys, CallLimits,
    CallOptions, CloudOptions, Content, ContentPart, EmbedInput, EmbedRequest, Fallback, Fallbacks,
    Function, FunctionCall, KeyFuture, KeyMaterial, KeyReason, KeyRequest, KeySource, LlmRequest,
    Message, MessageToolCall, ModelsRequest, Operation, RerankDocument, RerankRequest, Role,
    RowRequest, ScriptRequest, StatsRequest, Tool,
};
pub use script::{Script, ScriptAnswer, ScriptCondition, ScriptError};
pub use secret::Secret;
pub use stream::LlmStream;
