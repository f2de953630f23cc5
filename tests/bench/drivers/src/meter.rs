//! What is counted while streams run: tokens, characters, times, memory, CPU.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::resource::{getrlimit, getrusage, setrlimit, Resource, UsageWho};
use nix::time::{clock_gettime, ClockId};
use serde_json::{json, Value};
use tokio::sync::Notify;

use crate::arguments::Arguments;

const ERRORS_SHOWN: usize = 3;

/// The counters of one run, shared by its streams.
#[derive(Debug)]
pub struct Meter {
    concurrency: usize,
    streams: usize,
    whole: bool,
    began: Instant,
    cpu: f64,
    rss_before_kib: u64,
    totals: Mutex<Totals>,
    all_open: Notify,
}

#[derive(Debug, Default)]
struct Totals {
    opened: usize,
    tokens: usize,
    characters: usize,
    first_ms: Vec<f64>,
    answer_ms: Vec<f64>,
    late_ms: Vec<f64>,
    errors: Vec<String>,
    rss_open_kib: Option<u64>,
    threads: u64,
    held: Option<(f64, f64)>,
}

/// The counters of one stream; they go to the meter at its end.
#[derive(Debug)]
pub struct Stream {
    meter: Arc<Meter>,
    timed: bool,
    began: Instant,
    first_ms: Option<f64>,
    tokens: usize,
    characters: usize,
    late_ms: Vec<f64>,
    error: Option<String>,
}

impl Meter {
    /// Begins to measure.
    pub fn new(arguments: &Arguments) -> Arc<Self> {
        if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
            // Too few descriptors show as errors of streams.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
        Arc::new(Self {
            concurrency: arguments.concurrency,
            streams: arguments.streams,
            whole: arguments.whole,
            began: Instant::now(),
            cpu: cpu_s(),
            rss_before_kib: status("VmRSS:"),
            totals: Mutex::default(),
            all_open: Notify::new(),
        })
    }

    /// Measures the CPU of a while in which all streams are open.
    pub async fn hold(self: Arc<Self>, hold_ms: u64) {
        if hold_ms == 0 {
            return;
        }
        self.all_open.notified().await;
        let (cpu, began) = (cpu_s(), Instant::now());
        tokio::time::sleep(Duration::from_millis(hold_ms)).await;
        let held = (cpu_s() - cpu, began.elapsed().as_secs_f64());
        self.totals().held = Some(held);
    }

    fn totals(&self) -> std::sync::MutexGuard<'_, Totals> {
        self.totals.lock().expect("no holder panics")
    }

    fn opened(&self) {
        let mut totals = self.totals();
        totals.opened += 1;
        if totals.opened == self.concurrency {
            totals.rss_open_kib = Some(status("VmRSS:"));
            totals.threads = status("Threads:");
            self.all_open.notify_one();
        }
    }

    /// The line for the runner.
    pub fn report(&self, driver: &str, version: &str) -> Value {
        let (wall_s, cpu_s) = (self.began.elapsed().as_secs_f64(), cpu_s() - self.cpu);
        let mut totals = self.totals();
        let totals = &mut *totals;
        json!({
            "driver": driver,
            "version": version,
            "streams": self.streams,
            "tokens": totals.tokens,
            "characters": totals.characters,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "first_token_ms": percentiles(&mut totals.first_ms),
            "answer_ms": if self.whole { percentiles(&mut totals.answer_ms) } else { Value::Null },
            "late_ms": percentiles(&mut totals.late_ms),
            "rss_before_kib": self.rss_before_kib,
            "rss_open_kib": totals.rss_open_kib,
            "rss_peak_kib": status("VmHWM:"),
            "threads": totals.threads.max(status("Threads:")),
            "held_cpu_s": totals.held.map(|held| held.0),
            "held_s": totals.held.map(|held| held.1),
            "errors": totals.errors,
        })
    }
}

impl Stream {
    /// A stream that begins now.
    pub fn new(meter: &Arc<Meter>, timed: bool) -> Self {
        Self {
            meter: meter.clone(),
            timed,
            began: Instant::now(),
            first_ms: None,
            tokens: 0,
            characters: 0,
            late_ms: Vec::new(),
            error: None,
        }
    }

    /// A piece of its text.
    pub fn token(&mut self, text: &str) {
        if self.first_ms.is_none() {
            self.first_ms = Some(milliseconds(self.began.elapsed()));
            self.meter.opened();
        }
        self.tokens += 1;
        self.characters += text.chars().count();
        if let Some(due_us) = self
            .timed
            .then(|| text.trim().parse::<f64>().ok())
            .flatten()
        {
            self.late_ms.push((monotonic_us() - due_us) / 1000.0);
        }
    }

    /// It failed.
    pub fn error(&mut self, error: impl ToString) {
        self.error = Some(error.to_string());
    }

    /// It is over.
    pub fn end(self) {
        let mut totals = self.meter.totals();
        totals.tokens += self.tokens;
        totals.characters += self.characters;
        totals.first_ms.extend(self.first_ms);
        totals.answer_ms.push(milliseconds(self.began.elapsed()));
        totals.late_ms.extend(self.late_ms);
        if totals.errors.len() < ERRORS_SHOWN {
            totals.errors.extend(self.error);
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// By nearest rank; nothing of nothing.
fn percentiles(values: &mut [f64]) -> Value {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else {
        return Value::Null;
    };
    let rank =
        |share: f64| values[((values.len() as f64 * share).ceil() as usize).clamp(1, last + 1) - 1];
    json!({"p50": rank(0.5), "p99": rank(0.99), "count": values.len()})
}

fn cpu_s() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("RUSAGE_SELF is known");
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn monotonic_us() -> f64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC is known");
    now.tv_sec() as f64 * 1e6 + now.tv_nsec() as f64 * 1e-3
}

/// A number of this process (proc(5), status).
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
