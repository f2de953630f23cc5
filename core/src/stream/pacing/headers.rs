//! What the rate-limit headers of a response say about its provider's limits: how much is left, of
//! how much, and when it is back. Owns which headers and which forms of a time are understood;
//! what is not is left out. Pure.
//!
//! Sources: the API references of OpenAI, Groq, xAI and Fireworks (`x-ratelimit-limit-requests`,
//! reset `6m0s`), Anthropic (`anthropic-ratelimit-requests-limit`, reset RFC 3339), Azure OpenAI
//! (remaining only), Mistral and Cerebras (`x-ratelimit-remaining-tokens-minute`), Cohere
//! (`x-trial-endpoint-call-limit`), OpenRouter and Together (`x-ratelimit-reset`), and the draft of
//! the IETF (`ratelimit-reset`).

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::cost::Resource;
use super::times::{reset_after, ByClock};

/// One limit of a provider as a response shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(super) resource: Resource,
    pub(super) remaining: u64,
    pub(super) limit: Option<u64>,
    /// Until it is whole again, if that is known.
    pub(super) reset: Option<Duration>,
}

/// The limits that a response shows.
pub(crate) type Limits = Vec<Reported>;

/// The header names of one resource, as far as they belong together.
#[derive(Debug, Default)]
struct Figures {
    remaining: Option<u64>,
    limit: Option<u64>,
    reset: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Remaining,
    Limit,
    Reset,
}

const PREFIXES: [&str; 4] = [
    "x-ratelimit-",
    "anthropic-ratelimit-",
    "ratelimit-",
    "x-trial-",
];

/// Of each resource the limit of which least is left. Empty for most responses of providers without
/// such headers.
pub(super) fn limits(headers: &HeaderMap, now: SystemTime) -> Limits {
    let clock = ByClock::of(headers, now);
    let mut found: Vec<(Resource, Option<Duration>, Figures)> = Vec::new();
    for (name, value) in headers {
        let Some((figure, resource, period)) = parse_name(name.as_str()) else {
            continue;
        };
        let Some(value) = value.to_str().ok().map(str::trim) else {
            continue;
        };
        let mut known = found.iter();
        let position = match known.position(|known| known.0 == resource && known.1 == period) {
            Some(position) => position,
            None => {
                found.push((resource, period, Figures::default()));
                found.len() - 1
            }
        };
        if let Some((_, _, figures)) = found.get_mut(position) {
            match figure {
                Figure::Remaining => figures.remaining = count(value),
                Figure::Limit => figures.limit = count(value),
                Figure::Reset => figures.reset = reset_after(value, clock),
            }
        }
    }
    let reported = found.into_iter().filter_map(report);
    reported.fold(Vec::new(), keep_tightest)
}

fn report((resource, period, figures): (Resource, Option<Duration>, Figures)) -> Option<Reported> {
    // No request at all is what a gateway writes that does not know.
    let limit = figures.limit;
    (limit != Some(0)).then_some(Reported {
        resource,
        remaining: figures.remaining?,
        limit,
        reset: figures.reset.or(period),
    })
}

fn keep_tightest(mut limits: Limits, next: Reported) -> Limits {
    let known = limits.iter_mut().find(|one| one.resource == next.resource);
    match known {
        Some(known) if next.remaining < known.remaining => *known = next,
        Some(_) => {}
        None => limits.push(next),
    }
    limits
}

/// `x-ratelimit-remaining-tokens-minute` and `anthropic-ratelimit-input-tokens-remaining`.
fn parse_name(header: &str) -> Option<(Figure, Resource, Option<Duration>)> {
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| header.strip_prefix(prefix))?;
    let (mut figure, mut resource, mut period) = (None, Resource::Requests, None);
    let mut times = 1;
    for word in rest.split('-') {
        match word {
            "remaining" => figure = Some(Figure::Remaining),
            "limit" => figure = Some(Figure::Limit),
            "reset" => figure = Some(Figure::Reset),
            "requests" | "request" | "req" | "endpoint" | "call" => {}
            "input" => resource = Resource::InputTokens,
            "output" => resource = Resource::OutputTokens,
            "tokens" if resource == Resource::Requests => resource = Resource::Tokens,
            "tokens" => {}
            "second" => period = Some(Duration::from_secs(1)),
            "minute" => period = Some(Duration::from_secs(60)),
            "hour" => period = Some(Duration::from_secs(3_600)),
            "day" => period = Some(Duration::from_secs(86_400)),
            "month" | "monthly" => period = Some(Duration::from_secs(30 * 86_400)),
            // Mistral: `req-10-second`. Another word is another thing, such as images.
            number => times = number.parse().ok().filter(|times| *times > 0)?,
        }
    }
    let period = period.map(|period| period.saturating_mul(times));
    Some((figure?, resource, period))
}

