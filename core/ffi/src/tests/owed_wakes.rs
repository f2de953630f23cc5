//! A worker wakes a caller once for what it brings in one turn.

use crate::buffer::event_json::EventJson;
use crate::owed_wakes::{before_sleep, pay_if_due};
use crate::process::runtime;
use crate::queue::Queue;
use crate::sync::Wait;
use crate::tests::time_limit::TimeLimit;
use crate::waker::Waker;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{channel, Sender};
use std::sync::Arc;
use std::thread;

unsafe extern "C" fn count(ctx: *mut c_void) {
    // SAFETY: the tests pass a counter that outlives the queue's waker.
    unsafe { &*ctx.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

fn counted(calls: &AtomicUsize) -> Arc<Queue> {
    let ctx = std::ptr::from_ref(calls).cast_mut().cast();
    Arc::new(Queue::new(Waker::new(Some(count), ctx), usize::MAX))
}

fn push(queue: &Arc<Queue>) {
    queue.push_log(&EventJson::log(&"line"));
}

/// Runs on a thread that has slept once, as a worker has.
fn on_worker(run: impl FnOnce() + Send) {
    thread::scope(|scope| {
        scope.spawn(|| {
            before_sleep();
            run();
        });
    });
}

#[test]
fn a_worker_wakes_each_caller_once_for_all_before_it_sleeps() {
    let _limit = TimeLimit::begin();
    let calls = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let queues = calls.each_ref().map(counted);
    let called = || calls.each_ref().map(|calls| calls.load(Ordering::SeqCst));
    on_worker(|| {
        for queue in [&queues[0], &queues[1], &queues[0]] {
            push(queue);
        }
        assert_eq!(called(), [0, 0]);
        before_sleep();
        assert_eq!(called(), [1, 1]);
        before_sleep();
        // Who has polled meanwhile needs no wake for that.
        assert!(queues[0].poll(Wait::Now).is_some());
        push(&queues[0]);
        assert!(queues[0].poll(Wait::Now).is_some());
        before_sleep();
        assert_eq!(called(), [1, 1]);
        push(&queues[0]);
        before_sleep();
        assert_eq!(called(), [2, 1]);
    });
}

#[test]
fn a_worker_that_does_not_sleep_pays_after_a_while() {
    let _limit = TimeLimit::begin();
    let calls = AtomicUsize::new(0);
    let queue = counted(&calls);
    on_worker(|| {
        pay_if_due();
        push(&queue);
        // Bounded by the limit of the test.
        while calls.load(Ordering::SeqCst) == 0 {
            pay_if_due();
        }
    });
}

#[test]
fn other_threads_owe_nothing() {
    let _limit = TimeLimit::begin();
    let calls = AtomicUsize::new(0);
    push(&counted(&calls));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn a_poller_that_sleeps_is_woken_by_a_worker_that_is_about_to() {
    let _limit = TimeLimit::begin();
    let queue = Arc::new(Queue::new(
        Waker::new(None, std::ptr::null_mut()),
        usize::MAX,
    ));
    let (polled, has_polled) = channel();
    thread::scope(|scope| {
        scope.spawn(|| polled.send(queue.poll(Wait::Forever).is_some()).unwrap());
        on_worker(|| {
            while !queue.has_sleeper() {
                thread::yield_now();
            }
            push(&queue);
            before_sleep();
        });
        assert!(has_polled.recv().unwrap());
    });
}

/// Tells the test of each wake.
unsafe extern "C" fn tell(ctx: *mut c_void) {
    // SAFETY: the test passes a sender that outlives the queue's waker.
    unsafe { &*ctx.cast::<Sender<()>>() }.send(()).unwrap();
}

/// The threads of the runtime are such workers: while one that has slept runs a task, no wake is
/// sent, and then it is.
#[test]
fn the_workers_of_the_runtime_owe_and_pay() {
    let _limit = TimeLimit::begin();
    let (sender, wakes) = channel::<()>();
    let ctx = std::ptr::from_ref(&sender).cast_mut().cast();
    let queue = Arc::new(Queue::new(Waker::new(Some(tell), ctx), usize::MAX));
    let runtime = runtime::start(1).unwrap();
    // It may take the first tasks before it has slept; bounded by the limit of the test.
    loop {
        let (begin, begun) = channel();
        let (finish, finished) = channel();
        let queue_of_task = Arc::clone(&queue);
        runtime.spawn(async move {
            push(&queue_of_task);
            begin.send(()).unwrap();
            finished.recv().unwrap();
        });
        begun.recv().unwrap();
        let is_owed = wakes.try_recv().is_err();
        finish.send(()).unwrap();
        if is_owed {
            wakes.recv().unwrap();
            break;
        }
        assert!(queue.poll(Wait::Now).is_some());
    }
    // Waits for its worker, which may still be inside `tell` and so use the sender.
    drop(runtime);
}
