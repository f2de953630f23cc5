//! Connections that wait for their next request. Owns how long they are kept. The newest serves
//! first, so that after a burst the rest grow old and are closed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::line::Line;

/// Shared by the stack and by every body that will give its connection back.
#[derive(Clone)]
pub(super) struct Idle {
    kept: Duration,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Default)]
struct Lines {
    by_origin: HashMap<Arc<str>, Vec<Waiting>>,
    /// A task closes those that have waited too long.
    swept: bool,
}

struct Waiting {
    line: Line,
    since: Instant,
}

impl Idle {
    pub(super) fn new(kept: Duration) -> Self {
        Self {
            kept,
            lines: Arc::default(),
        }
    }

    /// A connection to this origin that is open still.
    pub(super) fn take(&self, origin: &str) -> Option<Line> {
        loop {
            let waiting = lock(&self.lines).by_origin.get_mut(origin)?.pop()?;
            let mut line = waiting.line;
            if waiting.since.elapsed() < self.kept && line.is_idle() {
                return Some(line);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, origin: &Arc<str>, line: Line) {
        if self.kept.is_zero() {
            return;
        }
        let mut lines = lock(&self.lines);
        let since = Instant::now();
        let waiting = Waiting { line, since };
        lines
            .by_origin
            .entry(Arc::clone(origin))
            .or_default()
            .push(waiting);
        // Without a runtime nothing can sweep; they are looked at when they are taken.
        if let (false, Ok(runtime)) = (lines.swept, Handle::try_current()) {
            lines.swept = true;
            runtime.spawn(sweep(Arc::downgrade(&self.lines), self.kept));
        }
    }
}

/// Closes what has waited too long, or was closed from the other side, until nothing waits.
async fn sweep(lines: Weak<Mutex<Lines>>, kept: Duration) {
    loop {
        tokio::time::sleep(kept / 2).await;
        let Some(lines) = lines.upgrade() else { return };
        let mut lines = lock(&lines);
        lines.by_origin.retain(|_, waiting| {
            waiting.retain_mut(|waiting| waiting.since.elapsed() < kept && waiting.line.is_idle());
            !waiting.is_empty()
        });
        if lines.by_origin.is_empty() {
            lines.swept = false;
            return;
        }
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = lock(&self.lines);
        let count: usize = lines.by_origin.values().map(Vec::len).sum();
        formatter
            .debug_struct("Idle")
            .field("kept", &self.kept)
            .field("lines", &count)
            .finish()
    }
}

fn lock(lines: &Mutex<Lines>) -> MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
