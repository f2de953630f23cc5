//! Times as rate-limit headers write them: `1s`, `6m0s`, `20ms`, seconds, seconds or milliseconds
//! since 1970, RFC 3339, HTTP dates. Pure.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// A number from here on is milliseconds since 1970, and from the next on seconds.
const EPOCH_MS_MIN: f64 = 1e12;
const EPOCH_SECONDS_MIN: f64 = 1e9;
/// More is no wait that anybody means.
const SECONDS_MAX: f64 = 1e8;

/// The time where the header was written, where the provider shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByClock(SystemTime);

impl ByClock {
    pub(super) fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let date = headers.get("date").and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        Self(date.unwrap_or(now))
    }

    /// How long it is until then; what has passed is no wait.
    fn until(self, time: SystemTime) -> Duration {
        time.duration_since(self.0).unwrap_or_default()
    }
}

/// How long it is until a reset.
pub(super) fn reset_after(value: &str, clock: ByClock) -> Option<Duration> {
    let first = value.bytes().next()?;
    if !first.is_ascii_digit() {
        let date = httpdate::parse_http_date(value).ok()?;
        return Some(clock.until(date));
    }
    if let Ok(number) = value.parse::<f64>() {
        return of_number(number, clock);
    }
    match value.as_bytes().get(4) {
        Some(b'-') => rfc3339(value).map(|time| clock.until(time)),
        _ => duration(value),
    }
}

fn of_number(number: f64, clock: ByClock) -> Option<Duration> {
    let since = |seconds: f64| {
        let time = Duration::try_from_secs_f64(seconds).ok()?;
        let time = SystemTime::UNIX_EPOCH.checked_add(time)?;
        Some(clock.until(time))
    };
    match number {
        number if number >= EPOCH_MS_MIN => since(number / 1000.0),
        number if number >= EPOCH_SECONDS_MIN => since(number),
        seconds => Duration::try_from_secs_f64(seconds.min(SECONDS_MAX)).ok(),
    }
}

/// As Go writes a duration: numbers and units, such as `1h2m3.5s`.
fn duration(value: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = value;
    while !rest.is_empty() {
        let digits = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let (number, others) = rest.split_at_checked(digits)?;
        let letters = others.find(|one: char| one.is_ascii_digit());
        let (unit, others) = others.split_at_checked(letters.unwrap_or(others.len()))?;
        let factor = match unit.trim() {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = others;
    }
    Duration::try_from_secs_f64(seconds.min(SECONDS_MAX)).ok()
}

/// `2026-08-19T14:34:15Z`, with fractions and an offset (RFC 3339, section 5.6).
fn rfc3339(value: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| value.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_date = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !is_date {
        return None;
    }
    let rest = value.get(19..)?;
    let digits = rest.find(|one: char| !one.is_ascii_digit() && one != '.');
    let (fraction, zone) = rest.split_at_checked(digits?)?;
    let fraction = match fraction.is_empty() {
        true => 0.0,
        false => format!("0{fraction}").parse::<f64>().ok()?,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        - offset_seconds(zone)?;
    let seconds = u64::try_from(seconds).ok()?;
    let time = Duration::from_secs(seconds) + Duration::try_from_secs_f64(fraction).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(time)
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let number = |from: usize, to: usize| zone.get(from..to)?.parse::<i64>().ok();
    let seconds = number(1, 3)? * 3_600 + number(4, 6)? * 60;
    match zone.as_bytes().first()? {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// In the calendar of today (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year - era * 400;
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wed, 19 Aug 2026 14:34:15 GMT.
    fn clock() -> ByClock {
        ByClock(SystemTime::UNIX_EPOCH + Duration::from_secs(1_787_150_055))
    }

    #[test]
    fn a_reset_in_all_spellings() {
        let cases = [
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("2.166s", Some(2_166)),
            ("2m59.56s", Some(179_560)),
            ("1h2m3s", Some(3_723_000)),
            ("1d", Some(86_400_000)),
            ("500us", Some(0)),
            ("0", Some(0)),
            ("12", Some(12_000)),
            ("0.5", Some(500)),
            ("1787150060", Some(5_000)),
            ("1787150060000", Some(5_000)),
            ("1787150000", Some(0)),
            ("2026-08-19T14:34:25Z", Some(10_000)),
            ("2026-08-19T14:34:25.250Z", Some(10_250)),
            ("2026-08-19T16:34:25+02:00", Some(10_000)),
            ("2026-08-19t13:34:25-01:00", Some(10_000)),
            ("2026-08-19T14:34:05Z", Some(0)),
            ("Wed, 19 Aug 2026 14:34:20 GMT", Some(5_000)),
            ("1e30", Some(u64::MAX)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("5 parsecs", None),
            ("5", Some(5_000)),
            ("1.2.3s", None),
            ("2026-13-19T14:34:25Z", None),
            ("2026-08-19T14:34:25", None),
            ("2026-08-19", None),
            ("2026-\u{e9}", None),
        ];
        for (value, expected) in cases {
            let wait = reset_after(value, clock());
            let wait = wait.map(|wait| wait.as_millis() as u64);
            match expected {
                Some(u64::MAX) => assert!(wait.is_none_or(|wait| wait > 1_000_000), "{value}"),
                expected => assert_eq!(wait, expected, "{value}"),
            }
        }
    }

    #[test]
    fn days_are_counted_with_leap_years() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2024, 2, 29), 19_782);
        assert_eq!(days_since_1970(2026, 8, 19), 20_684);
    }
}
