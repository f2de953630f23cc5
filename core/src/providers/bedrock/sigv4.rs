//! AWS's signature, version 4, as docs.aws.amazon.com describes it ("Create a signed AWS API
//! request") and botocore's `auth.py` computes it. Owns the canonical form of a request; pure: the
//! time is an argument. What it makes on the way is secret and goes nowhere but into the header.

use std::time::SystemTime;

use ring::{digest, hmac};
use url::Url;

use crate::providers::percent_encoding::{encoded, encoded_but};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// All but Mantle are signed by this name, also `bedrock-runtime`.
pub(super) const SERVICE: &str = "bedrock";

/// Who signs, and for where.
pub(super) struct Signer<'s> {
    pub(super) access_key_id: &'s str,
    pub(super) secret_access_key: &'s str,
    pub(super) session_token: Option<&'s str>,
    pub(super) region: &'s str,
    pub(super) service: &'s str,
}

/// A request as far as the signature covers it.
pub(super) struct Signed<'s> {
    pub(super) method: &'s str,
    pub(super) url: &'s Url,
    /// The other headers are left out: a proxy may change them.
    pub(super) content_type: Option<&'s str>,
    pub(super) body: &'s [u8],
}

impl Signer<'_> {
    /// The headers that prove who sends the request at this time.
    pub(super) fn headers(
        &self,
        request: &Signed<'_>,
        now: SystemTime,
    ) -> Vec<(&'static str, String)> {
        let time = timestamp(now);
        let authorization = self.authorization(request, &time);
        let mut headers = vec![("x-amz-date", time), ("authorization", authorization)];
        let token = self.session_token.map(str::to_owned);
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers
    }

    fn authorization(&self, request: &Signed<'_>, time: &str) -> String {
        let (canonical, names) = self.canonical_request(request, time);
        let date = time.split('T').next().unwrap_or_default();
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{hash}");
        let secret = format!("AWS4{}", self.secret_access_key);
        let parts = [date, self.region, self.service, "aws4_request", &text];
        let first = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            parts.first().copied().unwrap_or_default().as_bytes(),
        );
        let signature = parts.iter().skip(1).fold(first, |key, part| {
            hmac::sign(
                &hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
                part.as_bytes(),
            )
        });
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.access_key_id,
            hex(signature.as_ref())
        )
    }

    /// The canonical request, and the names of its headers.
    fn canonical_request(&self, request: &Signed<'_>, time: &str) -> (String, String) {
        let host = host(request.url);
        // In the order of their names.
        let headers = [
            ("content-type", request.content_type),
            ("host", Some(host.as_str())),
            ("x-amz-date", Some(time)),
            ("x-amz-security-token", self.session_token),
        ];
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let lines: String = headers
            .clone()
            .map(|(name, value)| {
                let words: Vec<&str> = value.split_ascii_whitespace().collect();
                format!("{name}:{}\n", words.join(" "))
            })
            .collect();
        let names: Vec<&str> = headers.map(|(name, _)| name).collect();
        let names = names.join(";");
        // The path as it is sent, encoded once more: all services but S3 do so.
        let path = encoded_but(request.url.path(), "/");
        let query = canonical_query(request.url);
        let body = hex(digest::digest(&digest::SHA256, request.body).as_ref());
        let method = request.method;
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}");
        (canonical, names)
    }
}

/// With the port, unless it is the scheme's own, as it stands in the Host header.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn canonical_query(url: &Url) -> String {
    let pairs = url.query_pairs();
    let mut pairs: Vec<(String, String)> = pairs
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// `YYYYMMDDTHHMMSSZ`, in UTC.
fn timestamp(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Year, month and day of a day since 1970, by Howard Hinnant's `civil_from_days`, which counts
/// years from March so that the leap day is the last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1460 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days + day_of_era / 36_524) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year_of_era + next_year, month, day)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
