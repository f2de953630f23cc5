//! Token counts under all the names that servers use. Owns two rules: what is null is absent, and a
//! zero never replaces a count, neither a later one an earlier, nor one name another. Pure.

use serde_json::{Map, Value};

use crate::event::Usage;
use crate::json;

const INPUT: &[&str] = &[
    "prompt_tokens",
    "input_tokens",
    "promptTokens",
    "inputTokens",
];
const OUTPUT: &[&str] = &[
    "completion_tokens",
    "output_tokens",
    "completionTokens",
    "outputTokens",
];
const TOTAL: &[&str] = &["total_tokens", "totalTokens"];
/// DeepSeek's, Moonshot's and Anthropic's names, then those of gateways.
const CACHE_READS: &[&str] = &[
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "cache_read_input_tokens",
    "cached_input_tokens",
    "cache_read_tokens",
    "prompt_cached_tokens",
    "num_cached_tokens",
    "cachedInputTokens",
    "cacheReadInputTokens",
];
const CACHE_WRITES: &[&str] = &[
    "cache_creation_input_tokens",
    "cache_write_tokens",
    "cache_creation_tokens",
    "cached_creation_tokens",
    "cache_write_input_tokens",
    "prompt_cache_write_tokens",
    "cacheCreationInputTokens",
    "cacheWriteInputTokens",
];
const REASONING: &[&str] = &["reasoning_tokens", "thinking_tokens", "reasoningTokens"];

const INPUT_DETAILS: &[&str] = &["prompt_tokens_details", "input_tokens_details"];
const OUTPUT_DETAILS: &[&str] = &["completion_tokens_details", "output_tokens_details"];

/// Parses a usage object.
pub(crate) fn parse_usage(raw: Map<String, Value>) -> Usage {
    let own = |names: &[&str]| count(names.iter().map(|name| get(&raw, name)));
    let nested = |places: &[&str], names: &[&str]| {
        let places = places
            .iter()
            .filter_map(|place| get(&raw, place)?.as_object());
        count(places.flat_map(|place| names.iter().map(|name| get(place, name))))
    };
    let detailed = |places: &[&str], names: &[&str]| {
        let counts = [nested(places, names), own(names)];
        counts
            .into_iter()
            .flatten()
            .reduce(|count, other| if count == 0 { other } else { count })
    };
    let by_age = get(&raw, "cache_creation").or_else(|| {
        let mut details = INPUT_DETAILS.iter().filter_map(|place| get(&raw, place));
        details.find_map(|details| details.get("cache_creation"))
    });
    let cache_writes = detailed(INPUT_DETAILS, CACHE_WRITES);
    Usage {
        input_tokens: own(INPUT),
        output_tokens: own(OUTPUT),
        total_tokens: own(TOTAL),
        cached_input_tokens: detailed(INPUT_DETAILS, CACHE_READS),
        cache_write_tokens: cache_writes
            .filter(|count| *count > 0)
            .or_else(|| sum(by_age))
            .or(cache_writes),
        reasoning_tokens: detailed(OUTPUT_DETAILS, REASONING),
        raw,
        ..Usage::default()
    }
}

/// A field of an object that has few: a look at each costs less than the hash of a name, and there
/// are dozens of names.
fn get<'v>(raw: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    raw.iter()
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// The first count that is not 0; else 0, if any is.
fn count<'v>(values: impl Iterator<Item = Option<&'v Value>>) -> Option<u64> {
    let counts = values.filter_map(parse_count);
    counts.reduce(|count, other| if count == 0 { other } else { count })
}

