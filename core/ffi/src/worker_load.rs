//! A worker with many streams lets other threads run before it sleeps. Callers that it has just
//! woken usually start more streams, and tokio wakes no worker as long as one is awake: so this one
//! takes a dozen starts in one turn. Asleep it would be woken for each of them, and where callers
//! and workers share a core, each wake would interrupt the caller. Owns when that pays.

use std::cell::Cell;
use std::thread;

/// How much a worker has to do before it lets others run. Below that nothing would be saved, and on
/// a busy machine a worker that gives up its core waits some milliseconds for the next one.
const YIELD_FROM: u32 = 16;

thread_local! {
    static LOAD: Cell<Load> = const { Cell::new(Load { polls: 0, recent: 0 }) };
}

/// What one worker had to do lately.
#[derive(Debug, Clone, Copy)]
struct Load {
    /// Polls of streams since it last slept.
    polls: u32,
    /// The same of all turns before, each counting half as much as the one that followed it.
    recent: u32,
}

impl Load {
    fn count(&mut self) {
        self.polls = self.polls.saturating_add(1);
    }

    /// The turn ends. Whether others are to run before the worker sleeps.
    fn end_turn(&mut self) -> bool {
        self.recent = (self.recent / 2).saturating_add(self.polls);
        self.polls = 0;
        self.recent >= YIELD_FROM
    }
}

/// A worker is about to poll a stream.
pub fn count_poll() {
    LOAD.with(|load| {
        let mut now = load.get();
        now.count();
        load.set(now);
    });
}

/// For a worker that is about to sleep.
pub fn before_sleep() {
    let is_heavy = LOAD.with(|load| {
        let mut now = load.get();
        let is_heavy = now.end_turn();
        load.set(now);
        is_heavy
    });
    if is_heavy {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::{count_poll, Load, LOAD, YIELD_FROM};
    use crate::process::runtime;
    use crate::tests::time_limit::TimeLimit;

    /// What each turn of a worker with so many polls decides, from rest.
    fn turns(polls: &[u32]) -> Vec<bool> {
        let mut load = Load {
            polls: 0,
            recent: 0,
        };
        let turn = |&polls: &u32| {
            (0..polls).for_each(|_| load.count());
            load.end_turn()
        };
        polls.iter().map(turn).collect()
    }

    #[test]
    fn one_stream_after_another_never_yields() {
        assert!(!turns(&[3; 1000]).contains(&true));
        assert!(!turns(&[7; 1000]).contains(&true));
    }

    #[test]
    fn many_streams_yield_at_once_and_the_few_that_follow_them_too() {
        assert_eq!(turns(&[YIELD_FROM - 1, 0]), [false, false]);
        assert_eq!(turns(&[YIELD_FROM]), [true]);
        assert_eq!(turns(&[100, 1, 1, 1, 1]), [true, true, true, false, false]);
    }

    #[test]
    fn a_steady_load_of_half_as_many_yields() {
        let decided = turns(&[YIELD_FROM / 2 + 1; 20]);
        assert_eq!(decided.first(), Some(&false));
        assert_eq!(decided.last(), Some(&true));
    }

    /// A turn of theirs ends when they sleep.
    #[test]
    fn the_workers_of_the_runtime_end_their_turns() {
        let _limit = TimeLimit::begin();
        let runtime = runtime::start(1).unwrap();
        let (sender, loads) = channel();
        // It may take some tasks before it sleeps; bounded by the limit of the test.
        loop {
            let sender = sender.clone();
            runtime.spawn(async move {
                sender.send(LOAD.get()).unwrap();
                count_poll();
            });
            let load = loads.recv().unwrap();
            if load.polls == 0 && load.recent > 0 {
                break;
            }
        }
        runtime.shutdown_background();
    }

    #[test]
    fn no_load_overflows() {
        let mut load = Load {
            polls: u32::MAX,
            recent: u32::MAX,
        };
        load.count();
        assert!(load.end_turn());
    }
}
