//! Starts the tokio runtime in a process that may be at its limit of threads, descriptors or
//! memory. tokio itself panics, or waits for ever, where a worker is refused; so a thread of its
//! own first proves that all threads can be had, then builds, and the caller waits for the result
//! and no longer. Owns the names, the number and the signal masks of the threads.

use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::alloc;
use crate::owed_wakes;
use crate::platform::{block_signals, restore_signals, SignalMask, THREAD_REFUSED};
use crate::sync::{lock, sleep, Wait};
use crate::worker_load;

/// The longest that a caller waits for the threads; they take less than a millisecond.
const START_WAIT_MAX: Duration = Duration::from_secs(10);

/// A runtime with so many threads, which all block every signal.
pub fn start(workers: usize) -> io::Result<Runtime> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let builder = {
        let _blocked = SignalsBlocked::begin();
        thread::Builder::new()
            .name("llm-start".to_owned())
            .spawn(move || hand_over(build(workers), &sender))?
    };
    let runtime = match receiver.recv_timeout(START_WAIT_MAX) {
        Ok(runtime) => runtime,
        Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("its first thread panicked")),
    };
    // It has sent its result, so it is about to end: joining it frees its thread.
    let _ = builder.join();
    runtime
}

/// Gives the runtime to the waiting caller; shuts it down where the caller has stopped waiting.
fn hand_over(runtime: io::Result<Runtime>, waiting: &SyncSender<io::Result<Runtime>>) {
    if let Err(mpsc::SendError(Ok(runtime))) = waiting.send(runtime) {
        runtime.shutdown_background();
    }
}

fn build(workers: usize) -> io::Result<Runtime> {
    prove_room_for(workers + alloc::THREADS)?;
    // Another thread of the application may have taken the room since. Inside a runtime, even one
    // that does nothing, tokio does not wait for the workers of one that it failed to build.
    let outer = Builder::new_current_thread().build()?;
    let built = catch_unwind(AssertUnwindSafe(|| {
        outer.block_on(async { build_inside(workers) })
    }));
    built.unwrap_or_else(|_| Err(io::Error::from_raw_os_error(THREAD_REFUSED[0])))
}

fn build_inside(workers: usize) -> io::Result<Runtime> {
    let (begun, has_begun) = mpsc::channel();
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        // Only tapes use it, to read and write; name lookups have threads of their own.
        .max_blocking_threads(1)
        .thread_name("llm-worker")
        .on_thread_start(move || {
            block_signals();
            alloc::begin_thread();
            let _ = begun.send(());
        })
        .on_thread_park(|| {
            owed_wakes::before_sleep();
            worker_load::before_sleep();
        })
        .enable_all()
        .build()?;
    // On a busy machine a worker may begin only when a stream has already taken the memory that
    // the worker's part of the allocator needs.
    has_begun.iter().take(workers).for_each(drop);
    Ok(runtime)
}

/// Starts as many threads as will be needed, and ends them again: returns the first refusal.
fn prove_room_for(threads: usize) -> io::Result<()> {
    let gate = Gate::default();
    thread::scope(|scope| {
        let _opened_at_the_end = OpenAtEnd(&gate);
        for _ in 0..threads {
            thread::Builder::new().spawn_scoped(scope, || gate.wait())?;
        }
        Ok(())
    })
}

/// Threads wait before it until it is open.
#[derive(Debug, Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *lock(&self.is_open) = true;
        self.opened.notify_all();
    }

    fn wait(&self) {
        let mut is_open = lock(&self.is_open);
        while !*is_open {
            match sleep(&self.opened, is_open, Wait::Forever) {
                Some(woken) => is_open = woken,
                None => return,
            }
        }
    }
}

/// Opens a gate when the scope is left, by whichever way.
struct OpenAtEnd<'a>(&'a Gate);

impl Drop for OpenAtEnd<'_> {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// While it lives, no signal interrupts this thread, and threads that it starts inherit that. A
/// signal handler of the application must never run on a thread of this library, and a write to a
/// closed socket raises SIGPIPE, which would end a process that does not ignore it.
struct SignalsBlocked {
    before: Option<SignalMask>,
}

impl SignalsBlocked {
    fn begin() -> Self {
        Self {
            before: block_signals(),
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            restore_signals(before);
        }
    }
}
