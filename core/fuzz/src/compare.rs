//! The same bytes, read by both clients.

use std::fmt;

use liter_llm::fuzzing::{pieces, read_http1, seeded_rng};

use crate::differences::{explain, Difference};
use crate::responses;
use crate::{hyper_client, Outcome, Verdict};

/// The bytes choose a response, where it is cut and whether the connection is closed behind it.
///
/// # Panics
/// Where the two clients differ and no reason is known.
pub fn http1_hyper(bytes: &[u8]) {
    let (response, closed) = responses::response(bytes);
    let mut rng = seeded_rng(bytes);
    if let Err(unexplained) = compare(&pieces(&response, &mut rng), closed) {
        panic!("{unexplained}");
    }
}

/// What differs, of that which may.
pub(crate) fn compare(
    pieces: &[&[u8]],
    closed: bool,
) -> Result<Option<Difference>, Box<Unexplained>> {
    let (ours, theirs) = (ours(pieces, closed), hyper_client::read(pieces, closed));
    if same(&ours, &theirs) {
        return Ok(None);
    }
    let whole = pieces.concat();
    // A head that is cut is looked at when a look is due, which is not at the same bytes; but one
    // that comes at once is looked at at once.
    let one_waits = [&ours, &theirs]
        .iter()
        .any(|outcome| matches!(outcome.verdict, Verdict::HeadPending | Verdict::HeadCut));
    if one_waits && pieces.len() > 1 {
        return compare(&[&whole], closed);
    }
    match explain(until_refused(&whole, closed), &ours, &theirs) {
        Some(difference) => Ok(Some(difference)),
        None => Err(Box::new(Unexplained {
            bytes: whole,
            closed,
            ours,
            theirs,
        })),
    }
}

/// What came up to the byte that ours refuses; all, where it refuses none.
fn until_refused(bytes: &[u8], closed: bool) -> &[u8] {
    let is_refused = |length: usize| read_http1(&[&bytes[..length]], false).refusal.is_some();
    if closed && !is_refused(bytes.len()) {
        return bytes;
    }
    let (mut accepted, mut refused) = (0, bytes.len());
    while accepted + 1 < refused {
        let middle = accepted.midpoint(refused);
        if is_refused(middle) {
            refused = middle;
        } else {
            accepted = middle;
        }
    }
    &bytes[..refused]
}

/// A difference without a reason.
#[derive(Debug)]
pub(crate) struct Unexplained {
    bytes: Vec<u8>,
    closed: bool,
    ours: Outcome,
    theirs: Outcome,
}

impl fmt::Display for Unexplained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, closed) = (self.bytes.escape_ascii(), self.closed);
        writeln!(formatter, "b\"{bytes}\", closed: {closed}")?;
        write!(formatter, "ours  {:?}\nhyper {:?}", self.ours, self.theirs)
    }
}

fn ours(pieces: &[&[u8]], closed: bool) -> Outcome {
    let read = read_http1(pieces, closed);
    let verdict = match (&read.head, &read.refusal) {
        (None, Some(_)) => Verdict::HeadRefused,
        (None, None) if closed => Verdict::HeadCut,
        (None, None) => Verdict::HeadPending,
        (Some(_), Some(_)) => Verdict::BodyRefused,
        (Some(_), None) if read.ended => Verdict::Whole,
        (Some(_), None) if closed => Verdict::BodyCut,
        (Some(_), None) => Verdict::BodyPending,
    };
    Outcome {
        verdict,
        head: read.head,
        body: read.body,
        reusable: read.reusable,
        reason: read.refusal.unwrap_or_default(),
    }
}

/// All but the words of a refusal.
fn same(ours: &Outcome, theirs: &Outcome) -> bool {
    ours.verdict == theirs.verdict
        && ours.head == theirs.head
        && ours.body == theirs.body
        && ours.reusable == theirs.reusable
}
