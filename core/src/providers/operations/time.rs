//! Moments in responses: whole Unix seconds, or dates as RFC 3339 has them. Pure.

use serde_json::Value;

/// Unix seconds.
pub(super) fn of(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            let float = || number.as_f64().map(|seconds| seconds as i64);
            number.as_i64().or_else(float)
        }
        Value::String(text) => text.parse().ok().or_else(|| date(text)),
        _ => None,
    }
}

/// A date, perhaps with a time and a zone.
fn date(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, time),
        None => (text, "00:00:00Z"),
    };
    let mut parts = date.split('-').map(str::parse::<i64>);
    let mut next = || parts.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    let is_date = is_date && (1..=9999).contains(&year);
    let days = is_date.then(|| days(year, month, day))?;
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at_checked(at)?,
        None => (time, "Z"),
    };
    let seconds = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let offset = match offset.as_bytes() {
        [b'+', ..] => clock_seconds(offset.get(1..)?)?,
        [b'-', ..] => -clock_seconds(offset.get(1..)?)?,
        _ => 0,
    };
    Some(days * 86_400 + clock_seconds(seconds)? - offset)
}

/// `hh:mm` and perhaps `:ss`.
fn clock_seconds(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(str::parse::<u32>);
    let hours = parts.next()?.ok()?;
    let minutes = parts.next()?.ok()?;
    let seconds = parts.next().unwrap_or(Ok(0)).ok()?;
    let is_time = hours < 24 && minutes < 60 && seconds < 61;
    is_time.then(|| i64::from(hours * 3600 + minutes * 60 + seconds))
}

/// Days since 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
/// algorithms", days_from_civil).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_whole_unix_seconds() {
        let rows = [
            (json!(1_700_000_000), Some(1_700_000_000)),
            (json!(1_700_000_000.9), Some(1_700_000_000)),
            (json!("1700000000"), Some(1_700_000_000)),
            (json!("1970-01-01T00:00:00Z"), Some(0)),
            (json!("2026-07-01T00:00:00Z"), Some(1_782_864_000)),
            (
                json!("2026-05-10T08:06:48.639712648-07:00"),
                Some(1_778_425_608),
            ),
            (json!("2024-02-29T23:59:59+05:30"), Some(1_709_231_399)),
            (json!("2024-02-29 12:00"), Some(1_709_208_000)),
            (json!("2024-02-29"), Some(1_709_164_800)),
            (json!("2024-13-01"), None),
            (json!("2024-01"), None),
            (json!("2024-01-01T25:00:00Z"), None),
            (json!("soon"), None),
            (json!(""), None),
            (json!(null), None),
            (json!(true), None),
        ];
        for (value, expected) in rows {
            assert_eq!(of(&value), expected, "{value}");
        }
    }
}
