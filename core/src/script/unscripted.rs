//! What provider `script` answers without a script: a chat gets its last message back, an input a
//! vector made of its letters, a document the share of the query's words that it has. So a program
//! can be tried without a key. Owns also which answer fits which operation. Pure.

use serde_json::{json, Map, Value};

use super::answer::{Pieces, ScriptAnswer};
use super::playlist::Asked;
use super::rendered::Rendered;
use crate::error::{invalid_request, LlmError};
use crate::request::Operation;

/// Numbers of a vector where the request names no length.
const DIMENSIONS: usize = 8;
/// Longest vector that is made up.
const DIMENSIONS_MAX: u64 = 16_384;

impl ScriptAnswer {
    /// The answer where there is no script.
    pub(crate) fn unscripted(asked: &Asked<'_>) -> Self {
        match asked.operation {
            Operation::Chat => Self {
                text: Some(Pieces::words(&asked.last_text())),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// What it plays for a request; an error where it says nothing of what was asked.
    pub(crate) fn play(&self, asked: &Asked<'_>) -> Result<Rendered, LlmError> {
        let operation = asked.operation;
        if operation == Operation::Chat {
            return Ok(self.chat(asked.is_streamed));
        }
        if let Some(failure) = self.failure() {
            return Ok(failure);
        }
        let body = match operation {
            Operation::Embed => self.embedded(asked)?,
            Operation::Rerank => self.ranked(asked)?,
            Operation::Models => self.models(asked),
            _ => self.counted()?,
        };
        let mut body = body.as_object().cloned().unwrap_or_default();
        let model = self.model.as_deref().map(Value::from);
        let usage = self.usage.clone().map(Value::Object);
        let id = self.id.as_deref().map(Value::from);
        for (name, value) in [("model", model), ("usage", usage), ("id", id)] {
            body.extend(value.map(|value| (name.to_owned(), value)));
        }
        Ok(self.document(body))
    }

    /// Whether it says something, and not what is asked for.
    fn is_of_another(&self, field: &str) -> Result<(), LlmError> {
        let has_other = self.has_content()
            || self.embeddings.is_some()
            || self.scores.is_some()
            || self.models.is_some()
            || self.input_tokens.is_some();
        match has_other {
            true => Err(invalid_request(format!(
                "the next answer of the script has no {field}, which this request is for"
            ))),
            false => Ok(()),
        }
    }

    fn embedded(&self, asked: &Asked<'_>) -> Result<Value, LlmError> {
        let vectors = match &self.embeddings {
            Some(vectors) => vectors.0.clone(),
            None => {
                self.is_of_another("embeddings")?;
                let length = asked.json().get("dimensions").and_then(Value::as_u64);
                let length = length.map(|length| length.min(DIMENSIONS_MAX));
                let length = length.and_then(|length| usize::try_from(length).ok());
                let texts = asked.texts("input");
                let length = length.unwrap_or(DIMENSIONS);
                texts.iter().map(|text| vector(text, length)).collect()
            }
        };
        let data = vectors.iter().enumerate();
        let data = data.map(|(index, vector)| json!({"index": index, "embedding": vector}));
        Ok(json!({ "data": data.collect::<Vec<_>>() }))
    }

    fn ranked(&self, asked: &Asked<'_>) -> Result<Value, LlmError> {
        let scores = match &self.scores {
            Some(scores) => scores.0.clone(),
            None => {
                self.is_of_another("scores")?;
                let query = asked.texts("query").concat();
                let documents = asked.texts("documents");
                documents.iter().map(|text| share(&query, text)).collect()
            }
        };
        let results = scores.iter().enumerate();
        let results =
            results.map(|(index, score)| json!({"index": index, "relevance_score": score}));
        Ok(json!({ "results": results.collect::<Vec<_>>() }))
    }

    fn models(&self, asked: &Asked<'_>) -> Value {
        let models = match &self.models {
            Some(models) => models.clone(),
            None => vec![Value::from(match asked.model {
                "" => "echo",
                model => model,
            })],
        };
        let models = models.into_iter().map(|model| match model {
            Value::String(name) => json!({ "id": name }),
            other => other,
        });
        json!({ "data": models.collect::<Vec<_>>() })
    }

    fn counted(&self) -> Result<Value, LlmError> {
        match self.input_tokens {
            Some(count) => Ok(json!({ "input_tokens": count })),
            None => Err(invalid_request(
                "the script has no input_tokens for this request; a count is never guessed",
            )),
        }
    }
}

/// A vector of length 1 that is the same for the same text, and nothing else.
fn vector(text: &str, length: usize) -> Vec<f64> {
    // FNV-1a, then a generator that it seeds.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut random = fastrand::Rng::with_seed(hash);
    let numbers: Vec<f64> = (0..length).map(|_| random.f64() * 2.0 - 1.0).collect();
    let norm = numbers.iter().map(|it| it * it).sum::<f64>().sqrt();
    let norm = if norm > 0.0 { norm } else { 1.0 };
    numbers.iter().map(|it| it / norm).collect()
}

/// Which share of the query's words a text has.
fn share(query: &str, text: &str) -> f64 {
    let text = text.to_lowercase();
    let words = || query.split_whitespace().map(str::to_lowercase);
    let found = words().filter(|word| text.contains(word.as_str())).count();
    found as f64 / words().count().max(1) as f64
}

/// The fields of a request as they are seen, with what it is for.
pub(super) fn seen(operation: Operation, body: &[u8]) -> Map<String, Value> {
    let body = serde_json::from_slice(body).unwrap_or_default();
    let mut seen = Map::from_iter([("operation".to_owned(), operation.name().into())]);
    if let Value::Object(fields) = body {
        seen.extend(fields);
    }
    seen
}
