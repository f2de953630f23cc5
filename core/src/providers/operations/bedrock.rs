//! What the operations of Bedrock share: where a model is, and whose it is.

use crate::providers::percent_encoding::encoded;

pub(super) const NAME: &str = "bedrock";

/// Whose form a model's requests have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Cohere,
    Nova,
    Titan,
    Other,
}

impl Maker {
    pub(super) fn of(model: &str) -> Self {
        match model {
            model if model.contains("cohere.") => Self::Cohere,
            model if model.contains("amazon.nova") => Self::Nova,
            model if model.contains("amazon.titan") => Self::Titan,
            _ => Self::Other,
        }
    }
}

/// The path of an operation of a model, whose name may be an ARN.
pub(super) fn path(model: &str, operation: &str) -> String {
    format!("/model/{}/{operation}", encoded(model))
}
