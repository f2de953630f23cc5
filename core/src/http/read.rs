//! How bodies are read: in pieces that a sink takes, read by read.

use std::ops::ControlFlow;

/// Takes the pieces of a body. After a break the rest of what was read is not handed out, so the
/// body must not be read on.
pub(crate) type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> ControlFlow<()>;

/// What a read came to: of a body, or of the response that is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// There may be more.
    More,
    /// It ended properly.
    End,
}