/// A count. Some servers count in floats, some in texts.
pub(crate) fn parse_count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let float = |value: f64| (value >= 0.0).then_some(value as u64);
    match value {
        Value::Number(number) => number.as_u64().or_else(|| float(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// What was written for each lifetime, where the provider sends no sum.
fn sum(by_age: Option<&Value>) -> Option<u64> {
    let ages = by_age?.as_object()?.values();
    let counts = ages.filter_map(|value| parse_count(Some(value)));
    counts.reduce(u64::saturating_add).filter(|sum| *sum > 0)
}

/// Adds a later usage object to an earlier one: it has the whole counts, not differences.
pub(crate) fn merge(earlier: &mut Map<String, Value>, later: Map<String, Value>) {
    let has = |names: &[&str]| count(names.iter().map(|name| get(&later, name))).unwrap_or(0) > 0;
    // A sum of other counts.
    if !has(TOTAL) && (has(INPUT) || has(OUTPUT)) {
        TOTAL
            .iter()
            .for_each(|name| drop(earlier.shift_remove(*name)));
    }
    for (name, value) in later {
        match (earlier.get_mut(&name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(earlier)), Value::Object(later)) => merge(earlier, later),
            (Some(earlier), value) if is_zero(&value) && !is_empty(earlier) => {}
            (_, value) => {
                earlier.insert(name, value);
            }
        }
    }
}

/// The same for objects as they came, without parsing them where the later one has it all.
pub(crate) fn merge_text(earlier: &mut String, later: &str) {
    if !later.starts_with('{') || later.len() <= 2 {
        return;
    }
    if supersedes(earlier, later) {
        return later.clone_into(earlier);
    }
    match (json::parse_object(earlier), json::parse_object(later)) {
        (Some(mut sum), Some(later)) => {
            merge(&mut sum, later);
            *earlier = Value::Object(sum).to_string();
        }
        (None, Some(_)) => later.clone_into(earlier),
        (_, None) => {}
    }
}

/// Whether the later object has the same fields, and no zero where the earlier one has a count.
fn supersedes(earlier: &str, later: &str) -> bool {
    if earlier.is_empty() {
        return true;
    }
    let (mut earlier, mut later) = (earlier.as_bytes(), later.as_bytes());
    loop {
        let (count, rest) = digits(earlier);
        let (other, later_rest) = digits(later);
        if count.is_empty() != other.is_empty() || (other == b"0" && count != b"0") {
            return false;
        }
        match (rest, later_rest) {
            ([], []) => return true,
            ([sign, rest @ ..], [other, later_rest @ ..]) if sign == other => {
                (earlier, later) = (rest, later_rest);
            }
            _ => return false,
        }
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|sign| !sign.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

/// Whether a value cannot be a count.
fn is_empty(value: &Value) -> bool {
    value.is_null() || is_zero(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(texts: &[Value]) -> Value {
        let mut sum = String::new();
        for text in texts {
            merge_text(&mut sum, &text.to_string());
        }
        serde_json::from_str(&sum).unwrap_or_default()
    }

    #[test]
    fn a_zero_never_replaces_a_count() {
        let count = json!({"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49});
        let zero = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
        assert_eq!(merged(&[zero.clone(), count.clone()]), count);
        assert_eq!(
            merged(&[
                count.clone(),
                zero.clone(),
                json!({}),
                json!("x"),
                json!(null)
            ]),
            count
        );
        let nulls = json!({"prompt_tokens": null, "completion_tokens": 10, "cost": 0.5});
        let expected = json!({"prompt_tokens": 40, "completion_tokens": 10, "cost": 0.5});
        assert_eq!(merged(&[count.clone(), nulls]), expected);
        let half = json!({"prompt_tokens": 0, "completion_tokens": 10, "total_tokens": 50});
        let expected = json!({"prompt_tokens": 40, "completion_tokens": 10, "total_tokens": 50});
        assert_eq!(merged(&[count, half]), expected);
        let details = |cached: u64, more: Value| {
            let details = json!({"cached_tokens": cached, "x": more});
            json!({"prompt_tokens": 5, "prompt_tokens_details": details})
        };
        assert_eq!(
            merged(&[details(3, json!(1)), details(0, json!(null))]),
            details(3, json!(1))
        );
    }

    #[test]
    fn what_has_it_all_is_not_parsed() {
        let usage = |n: u64| format!("{{\"prompt_tokens\":{n},\"completion_tokens\": 12}}");
        assert!(supersedes(&usage(9), &usage(10)) && supersedes(&usage(0), &usage(0)));
        assert!(supersedes(&usage(0), &usage(3)) && supersedes("", &usage(0)));
        assert!(!supersedes(&usage(10), &usage(0)));
        assert!(!supersedes(&usage(1), "{\"prompt_tokens\":1}"));
        assert!(!supersedes("{\"a\":1}", "{\"b\":1}") && !supersedes("{\"a\":1}", "{\"a\":null}"));
    }

    #[test]
    fn caches_have_many_names() {
        let reads = CACHE_READS
            .iter()
            .map(|name| (json!({ *name: 7 }), Some(7), None));
        let writes = CACHE_WRITES
            .iter()
            .map(|name| (json!({ *name: 7 }), None, Some(7)));
        for (counts, read, written) in reads.chain(writes) {
            let own = counts.as_object().cloned().unwrap_or_default();
            let nested = json!({"prompt_tokens_details": counts, "cached_tokens": 0});
            let nested = nested.as_object().cloned().unwrap_or_default();
            for (raw, read) in [(own, read), (nested, read.or(Some(0)))] {
                let usage = parse_usage(raw.clone());
                assert_eq!(usage.cached_input_tokens, read, "{raw:?}");
                assert_eq!(usage.cache_write_tokens, written, "{raw:?}");
            }
        }
        let by_age = json!({"cache_creation": {"ephemeral_5m_input_tokens": 2,
            "ephemeral_1h_input_tokens": 3}, "cache_creation_input_tokens": 0});
        let raw = by_age.as_object().cloned().unwrap_or_default();
        assert_eq!(parse_usage(raw).cache_write_tokens, Some(5));
    }

    #[test]
    fn counts_are_numbers_however_written() {
        let rows = [
            (json!(3), Some(3)),
            (json!(3.0), Some(3)),
            (json!("3"), Some(3)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!(null), None),
            (json!([3]), None),
        ];
        for (value, expected) in rows {
            assert_eq!(parse_count(Some(&value)), expected, "{value}");
        }
        assert_eq!(parse_count(None), None);
    }
}
