//! What a model's name shows of it: its generation, by which requests differ. Owns how names are
//! parsed; a name that shows nothing counts as the newest where that is safe.

use super::Service;

/// A generation, such as 2.5.
type Generation = (u32, u32);

/// Whom a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model<'m> {
    pub(super) service: Service,
    /// The last part of the name.
    pub(super) name: &'m str,
    generation: Option<Generation>,
}

impl<'m> Model<'m> {
    pub(super) fn new(service: Service, model: &'m str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        Self {
            service,
            name,
            generation: generation_of(name),
        }
    }

    /// At least this generation.
    pub(super) fn since(self, generation: Generation) -> bool {
        self.generation.is_some_and(|own| own >= generation)
    }

    /// Before this generation, as far as the name shows.
    pub(super) fn before(self, generation: Generation) -> bool {
        self.is_gemma() || self.generation.is_some_and(|own| own < generation)
    }

    pub(super) fn is_gemma(self) -> bool {
        self.name.starts_with("gemma")
    }

    /// Whether calls and results carry ids: the Gemini API takes them, older models on Vertex AI
    /// refuse them as unknown (langchain-ai/langchainjs#10292, BerriAI/litellm#34603).
    pub(super) fn takes_call_ids(self) -> bool {
        self.service == Service::Gemini || self.since((3, 0))
    }
}

/// The first part that is a number; names that follow the newest model have none.
fn generation_of(name: &str) -> Option<Generation> {
    let rest = name.strip_prefix("gemini-")?;
    let number = |part: &str| {
        let (major, minor) = part.split_once('.').unwrap_or((part, "0"));
        let major = major.parse().ok().filter(|major| *major < 100)?;
        Some((major, minor.parse().ok()?))
    };
    let found = rest.split('-').find_map(number);
    found.or_else(|| rest.ends_with("latest").then_some((3, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_generations() {
        let rows = [
            ("gemini-3-pro-preview", Some((3, 0))),
            ("gemini-3.1-pro", Some((3, 1))),
            ("gemini-2.5-flash-lite", Some((2, 5))),
            ("gemini-2.0-flash-001", Some((2, 0))),
            ("gemini-robotics-er-1.5-preview", Some((1, 5))),
            ("gemini-flash-latest", Some((3, 0))),
            ("gemini-exp-1206", None),
            ("gemma-3-27b-it", None),
            ("1234567890", None),
        ];
        for (name, expected) in rows {
            assert_eq!(generation_of(name), expected, "{name}");
        }
        let model = Model::new(Service::Vertex, "publishers/google/models/gemini-2.5-pro");
        assert!(model.since((2, 5)) && model.before((3, 0)) && !model.takes_call_ids());
    }
}
