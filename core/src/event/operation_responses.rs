//! What the events of an operation beside chat add up to, for Rust programs. Pure.

use serde_json::{Map, Value};

use super::{Event, InputTokens, Model, Receipt, RerankResult, Start};

/// The vectors of a request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EmbedResponse {
    /// Who responded; of several HTTP requests the first.
    pub start: Start,
    /// All numbers, vector behind vector, in the order of the inputs.
    pub values: Vec<f32>,
    /// Numbers in each vector; 0 where there is none.
    pub dimensions: usize,
    /// How it ended; of a part of the vectors, `finished_ranges` says which inputs they belong to.
    pub receipt: Receipt,
}

/// The documents of a request by how well they answer its query.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RerankResponse {
    /// Who responded.
    pub start: Start,
    /// Best first.
    pub results: Vec<RerankResult>,
    /// How it ended.
    pub receipt: Receipt,
}

/// The models of a provider.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ModelsResponse {
    /// Who responded.
    pub start: Start,
    /// Those of all pages.
    pub models: Vec<Model>,
    /// How it ended.
    pub receipt: Receipt,
}

/// How many tokens a request has.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CountTokensResponse {
    /// Who responded.
    pub start: Start,
    /// The provider's count.
    pub tokens: InputTokens,
    /// How it ended.
    pub receipt: Receipt,
}

impl EmbedResponse {
    /// How many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.dimensions.max(1)
    }

    /// Whether there is no vector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Each vector.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.dimensions.max(1))
    }

    /// One vector.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[f32]> {
        let start = index.checked_mul(self.dimensions)?;
        self.values.get(start..start.checked_add(self.dimensions)?)
    }

    /// Adds the next event. The numbers of a call that was one HTTP request are moved.
    pub(crate) fn push(&mut self, event: Event) {
        match event {
            Event::Start(start) => self.start = *start,
            Event::Vectors(vectors) => {
                self.dimensions = vectors.dimensions();
                match self.values.is_empty() {
                    true => self.values = vectors.into_values(),
                    false => self.values.extend_from_slice(vectors.values()),
                }
            }
            Event::End(receipt) => self.receipt = *receipt,
            _ => {}
        }
    }
}

/// What is common to the operations that find one result.
#[derive(Debug, Default)]
pub(crate) struct Found {
    start: Start,
    result: Map<String, Value>,
    pub(crate) receipt: Receipt,
}

impl Found {
    pub(crate) fn push(&mut self, event: Event) {
        match event {
            Event::Start(start) => self.start = *start,
            Event::Result(result) => self.result = result,
            Event::End(receipt) => self.receipt = *receipt,
            _ => {}
        }
    }

    fn objects(&mut self, name: &str) -> Vec<Map<String, Value>> {
        let Some(Value::Array(list)) = self.result.shift_remove(name) else {
            return Vec::new();
        };
        let objects = list.into_iter().filter_map(|value| match value {
            Value::Object(object) => Some(object),
            _ => None,
        });
        objects.collect()
    }

    pub(crate) fn into_rerank(mut self) -> RerankResponse {
        let results = self.objects("results").into_iter();
        RerankResponse {
            results: results.map(RerankResult::from_fields).collect(),
            start: self.start,
            receipt: self.receipt,
        }
    }

    pub(crate) fn into_models(mut self) -> ModelsResponse {
        let models = self.objects("models").into_iter();
        ModelsResponse {
            models: models.map(Model::from_fields).collect(),
            start: self.start,
            receipt: self.receipt,
        }
    }

    pub(crate) fn into_count(self) -> CountTokensResponse {
        CountTokensResponse {
            tokens: InputTokens::from_fields(self.result),
            start: self.start,
            receipt: self.receipt,
        }
    }
}
