//! When to try again, where an error inside a response says it: there the headers of the response
//! are long gone, so providers put it into the error. Owns the places, and how a time is written.

use serde_json::{Map, Value};

/// OpenAI: "Please try again in 6.57s", also "374ms" and "1m2.5s".
const PHRASE: &str = "try again in ";

/// Headers that an error repeats, best first.
const HEADERS: &[&str] = &[
    "retry-after-ms",
    "retry-after",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-reset-requests",
];

/// The wait that an error's document asks for.
pub(super) fn find(document: &Value, message: &str) -> Option<u64> {
    let error = document.get("error").unwrap_or(document);
    let headers = error.get("headers").and_then(Value::as_object);
    headers.and_then(of_headers).or_else(|| of_message(message))
}

fn of_headers(headers: &Map<String, Value>) -> Option<u64> {
    let mut waits = HEADERS.iter().filter_map(|name| {
        let mut headers = headers.iter();
        let (_, value) = headers.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let unit = if name.ends_with("ms") { "ms" } else { "s" };
        duration_ms(&text).or_else(|| duration_ms(&format!("{text}{unit}")))
    });
    waits.next()
}

fn of_message(message: &str) -> Option<u64> {
    let (_, after) = message.split_once(PHRASE)?;
    let end = after.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '.');
    let (duration, rest) = after.split_at_checked(end.unwrap_or(after.len()))?;
    // "20 seconds".
    let words = ["second", "sec"];
    let is_in_words = words.iter().any(|word| rest.trim_start().starts_with(word));
    let duration = duration.trim_end_matches('.');
    match is_in_words {
        true => duration_ms(&format!("{duration}s")),
        false => duration_ms(duration),
    }
}

/// A duration as Go writes it, such as `1m2.5s`.
fn duration_ms(text: &str) -> Option<u64> {
    const UNITS: &[(&str, f64)] = &[
        ("ms", 1.0),
        ("s", 1e3),
        ("m", 60e3),
        ("h", 3600e3),
        ("d", 86_400e3),
    ];
    let mut rest = text.trim();
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|sign: char| !sign.is_ascii_digit() && sign != '.')?;
        let (number, behind) = rest.split_at_checked(end)?;
        let end = behind.find(|sign: char| !sign.is_ascii_lowercase());
        let (unit, behind) = behind.split_at_checked(end.unwrap_or(behind.len()))?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum += number.parse::<f64>().ok()? * factor;
        rest = behind;
    }
    // A year: whoever asks for more means never.
    (!text.trim().is_empty() && sum < 365.0 * 86_400e3).then_some(sum.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_wait_stands_in_the_text_or_in_headers() {
        let rows = [
            ("Please try again in 6.57s. Visit x", Some(6570)),
            ("Please try again in 374ms.", Some(374)),
            ("Please try again in 1m2.5s", Some(62_500)),
            ("Please try again in 11.054s.", Some(11_054)),
            ("try again in 20 seconds", Some(20_000)),
            ("Please try again in a while", None),
            ("Please try again in 5", None),
            ("Please try again later", None),
            ("", None),
        ];
        for (message, expected) in rows {
            assert_eq!(find(&json!({}), message), expected, "{message}");
        }
        let rows = [
            (json!({"x-ratelimit-reset-tokens": "50.529s"}), Some(50_529)),
            (json!({"X-RateLimit-Reset-Requests": "6m0s"}), Some(360_000)),
            (
                json!({"retry-after": "2", "x-ratelimit-reset-tokens": "9s"}),
                Some(2000),
            ),
            (json!({"retry-after": 2}), Some(2000)),
            (json!({"retry-after-ms": "125"}), Some(125)),
            (json!({"retry-after": "soon"}), None),
            (json!({}), None),
        ];
        for (headers, expected) in rows {
            let document = json!({"error": {"headers": headers}});
            assert_eq!(find(&document, ""), expected, "{headers}");
            assert_eq!(find(&document["error"], ""), expected, "{headers}");
        }
    }
}
