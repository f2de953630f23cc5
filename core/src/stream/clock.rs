//! How far this machine's clock is from a provider's that refuses signatures of another time. One
//! for all streams of a client. Owns when a `date` header shows a difference: as AWS's SDKs do
//! (@aws-sdk/core, `httpAuthSchemes`).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// AWS takes signatures that are five minutes off; less than this is not what was wrong.
const OFFSET_SECONDS_MIN: i64 = 4 * 60;
/// The date of a response that took longer was perhaps written long before it came.
const RESPONSE_TIME_MAX: Duration = Duration::from_secs(15 * 60);

/// Seconds that the provider's clock is ahead.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// The provider's time.
    pub(crate) fn corrected(&self, now: SystemTime) -> SystemTime {
        let offset = self.0.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let corrected = match offset < 0 {
            true => now.checked_sub(distance),
            false => now.checked_add(distance),
        };
        corrected.unwrap_or(now)
    }

    /// Learns from the headers of a response to a request that was sent then. Whether the time that
    /// the request was signed for was wrong by so much that another attempt makes sense.
    pub(crate) fn learn(&self, headers: &HeaderMap, sent: SystemTime, now: SystemTime) -> bool {
        let date = headers.get("date").and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let is_late = now
            .duration_since(sent)
            .is_ok_and(|time| time > RESPONSE_TIME_MAX);
        // A cache has kept it.
        let Some(date) = date.filter(|_| !is_late && !headers.contains_key("age")) else {
            return false;
        };
        let measured = seconds_between(now, date);
        let known = self.0.load(Ordering::Relaxed);
        if measured.abs_diff(known) < OFFSET_SECONDS_MIN.unsigned_abs() {
            return false;
        }
        let is_right_here = measured.abs() < OFFSET_SECONDS_MIN;
        self.0
            .store(if is_right_here { 0 } else { measured }, Ordering::Relaxed);
        true
    }
}

fn seconds_between(from: SystemTime, to: SystemTime) -> i64 {
    let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn headers(date: SystemTime, age: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("date", httpdate::fmt_http_date(date).parse().unwrap());
        if age {
            headers.insert("age", "9".parse().unwrap());
        }
        headers
    }

    const NOW: u64 = 1_000_000;

    #[test]
    fn a_large_difference_is_kept_and_found_once() {
        for there in [NOW - 3600, NOW - 240, NOW + 240, NOW + 86_400] {
            let clock = Clock::default();
            assert_eq!(clock.corrected(at(NOW)), at(NOW));
            assert!(clock.learn(&headers(at(there), false), at(NOW), at(NOW)));
            assert_eq!(clock.corrected(at(NOW)), at(there));
            assert_eq!(clock.corrected(at(NOW + 7)), at(there + 7));
            let later = headers(at(there + 3), false);
            assert!(!clock.learn(&later, at(NOW), at(NOW + 2)), "known");
            assert_eq!(clock.corrected(at(NOW)), at(there), "no jitter");
        }
    }

    #[test]
    fn it_goes_when_the_clock_was_set() {
        let clock = Clock::default();
        assert!(clock.learn(&headers(at(NOW + 3600), false), at(NOW), at(NOW)));
        assert!(clock.learn(&headers(at(NOW + 1), false), at(NOW), at(NOW)));
        assert_eq!(clock.corrected(at(NOW)), at(NOW));
    }

    #[test]
    fn what_shows_no_time_of_now_changes_nothing() {
        let clock = Clock::default();
        let far = at(NOW + 3600);
        assert!(!clock.learn(&headers(at(NOW + 239), false), at(NOW), at(NOW)));
        assert!(!clock.learn(&headers(far, true), at(NOW), at(NOW)), "age");
        assert!(
            !clock.learn(&headers(far, false), at(NOW - 901), at(NOW)),
            "late"
        );
        assert!(!clock.learn(&HeaderMap::new(), at(NOW), at(NOW)));
        let mut broken = HeaderMap::new();
        broken.insert("date", "yesterday".parse().unwrap());
        assert!(!clock.learn(&broken, at(NOW), at(NOW)));
        assert_eq!(clock.corrected(at(NOW)), at(NOW));
    }
}
