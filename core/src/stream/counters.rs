//! What the streams of a client count, a few atomic additions for each request and none for a
//! token. Owns the histogram of times; its snapshot is `event::Stats`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::event::{ProviderStats, Stats, Usage};

/// The buckets of the histogram grow by a quarter each, from 1 ms to 21 minutes.
const BUCKETS: usize = 64;
const GROWTH: f64 = 1.25;

/// The counters of a client.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    live: AtomicU64,
    /// In the order in which they were first used.
    providers: RwLock<Vec<Arc<ProviderCounters>>>,
}

/// Those of one provider.
#[derive(Debug)]
pub(crate) struct ProviderCounters {
    name: &'static str,
    requests: AtomicU64,
    retries: AtomicU64,
    rate_limited: AtomicU64,
    input_tokens: AtomicU64,
    output_tokens: AtomicU64,
    first_token: Histogram,
}

/// How often a time fell into each bucket.
#[derive(Debug)]
struct Histogram([AtomicU64; BUCKETS]);

impl Counters {
    pub(crate) fn begin_call(&self) {
        self.live.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end_call(&self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }

    /// Of this provider, which may be new.
    pub(crate) fn of(&self, name: &'static str) -> Arc<ProviderCounters> {
        let find = |known: &[Arc<ProviderCounters>]| {
            let found = known.iter().find(|counters| counters.name == name);
            found.cloned()
        };
        let known = self.providers.read();
        if let Some(found) = find(&known.unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let mut known = self
            .providers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = find(&known) {
            return found;
        }
        let counters = Arc::new(ProviderCounters::new(name));
        known.push(Arc::clone(&counters));
        counters
    }

    /// What they are now. Streams go on counting meanwhile.
    pub(crate) fn snapshot(&self, queued: usize) -> Stats {
        let known = self.providers.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let providers = known.iter();
        let providers = providers.map(|counters| (counters.name.to_owned(), counters.snapshot()));
        Stats {
            live: self.live.load(Ordering::Relaxed),
            queued: queued as u64,
            providers: providers.collect::<BTreeMap<_, _>>(),
        }
    }
}

impl ProviderCounters {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            rate_limited: AtomicU64::new(0),
            input_tokens: AtomicU64::new(0),
            output_tokens: AtomicU64::new(0),
            first_token: Histogram([const { AtomicU64::new(0) }; BUCKETS]),
        }
    }

    pub(crate) fn request(&self, is_retry: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_retry {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn rate_limited(&self) {
        self.rate_limited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn usage(&self, usage: &Usage) {
        let add = |counter: &AtomicU64, tokens: Option<u64>| {
            if let Some(tokens) = tokens {
                counter.fetch_add(tokens, Ordering::Relaxed);
            }
        };
        add(&self.input_tokens, usage.input_tokens);
        add(&self.output_tokens, usage.output_tokens);
    }

    pub(crate) fn first_token(&self, after: Duration) {
        self.first_token.add(after);
    }

    fn snapshot(&self) -> ProviderStats {
        let [p50, p99] = self.first_token.percentiles([0.5, 0.99]);
        ProviderStats {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            rate_limited: self.rate_limited.load(Ordering::Relaxed),
            input_tokens: self.input_tokens.load(Ordering::Relaxed),
            output_tokens: self.output_tokens.load(Ordering::Relaxed),
            first_token_p50_ms: p50,
            first_token_p99_ms: p99,
        }
    }
}

impl Histogram {
    fn add(&self, time: Duration) {
        let milliseconds = (time.as_secs_f64() * 1000.0).max(1.0);
        // A cast from a float saturates.
        let bucket = milliseconds.log(GROWTH).ceil() as usize;
        if let Some(bucket) = self.0.get(bucket.min(BUCKETS - 1)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The middle of the bucket that has so large a part of the times below its end.
    fn percentiles<const N: usize>(&self, parts: [f64; N]) -> [Option<f64>; N] {
        let counts: Vec<_> = self
            .0
            .iter()
            .map(|one| one.load(Ordering::Relaxed))
            .collect();
        let all: u64 = counts.iter().sum();
        parts.map(|part| {
            let rank = ((all as f64 * part).ceil() as u64).max(1);
            let mut below = 0;
            let bucket = counts.iter().position(|count| {
                below += count;
                below >= rank
            });
            let bucket = bucket.and_then(|bucket| i32::try_from(bucket).ok())?;
            let middle = GROWTH.powi(bucket) / GROWTH.sqrt();
            Some((middle * 100.0).round() / 100.0)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_exact_to_an_eighth() {
        for milliseconds in [1, 2, 7, 99, 480, 12_345, 599_999] {
            let histogram = ProviderCounters::new("openai").first_token;
            histogram.add(Duration::from_millis(milliseconds));
            let [Some(found)] = histogram.percentiles([0.5]) else {
                unreachable!("there is one");
            };
            let part = found / milliseconds as f64;
            assert!((0.88..=1.12).contains(&part), "{milliseconds}: {found}");
        }
    }

    #[test]
    fn percentiles_are_of_all_that_came() {
        let counters = ProviderCounters::new("openai");
        assert_eq!(counters.snapshot().first_token_p99_ms, None);
        (0..98).for_each(|_| counters.first_token(Duration::from_millis(100)));
        (0..2).for_each(|_| counters.first_token(Duration::from_secs(10)));
        counters.first_token(Duration::ZERO);
        counters.first_token(Duration::MAX);
        let stats = counters.snapshot();
        let p50 = stats.first_token_p50_ms.unwrap();
        let p99 = stats.first_token_p99_ms.unwrap();
        assert!((88.0..112.0).contains(&p50), "{p50}");
        assert!((8_800.0..11_200.0).contains(&p99), "{p99}");
    }

    #[test]
    fn a_provider_has_one_set_of_counters() {
        let counters = Counters::default();
        counters.of("openai").request(false);
        counters.of("anthropic").request(true);
        counters.of("openai").request(true);
        counters.begin_call();
        let stats = counters.snapshot(3);
        assert_eq!((stats.live, stats.queued, stats.providers.len()), (1, 3, 2));
        let openai = stats.providers.get("openai").unwrap();
        assert_eq!((openai.requests, openai.retries), (2, 1));
    }
}
