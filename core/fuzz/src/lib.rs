//! What fuzz targets need beyond one call: HTTP/1.1 responses that are mostly valid, hyper's
//! client to read them beside ours, and what may differ.

mod choices;
mod compare;
mod differences;
mod hyper_client;
mod responses;
#[cfg(test)]
mod tests;
mod words;

// Tests are built with the fuzzers' flags, which need its symbols.
#[cfg(test)]
use libfuzzer_sys as _;

pub use compare::http1_hyper;

/// How far a response was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    HeadPending,
    HeadCut,
    HeadRefused,
    BodyPending,
    BodyCut,
    BodyRefused,
    Whole,
}

/// What one client made of the bytes of a connection.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// Status and headers of the final head.
    pub(crate) head: Option<(u16, http::HeaderMap)>,
    pub(crate) body: Vec<u8>,
    pub(crate) reusable: bool,
    /// Why it was refused, in the client's own words.
    pub(crate) reason: String,
}
