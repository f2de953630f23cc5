//! Batches: requests that a provider answers within a day. Owns the steps of a call, each of which
//! is one HTTP request, and what a response to one leads to. A form is a file of its own; what a
//! row asks and how its answer is decoded is the codecs' of chats and embeddings. Pure.

mod anthropic;
mod fields;
mod gemini;
mod gemini_submission;
pub(crate) mod handle;
mod lines;
mod mistral;
mod multipart;
mod openai;
mod place;
mod results;
mod rows;
mod state;
#[cfg(all(
    test,
    feature = "openai",
    feature = "openai_responses",
    feature = "anthropic",
    feature = "gemini"
))]
mod tests;
mod xai;

use std::fmt::Debug;
use std::ops::Range;

use serde_json::{Map, Value};

use super::Target;
use crate::error::LlmError;
use crate::providers::{EncodedRequest, Provider};
use crate::request::{BatchAction, BatchRequest};

/// The label by which a batch is found that was submitted while its answer was lost.
pub(crate) const MARK: &str = "liter_batch";

/// One HTTP request of a call about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The rows go up as a file.
    Upload,
    /// The batch is made; of a file, where there is one.
    Create {
        file: Option<String>,
    },
    /// These rows go into the batch.
    Add {
        batch: String,
        rows: Range<usize>,
    },
    Status {
        batch: String,
    },
    Cancel {
        batch: String,
    },
    /// A page of the list; `None` is the first.
    List {
        page: Option<String>,
    },
    /// Where the results are.
    Look {
        batch: String,
    },
    /// Results, one in each line.
    Lines {
        file: String,
    },
    /// A page of results.
    Page {
        batch: String,
        token: Option<String>,
    },
}

impl Step {
    /// A second one would be another batch, or rows that are paid twice.
    pub(crate) fn is_submission(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Add { .. })
    }

    /// The response is results, one in each line.
    pub(crate) fn is_lines(&self) -> bool {
        matches!(self, Self::Lines { .. })
    }
}

/// What a step is encoded from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The codec of the rows.
    pub(crate) provider: &'static dyn Provider,
    pub(crate) request: &'a BatchRequest,
    /// What `MARK` is set to.
    pub(crate) mark: &'a str,
    pub(crate) target: &'a Target<'a>,
}

/// What a response is decoded with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) provider: &'static dyn Provider,
    pub(crate) request: &'a BatchRequest,
    pub(crate) text: &'a str,
}

/// What a response leads to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// States of batches, or results of rows.
    pub(crate) results: Vec<Map<String, Value>>,
    /// What is to be done next.
    pub(crate) steps: Vec<Step>,
    /// The id of the batch that was made.
    pub(crate) made: Option<String>,
}

impl Answer {
    fn then(step: Step) -> Self {
        Self {
            steps: vec![step],
            ..Self::default()
        }
    }

    fn of(results: Vec<Map<String, Value>>) -> Self {
        Self {
            results,
            ..Self::default()
        }
    }
}

/// The batches of a provider.
pub(crate) trait Batches: Sync + Debug {
    /// The first step of `submit`.
    fn submit(&self, _request: &BatchRequest) -> Step {
        Step::Create { file: None }
    }

    /// The first step of `results`.
    fn results(&self, batch: String) -> Step {
        Step::Look { batch }
    }

    /// Encodes a step. The first step of a submission also finds what is wrong in any row.
    fn encode(&self, step: &Step, asked: &Asked<'_>) -> Result<EncodedRequest, LlmError>;

    /// Decodes a response that came whole.
    fn decode(&self, step: &Step, answered: &Answered<'_>) -> Result<Answer, LlmError>;

    /// Decodes one line of results.
    fn line(&self, answered: &Answered<'_>) -> Result<Map<String, Value>, LlmError>;
}

/// The batches of a provider.
pub(crate) fn of(provider: &str) -> Option<&'static dyn Batches> {
    Some(match provider {
        "openai" | "azure" | "groq" => &openai::OpenAi,
        "anthropic" => &anthropic::Anthropic,
        "gemini" => &gemini::Gemini,
        "mistral" => &mistral::Mistral,
        "xai" => &xai::Xai,
        _ => return None,
    })
}

/// The first step of a call.
pub(crate) fn first(codec: &dyn Batches, request: &BatchRequest, batch: String) -> Step {
    match request.action {
        BatchAction::Submit => codec.submit(request),
        BatchAction::Status => Step::Status { batch },
        BatchAction::Results => codec.results(batch),
        BatchAction::Cancel => Step::Cancel { batch },
        BatchAction::List => Step::List { page: None },
    }
}
