//! Where our reading of HTTP/1.1 differs from hyper's on purpose; each case has one reason, in the
//! target's table.

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Outcome, Verdict};

/// What httparse and ours take; hyper goes on while the value fits.
const SIZE_DIGITS_MAX: usize = 16;

/// A known difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    StatusOutsideHttp,
    SwitchingProtocols,
    InterimWithBody,
    InterimOnly,
    InterimLimit,
    LengthTooLarge,
    CodingUnknown,
    CodingEmptyElement,
    ChunksInHttp10,
    SizeDigits,
    TrailerLineFeed,
    TrailerEarly,
    TrailerLimit,
    OverheadLimit,
    HeadLimit,
    KeptWithTwoLengths,
    KeptWithBodyOf204,
    KeptWithCodingInHttp10,
    KeptThoughUnreadable,
}

/// The reason for a difference, if it is a known one. `refused` is what came up to the byte that
/// ours refuses, if it does.
pub(crate) fn explain(refused: &[u8], ours: &Outcome, theirs: &Outcome) -> Option<Difference> {
    match (ours.verdict, theirs.verdict) {
        (Verdict::HeadRefused, _) => head_refused(ours, theirs),
        (_, Verdict::HeadRefused) => head_accepted(ours, theirs),
        (Verdict::BodyRefused, _) => body_refused(refused, ours, theirs),
        _ => accepted(ours, theirs),
    }
}

fn head_refused(ours: &Outcome, theirs: &Outcome) -> Option<Difference> {
    let head = theirs.head.as_ref();
    let status = head.map(|head| head.0);
    let has = |header: &HeaderName| head.is_some_and(|head| head.1.contains_key(header));
    let known = match ours.reason.as_str() {
        "Status" => (status >= Some(600), Difference::StatusOutsideHttp),
        "Upgrade" => (status == Some(101), Difference::SwitchingProtocols),
        "InterimBody" => (true, Difference::InterimWithBody),
        "InterimOnly" => (theirs.verdict == Verdict::HeadCut, Difference::InterimOnly),
        "TooManyInterim" => (true, Difference::InterimLimit),
        "ContentLength" => (has(&CONTENT_LENGTH), Difference::LengthTooLarge),
        "TransferCoding" => (has(&TRANSFER_ENCODING), Difference::CodingUnknown),
        "HeadTooLong" => (true, Difference::HeadLimit),
        _ => return None,
    };
    known.0.then_some(known.1)
}

fn body_refused(refused: &[u8], ours: &Outcome, theirs: &Outcome) -> Option<Difference> {
    if ours.head != theirs.head {
        return None;
    }
    if ends_with_empty_element(&ours.head) {
        return Some(Difference::CodingEmptyElement);
    }
    if !theirs.body.starts_with(&ours.body) {
        return None;
    }
    let waits = matches!(theirs.verdict, Verdict::BodyPending | Verdict::BodyCut);
    let difference = match ours.reason.as_str() {
        "ChunkSize" if ends_with_long_size(refused) => Difference::SizeDigits,
        "Trailer" if waits => Difference::TrailerEarly,
        "Trailer" if ends_with_line_feed_alone(refused) => Difference::TrailerLineFeed,
        "ChunkOverhead" => Difference::OverheadLimit,
        _ => return None,
    };
    Some(difference)
}

fn head_accepted(ours: &Outcome, theirs: &Outcome) -> Option<Difference> {
    let headers = &ours.head.as_ref()?.1;
    let chunks_in_10 = theirs.reason.contains("unexpected transfer-encoding");
    (chunks_in_10 && headers.contains_key(TRANSFER_ENCODING) && !ours.reusable)
        .then_some(Difference::ChunksInHttp10)
}

fn accepted(ours: &Outcome, theirs: &Outcome) -> Option<Difference> {
    if ours.head != theirs.head {
        return None;
    }
    let (status, headers) = ours.head.as_ref()?;
    if ends_with_empty_element(&ours.head) {
        return Some(Difference::CodingEmptyElement);
    }
    if theirs.reason.contains("chunk trailers") {
        return Some(Difference::TrailerLimit);
    }
    let same = ours.verdict == theirs.verdict && ours.body == theirs.body;
    // It is never ours that keeps a connection alone.
    if !same || ours.reusable {
        return None;
    }
    let coded = headers.contains_key(TRANSFER_ENCODING);
    let has_length = headers.contains_key(CONTENT_LENGTH);
    if *status == 204 && (coded || has_length) {
        Some(Difference::KeptWithBodyOf204)
    } else if *status == 304 && coded && !has_length {
        // The framing of an HTTP/1.0 response with one is faulty (RFC 9112, section 6.1); of one
        // with a body hyper says so, too.
        Some(Difference::KeptWithCodingInHttp10)
    } else if coded && has_length {
        Some(Difference::KeptWithTwoLengths)
    } else if !all_text(headers, &CONNECTION) {
        Some(Difference::KeptThoughUnreadable)
    } else {
        None
    }
}

/// `chunked,` names nothing but chunked (RFC 9110, section 5.6.1); hyper looks at what is last.
fn ends_with_empty_element(head: &Option<(u16, HeaderMap)>) -> bool {
    let lines = head
        .iter()
        .flat_map(|head| head.1.get_all(TRANSFER_ENCODING));
    let last = lines.last().map(HeaderValue::as_bytes).unwrap_or(b"x");
    let last = last.rsplit(|byte| *byte == b',').next();
    last.is_some_and(|element| element.trim_ascii().is_empty())
}

fn all_text(headers: &HeaderMap, name: &HeaderName) -> bool {
    let mut values = headers.get_all(name).iter();
    values.all(|value| value.to_str().is_ok())
}

fn ends_with_line_feed_alone(bytes: &[u8]) -> bool {
    matches!(bytes, [.., before, b'\n'] if *before != b'\r')
}

fn ends_with_long_size(bytes: &[u8]) -> bool {
    let digits = bytes
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_hexdigit());
    digits.count() > SIZE_DIGITS_MAX
}
