//! What providers can do about texts that are too long. Owns how each is told which end to cut off;
//! the words are those of a request's `truncate`.

use super::body::Body;
use crate::error::LlmError;
use crate::providers::unsupported::Unsupported;

/// What one provider can do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Truncate {
    /// It refuses them.
    Never,
    /// It cuts off their end, and cannot be told otherwise.
    Always,
    /// A flag of this name cuts off the end.
    Flag(&'static str),
    /// A field of this name, with one of our words in capitals.
    Named(&'static str),
    /// A limit and a side, as vLLM has them.
    Side,
    /// The limit alone, as vLLM has it for reranking.
    Limit,
    /// A flag and a direction, as Text Embeddings Inference has them.
    Direction,
}

impl Truncate {
    pub(super) fn put(
        self,
        word: Option<&str>,
        body: &mut Body<'_>,
        unsupported: &mut Unsupported<'_>,
    ) -> Result<(), LlmError> {
        // What vLLM's models can take.
        const ALL: i64 = -1;
        let Some(word) = word else {
            return Ok(());
        };
        let is_end = word == "end";
        let why = match (self, word) {
            (_, word) if !["none", "start", "end"].contains(&word) => {
                Some("it is none of \"none\", \"start\" and \"end\"")
            }
            (Self::Never | Self::Side | Self::Limit, "none") | (Self::Always, "end") => None,
            (Self::Never, _) => Some("the provider refuses what is too long"),
            (Self::Always, _) => Some("the provider cuts off the end"),
            (Self::Flag(_) | Self::Limit, "start") => {
                Some("the provider cuts off the end, or nothing")
            }
            (Self::Flag(name), _) => {
                body.put(name, is_end);
                None
            }
            (Self::Named(name), word) => {
                body.put(name, word.to_ascii_uppercase());
                None
            }
            (Self::Side, _) => {
                body.put("truncate_prompt_tokens", ALL);
                body.put("truncation_side", if is_end { "right" } else { "left" });
                None
            }
            (Self::Limit, _) => {
                body.put("truncate_prompt_tokens", ALL);
                None
            }
            (Self::Direction, "none") => {
                body.put("truncate", false);
                None
            }
            (Self::Direction, _) => {
                body.put("truncate", true);
                let direction = if is_end { "Right" } else { "Left" };
                body.put("truncation_direction", direction);
                None
            }
        };
        why.map_or(Ok(()), |why| unsupported.refuse("truncate", why))
    }
}