/// A whole number, or the whole part of one.
fn count(value: &str) -> Option<u64> {
    value.split('.').next()?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http::header::{HeaderName, HeaderValue};

    fn read(list: &[(&str, &str)]) -> Vec<(Resource, u64, Option<u64>, Option<u64>)> {
        let pairs = list.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_787_150_055);
        let limits = limits(&pairs.collect(), now);
        let mut read: Vec<_> = limits
            .into_iter()
            .map(|one| {
                let reset = one.reset.map(|reset| reset.as_millis() as u64);
                (one.resource, one.remaining, one.limit, reset)
            })
            .collect();
        read.sort_by_key(|one| one.0 as u32);
        read
    }

    #[test]
    fn every_family_is_understood() {
        let openai = [
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29000"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        let expected = [
            (Resource::Requests, 499, Some(500), Some(120)),
            (Resource::Tokens, 29_000, Some(30_000), Some(360_000)),
        ];
        assert_eq!(read(&openai), expected);
        let anthropic = [
            ("date", "Wed, 19 Aug 2026 14:34:15 GMT"),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-08-19T14:34:25Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "20000"),
            ("anthropic-ratelimit-output-tokens-remaining", "8000"),
        ];
        let expected = [
            (Resource::Requests, 0, Some(50), Some(10_000)),
            (Resource::InputTokens, 20_000, None, None),
            (Resource::OutputTokens, 8_000, None, None),
        ];
        assert_eq!(read(&anthropic), expected);
        let azure = [("x-ratelimit-remaining-requests", "9")];
        assert_eq!(read(&azure), [(Resource::Requests, 9, None, None)]);
        let cohere = [
            ("x-trial-endpoint-call-limit", "20"),
            ("x-trial-endpoint-call-remaining", "3"),
        ];
        assert_eq!(read(&cohere), [(Resource::Requests, 3, Some(20), None)]);
        let openrouter = [
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1787150060000"),
        ];
        let expected = [(Resource::Requests, 0, Some(20), Some(5_000))];
        assert_eq!(read(&openrouter), expected);
    }

    /// Mistral, Cerebras: several periods of one resource.
    #[test]
    fn of_several_periods_that_with_least_counts() {
        let mistral = [
            ("x-ratelimit-limit-req-minute", "60"),
            ("x-ratelimit-remaining-req-minute", "40"),
            ("x-ratelimit-limit-req-10-second", "12"),
            ("x-ratelimit-remaining-req-10-second", "2"),
            ("x-ratelimit-remaining-tokens-minute", "500000"),
            ("x-ratelimit-remaining-tokens-month", "10000"),
            ("x-ratelimit-tokens-query-cost", "9"),
        ];
        let month = 30 * 86_400_000;
        let expected = [
            (Resource::Requests, 2, Some(12), Some(10_000)),
            (Resource::Tokens, 10_000, None, Some(month)),
        ];
        assert_eq!(read(&mistral), expected);
    }

    #[test]
    fn what_is_no_limit_is_left_out() {
        for (name, value) in [
            ("x-ratelimit-remaining-requests", "-1"),
            ("x-ratelimit-remaining-requests", "many"),
            ("x-ratelimit-remaining-requests", ""),
            ("x-ratelimit-remaining-input-images", "0"),
            ("x-ratelimit-limit-requests", "5"),
            ("x-ratelimit-over-limit", "yes"),
            ("retry-after", "5"),
        ] {
            assert_eq!(read(&[(name, value)]), [], "{name}: {value}");
        }
        let unknown = [("ratelimit-limit", "0"), ("ratelimit-remaining", "0")];
        assert_eq!(read(&unknown), []);
    }
}
