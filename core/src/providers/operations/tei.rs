//! What the operations of Text Embeddings Inference share: how too long texts are cut.

use super::body::Body;
use crate::error::LlmError;
use crate::providers::unsupported::Unsupported;

/// Whether and where too long texts are cut.
pub(super) fn put_truncate(
    truncate: Option<&str>,
    body: &mut Body<'_>,
    unsupported: &mut Unsupported<'_>,
) -> Result<(), LlmError> {
    match truncate {
        None => Ok(()),
        Some("none") => {
            body.put("truncate", false);
            Ok(())
        }
        Some(end @ ("start" | "end")) => {
            body.put("truncate", true);
            let direction = if end == "end" { "Right" } else { "Left" };
            body.put("truncation_direction", direction);
            Ok(())
        }
        Some(_) => unsupported.refuse("truncate", "it is none of \"none\", \"start\" and \"end\""),
    }
}
