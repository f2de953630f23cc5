//! What a panic of this library prints: the place, never the payload, which may hold text of a
//! user. Owns the hook of our own copy of Rust's std; an application written in Rust has another.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Replaces std's hook, which prints the payload.
pub fn install_hook() {
    // The tests of this crate share the copy of std with the test harness, which needs its own.
    if cfg!(test) || INSTALLED.swap(true, Ordering::AcqRel) {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let (file, line) = panic
            .location()
            .map_or(("?", 0), |place| (place.file(), place.line()));
        let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
        // Nothing can be done where stderr is closed.
        let _ = writeln!(
            std::io::stderr(),
            "liter-llm: internal error at {file}:{line}"
        );
    }));
}
