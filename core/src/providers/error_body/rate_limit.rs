//! Whether a request is larger than a rate limit, so that waiting changes nothing. Owns how
//! providers write it; most write only that the limit was met, and their errors are retried.

/// OpenAI: "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit
/// 30000, Requested 342389."; Groq has the same words. A request that others left no room for has
/// "Used" between the two, and less than the limit is requested.
const LIMIT: &str = "Limit ";
const REQUESTED: &str = "Requested ";

/// Whether the message says that the request alone is above the limit.
pub(super) fn is_exceeded_alone(message: &str) -> bool {
    let after_limit = message.split(LIMIT).skip(1);
    after_limit
        .filter_map(|after| {
            let (_, requested) = after.split_once(REQUESTED)?;
            Some(number(requested)? > number(after)?)
        })
        .any(|is_above| is_above)
}

/// The number that a text begins with, also one such as 30,000.
fn number(text: &str) -> Option<u64> {
    let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != ',');
    let (digits, _) = text.split_at_checked(end.unwrap_or(text.len()))?;
    digits.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_above_the_limit_is_told_from_one_without_room() {
        let rows = [
            (
                "on tokens per min (TPM): Limit 30000, Requested 342389. The input",
                true,
            ),
            (
                "Limit 6000, Used 10, Requested 6001, please reduce your message size",
                true,
            ),
            ("Limit 30,000, Requested 30,001", true),
            (
                "on requests per min. Limit 3. On tokens: Limit 10, Requested 11",
                true,
            ),
            (
                "Limit 30000, Used 29937, Requested 385. Please try again in 644ms.",
                false,
            ),
            ("Limit 30000, Requested 30000", false),
            ("Limit 99999999999999999999, Requested 7", false),
            ("Limit some, Requested more", false),
            ("Requested 9, Limit 3", false),
            ("Limit 3", false),
            ("", false),
        ];
        for (message, expected) in rows {
            assert_eq!(is_exceeded_alone(message), expected, "{message}");
        }
    }
}
