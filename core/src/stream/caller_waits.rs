//! When the time of a call is the caller's own, and when it is not.

use super::Work;

/// The caller waits for events; its own time begins anew when this is dropped, be it before they
/// came.
pub(super) struct CallerWaits<'s> {
    pub(super) work: &'s mut Work,
}

impl<'s> CallerWaits<'s> {
    pub(super) fn begin(work: &'s mut Work) -> Self {
        work.resume();
        Self { work }
    }
}

impl Drop for CallerWaits<'_> {
    fn drop(&mut self) {
        self.work.pause_for_caller();
    }
}
