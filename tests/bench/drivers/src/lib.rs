//! What the drivers share: the command line, what is counted, and the one line of JSON at the end.
//! The drivers in other languages take and print the same; `tests/bench/measure.py` parses it.

mod arguments;
mod meter;

pub use arguments::Arguments;
pub use meter::{Meter, Stream};

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use futures_util::future::join_all;

/// The prompt of every driver.
pub const PROMPT: &str = "hello";
pub const MODEL: &str = "test-model";
pub const API_KEY: &str = "test-key";
/// One token, so that a warm-up takes no time.
const WARM_UP_KEY: &str = "tokens~1~0~warm-up";

pub fn runtime(arguments: &Arguments) -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(arguments.workers)
        .enable_all()
        .build()
}

/// Runs all streams, so many at once, each with its base URL; then prints the line.
pub async fn run<F, R>(driver: &str, version: &str, arguments: Arguments, ask: F)
where
    F: Fn(String, Stream) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Stream> + Send + 'static,
{
    let arguments = Arc::new(arguments);
    let warm_up = Stream::new(&Meter::new(&arguments), false);
    ask(arguments.base_url(WARM_UP_KEY), warm_up).await;
    let meter = Meter::new(&arguments);
    let next = Arc::new(AtomicUsize::new(0));
    let workers = (0..arguments.concurrency).map(|_| {
        let (arguments, meter, next, ask) =
            (arguments.clone(), meter.clone(), next.clone(), ask.clone());
        tokio::spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= arguments.streams {
                    return;
                }
                let (key, timed) = arguments.key_of(index);
                let stream = Stream::new(&meter, timed);
                ask(arguments.base_url(key), stream).await.end();
            }
        })
    });
    let holder = tokio::spawn(meter.clone().hold(arguments.hold_ms));
    join_all(workers).await;
    holder.abort();
    println!("{}", meter.report(driver, version));
}
