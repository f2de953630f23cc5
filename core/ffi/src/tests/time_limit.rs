//! A limit on the time of a test: one that hangs ends the test program with its name, where it
//! would else be waited for without end. Tests only.

use std::io::Write;
use std::sync::mpsc::{channel, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// Longer than any test takes on a loaded machine.
const SECONDS: u64 = 60;

/// The test may run while this lives.
pub struct TimeLimit {
    _ended: Sender<()>,
}

impl TimeLimit {
    /// For the test that calls: the harness names its thread after it.
    pub fn begin() -> Self {
        Self::of(Duration::from_secs(SECONDS))
    }

    fn of(limit: Duration) -> Self {
        let test = thread::current().name().unwrap_or("a test").to_owned();
        let (sender, receiver) = channel::<()>();
        thread::spawn(move || {
            if receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let _ = writeln!(std::io::stderr(), "{test} hangs: over {limit:?}");
                std::process::abort();
            }
        });
        Self { _ended: sender }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    #[ignore = "hangs on purpose; the test below runs it"]
    fn this_one_hangs() {
        let _limit = TimeLimit::of(Duration::from_millis(1));
        loop {
            thread::park();
        }
    }

    #[test]
    fn a_test_that_hangs_is_named_and_ended() {
        let name = "tests::time_limit::tests::this_one_hangs";
        let hung = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .output()
            .unwrap();
        assert!(!hung.status.success());
        let printed = String::from_utf8_lossy(&hung.stderr);
        assert!(printed.contains(&format!("{name} hangs")), "{printed}");
    }

    #[test]
    fn a_test_that_ends_in_time_is_left_alone() {
        drop(TimeLimit::of(Duration::from_secs(3600)));
    }
}
