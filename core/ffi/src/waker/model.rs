//! Every interleaving of threads that push and a caller that polls, step by step of the real waker:
//! what a thread does between two of its accesses to shared state is one step. What `queue` does
//! under its lock is written down here again, as one step each; change both.

use std::collections::HashSet;

use super::*;

const PUSHERS: usize = 2;
const PUSHES: u8 = 2;

/// Where a pushing thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    /// About to push, or done.
    Push,
    /// Has to wake.
    Begin,
    /// The call is decided, and the callback not yet entered.
    Call,
    /// The callback has returned.
    End,
    /// The caller polled meanwhile: checks whether there is more.
    LookAgain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct World {
    waker: u8,
    /// Whether there is something to poll.
    unread: bool,
    pushers: [(At, u8); PUSHERS],
    /// Calls after which the caller has not polled yet.
    unpolled: u8,
    /// Calls beyond the number of polls.
    ahead: i8,
    /// Polls that the caller may still make without having been woken.
    extra_polls: u8,
    /// Calls one after another without a poll between.
    in_a_row: u8,
}

unsafe extern "C" fn nobody(_: *mut c_void) {}

impl World {
    fn new(extra_polls: u8) -> Self {
        Self {
            waker: ARMED,
            unread: false,
            pushers: [(At::Push, PUSHES); PUSHERS],
            unpolled: 0,
            ahead: 0,
            extra_polls,
            in_a_row: 0,
        }
    }

    /// Does something to the real waker.
    fn with_waker<T>(&mut self, act: impl FnOnce(&Waker) -> T) -> T {
        let waker = Waker::new(Some(nobody), std::ptr::null_mut());
        waker.state.store(self.waker, Ordering::SeqCst);
        let result = act(&waker);
        self.waker = waker.state.load(Ordering::SeqCst);
        result
    }

    /// One step of a pushing thread; `None` when it is done.
    fn push(mut self, pusher: usize) -> Option<Self> {
        let (at, left) = *self.pushers.get(pusher)?;
        let (mut next, mut pushes) = (At::Push, left);
        match at {
            At::Push => {
                pushes = left.checked_sub(1)?;
                self.unread = true;
                if self.with_waker(Waker::announce) {
                    next = At::Begin;
                }
            }
            At::Begin => {
                if self.with_waker(Waker::begin).is_some() {
                    next = At::Call;
                }
            }
            At::Call => {
                self.unpolled += 1;
                self.in_a_row += 1;
                self.ahead += 1;
                next = At::End;
            }
            At::End => {
                if self.with_waker(Waker::end) == Woken::Polled {
                    next = At::LookAgain;
                }
            }
            At::LookAgain => {
                if self.unread && self.with_waker(Waker::announce) {
                    next = At::Begin;
                }
            }
        }
        *self.pushers.get_mut(pusher)? = (next, pushes);
        Some(self)
    }

    /// One poll: once per call, and some without a call.
    fn poll(mut self) -> Option<Self> {
        match self.unpolled {
            0 => self.extra_polls = self.extra_polls.checked_sub(1)?,
            _ => self.unpolled -= 1,
        }
        self.with_waker(Waker::polled);
        self.unread = false;
        self.ahead -= 1;
        self.in_a_row = 0;
        Some(self)
    }

    /// Every world that one step leads to.
    fn next(self) -> Vec<Self> {
        let pushes = (0..PUSHERS).filter_map(|pusher| self.push(pusher));
        pushes.chain(self.poll()).collect()
    }
}

/// Every world that can be reached.
fn explore(extra_polls: u8) -> HashSet<World> {
    let mut seen = HashSet::new();
    let mut open = vec![World::new(extra_polls)];
    while let Some(world) = open.pop() {
        if seen.insert(world) {
            open.extend(world.next());
        }
    }
    seen
}

fn in_a_row_max(worlds: &HashSet<World>) -> Option<u8> {
    worlds.iter().map(|world| world.in_a_row).max()
}

#[test]
fn a_caller_that_polls_when_woken_is_never_woken_twice_without_a_poll_between() {
    let worlds = explore(0);
    assert!(worlds.len() > 100, "{}", worlds.len());
    assert_eq!(in_a_row_max(&worlds), Some(1));
}

/// A poll without a call cannot take back a call that is on its way; that call, and the one for
/// what came after the poll, is all that can follow.
#[test]
fn there_is_never_more_than_one_call_more_than_polls() {
    for extra_polls in 0..4 {
        let worlds = explore(extra_polls);
        assert_eq!(worlds.iter().map(|world| world.ahead).max(), Some(1));
        assert!(in_a_row_max(&worlds) <= Some(2));
    }
}

#[test]
fn a_caller_that_polls_once_per_call_misses_nothing() {
    for extra_polls in 0..4 {
        for world in explore(extra_polls) {
            // Nothing moves any more, though the caller would come when woken.
            let stuck = world.unread && world.unpolled == 0;
            let only_polls = (0..PUSHERS).all(|pusher| world.push(pusher).is_none());
            assert!(!(stuck && only_polls), "{world:?}");
        }
    }
}

#[test]
fn two_threads_never_call_at_once() {
    for world in explore(3) {
        let inside = |(at, _): &&(At, u8)| matches!(at, At::Call | At::End);
        assert!(
            world.pushers.iter().filter(inside).count() <= 1,
            "{world:?}"
        );
    }
}
