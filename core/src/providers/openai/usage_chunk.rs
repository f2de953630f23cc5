//! The chunk that closes most streams, whose usage is all it has. It is known by its fields alone:
//! a chunk with any other may be an error in some spelling of its server's own, and looking for
//! those takes as long as twenty pieces of text.

use serde::de::IgnoredAny;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only that the fields are there counts")]
struct UsageChunk<'t> {
    object: &'t str,
    choices: [IgnoredAny; 0],
    usage: Counts,
    id: IgnoredAny,
    created: Option<IgnoredAny>,
    model: Option<IgnoredAny>,
    obfuscation: Option<IgnoredAny>,
    service_tier: Option<IgnoredAny>,
    system_fingerprint: Option<IgnoredAny>,
}

/// What every server that counts at all writes.
#[derive(Deserialize)]
#[allow(dead_code, reason = "as above")]
struct Counts {
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// Whether a chunk has its usage, and nothing that could be an error.
pub(super) fn is_usage_alone(data: &str) -> bool {
    serde_json::from_str::<UsageChunk<'_>>(data)
        .is_ok_and(|chunk| chunk.object == "chat.completion.chunk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_with_anything_else_is_looked_at_as_a_whole() {
        let usage = r#""usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#;
        let object = r#""id":"a","object":"chat.completion.chunk""#;
        for (chunk, expected) in [
            (
                format!(r#"{{{object},"created":1,"model":"m","choices":[],{usage}}}"#),
                true,
            ),
            (format!(r#"{{{object},"choices":[],{usage}}}"#), true),
            (format!(r#"{{{object},{usage}}}"#), false),
            (format!(r#"{{{object},"choices":[]}}"#), false),
            (format!(r#"{{{object},"choices":[],"usage":null}}"#), false),
            (format!(r#"{{{object},"choices":[{{}}],{usage}}}"#), false),
            (
                format!(r#"{{{object},"choices":[],{usage},"detail":"no"}}"#),
                false,
            ),
            (
                format!(r#"{{{object},"choices":[],{usage},{usage}}}"#),
                false,
            ),
            (
                format!(r#"{{"id":"a","object":"failure","choices":[],{usage}}}"#),
                false,
            ),
            ("{}".to_owned(), false),
        ] {
            assert_eq!(is_usage_alone(&chunk), expected, "{chunk}");
        }
    }
}
