//! Whether a name is a slip of the keyboard or of habit: a letter wrong, another spelling, other
//! order of words. Stricter than `nearest`, for a name that may be right, and is used as it is.
//! Pure.

use super::nearest::{changes, has_same_words, letters};

/// Longer names are not slips of the keyboard.
const NAME_BYTES_MAX: usize = 64;
/// So many letters of a name may hold one wrong one, and never more than so many are wrong.
const LETTERS_PER_EDIT: usize = 5;
const EDITS_MAX: usize = 2;

/// The known name that was meant, if the name is near one; best first.
pub(crate) fn slip<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return None;
    }
    let near = known.filter_map(|known| Some((edits(name, known)?, known)));
    near.min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
}

/// Whether two names differ only in case and separators.
pub(crate) fn is_other_spelling(name: &str, known: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && letters(name) == letters(known)
}

/// How many letters are wrong, where they are few; 0 where only the spelling differs, as in
/// `maxTokens` and `max-tokens`.
fn edits(name: &str, known: &str) -> Option<usize> {
    let (written, meant) = (letters(name), letters(known));
    if written == meant {
        return Some(0);
    }
    if has_same_words(name, known) || is_other_number(&written, &meant) {
        return Some(1);
    }
    let longest = written.len().max(meant.len());
    let allowed = (longest / LETTERS_PER_EDIT).min(EDITS_MAX);
    let changed = changes(&written, &meant);
    (changed <= allowed).then_some(changed)
}

/// One has the `s` of a plural that the other lacks; too short a name says nothing.
fn is_other_number(written: &[char], meant: &[char]) -> bool {
    let is_plural =
        |one: &[char], many: &[char]| one.len() >= 4 && many.split_last() == Some((&'s', one));
    is_plural(written, meant) || is_plural(meant, written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 10] = [
        "model",
        "messages",
        "max_tokens",
        "temperature",
        "top_p",
        "tools",
        "stop",
        "response_format",
        "retries_max",
        "base_url",
    ];

    #[test]
    fn slips_are_found() {
        for (name, meant) in [
            ("max_token", "max_tokens"),
            ("maxTokens", "max_tokens"),
            ("MaxTokens", "max_tokens"),
            ("max-tokens", "max_tokens"),
            ("maxtokens", "max_tokens"),
            ("max_tokesn", "max_tokens"),
            ("tokens_max", "max_tokens"),
            ("mesages", "messages"),
            ("messsages", "messages"),
            ("massages", "messages"),
            ("temprature", "temperature"),
            ("tempratur", "temperature"),
            ("response_fromat", "response_format"),
            ("responseFormat", "response_format"),
            ("resposne_format", "response_format"),
            ("respons_formt", "response_format"),
            ("modle", "model"),
            ("topP", "top_p"),
            ("tool", "tools"),
            ("stops", "stop"),
            ("retry_max", "retries_max"),
            ("max_retry", "retries_max"),
            ("base_uri", "base_url"),
        ] {
            assert_eq!(slip(name, KNOWN.into_iter()), Some(meant), "{name}");
        }
    }

    #[test]
    fn names_of_others_are_none() {
        for name in [
            "",
            "n",
            "p",
            "top_k",
            "top_a",
            "min_p",
            "min_tokens",
            "max_new_tokens",
            "max_tokens_to_sample",
            "max_completion_tokens",
            "stop_sequences",
            "stop_token_ids",
            "format",
            "step",
            "tokens",
            "temp",
            "retries",
            "url",
        ] {
            assert_eq!(slip(name, KNOWN.into_iter()), None, "{name}");
        }
        assert_eq!(slip(&"max_tokens".repeat(9), KNOWN.into_iter()), None);
    }
}
