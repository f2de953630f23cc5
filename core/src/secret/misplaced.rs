//! Whether a name may be a key that stands in the wrong place, such as `LiterLlm("sk-...")`. An
//! error repeats no name of which this is true. Leaving out a harmless name costs little, so the
//! rule is wider than that of `patterns`, which changes texts that a caller reads as a whole.

use std::borrow::Cow;

use super::patterns;

/// Longer names are left out, whatever they hold.
const NAME_CHARACTERS_MAX: usize = 40;
/// Random words of a key: letters and digits together, or many of one of them.
const MIXED_CHARACTERS_MIN: usize = 12;
const RUN_CHARACTERS_MIN: usize = 24;
/// How the keys of well-known providers begin, in lower case.
const BEGINNINGS: &[&str] = &[
    "sk-", "sk_", "pk-", "gsk_", "xai-", "hf_", "r8_", "fw_", "aiza", "pplx-", "nvapi-", "bearer ",
];

/// Whether the name is too long or too much like a key to be repeated.
pub(crate) fn may_be_key(name: &str) -> bool {
    let lower = name.trim_start().to_ascii_lowercase();
    name.chars().count() > NAME_CHARACTERS_MAX
        || BEGINNINGS.iter().any(|begin| lower.starts_with(begin))
        || matches!(patterns::clean(name), Cow::Owned(clean) if clean != name)
        || name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(is_random)
}

/// A word between separators that no model and no provider has, but most keys have.
fn is_random(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    word.len() >= RUN_CHARACTERS_MIN || is_mixed && word.len() >= MIXED_CHARACTERS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_providers_are_recognized() {
        for key in [
            "sk-1",
            "sk-proj-0123456789abcdef",
            "SK-ANT-api03",
            " sk-or-v1-abc",
            "gsk_abc",
            "AIzaSyA",
            "xai-abc",
            "hf_abc",
            "Bearer abc",
            "openai/sk-0123456789abcdef0",
            "https://me:password@host/v1",
            // Cohere, Mistral, an UUID: nothing but letters and digits.
            "q3Zs81LmPo0dTrWbXc92VnKe",
            "7b6f0d84-1c2a-4e5f-9a3b-5d6e7f8091a2",
            "abcdefghijklmnopqrstuvwx",
            "0123456789abcdef.AbCdEfGh",
            "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u",
        ] {
            assert!(may_be_key(key), "{key}");
        }
    }

    #[test]
    fn names_are_no_keys() {
        for name in [
            "",
            "opanai",
            "task-sk-x",
            "gpt-4o-mini",
            "chatgpt-4o-latest",
            "gpt-3.5-turbo-0125",
            "claude-3-5-sonnet-20241022",
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "command-r-plus-08-2024",
            "nobody/chat",
            "deepseek-reasoner",
            "Qwen/Qwen2.5-Coder-32B-Instruct",
        ] {
            assert!(!may_be_key(name), "{name}");
        }
    }
}
