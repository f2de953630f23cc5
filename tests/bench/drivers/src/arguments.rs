//! The command line of a driver.

const TIMED_EVERY: usize = 50;
/// As many threads as the library's own runtime has on two cores.
const WORKERS: usize = 2;

/// The arguments that the runner passes.
#[derive(Debug, Default)]
pub struct Arguments {
    base: String,
    pub key: String,
    timed_key: Option<String>,
    pub streams: usize,
    pub concurrency: usize,
    pub tokens: usize,
    pub whole: bool,
    pub ca: Option<String>,
    pub hold_ms: u64,
    /// Threads of the runtime.
    pub workers: usize,
}

impl Arguments {
    /// Of this process; a mistake is a panic, since only the runner starts drivers.
    pub fn parse() -> Self {
        let mut arguments = Self {
            workers: WORKERS,
            ..Self::default()
        };
        let mut words = std::env::args().skip(1);
        while let Some(name) = words.next() {
            if name == "--whole" {
                arguments.whole = true;
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{name}: no value"));
            let number = || value.parse().unwrap_or_else(|_| panic!("{name} {value}"));
            match name.as_str() {
                "--base-url" => arguments.base = value,
                "--key" => arguments.key = value,
                "--timed-key" => arguments.timed_key = Some(value),
                "--streams" => arguments.streams = number(),
                "--concurrency" => arguments.concurrency = number(),
                "--tokens" => arguments.tokens = number(),
                "--hold-ms" => arguments.hold_ms = number() as u64,
                "--workers" => arguments.workers = number(),
                "--ca" => arguments.ca = Some(value),
                _ => panic!("{name}: unknown"),
            }
        }
        arguments
    }

    /// The base URL of the plan with this key.
    pub fn base_url(&self, key: &str) -> String {
        format!("{}/{key}/v1", self.base)
    }

    /// The key of a stream, and whether its tokens hold the time when they were due.
    pub fn key_of(&self, index: usize) -> (&str, bool) {
        match &self.timed_key {
            Some(key) if index.is_multiple_of(TIMED_EVERY) => (key, true),
            _ => (&self.key, false),
        }
    }
}
