//! What a process has once: the tokio runtime, the clients by handle, the HTTP stacks. Owns when it
//! is made, at the first client. Nothing of it is ever dropped: after a fork the child leaves it
//! where it is and makes its own.

pub mod runtime;

use std::io;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

use liter_llm_core::{ClientOptions, ErrorKind, LlmError};
use tokio::runtime::{Handle, Runtime};

use crate::client::ClientState;
use crate::core_client::{CoreClient, InvokeClient};
use crate::error::{closed, internal_error, invalid_argument, Failure};
use crate::handles::{generation_of, Handles};
use crate::http_cache::HttpCache;
use crate::platform::{self, DESCRIPTOR_REFUSED, THREAD_REFUSED};
use crate::{alloc, exit, fork, panic_hook};

/// On one processor too: a large response that one of them parses holds nobody up.
const WORKER_THREADS_BY_DEFAULT_MIN: usize = 2;
const WORKER_THREADS_MAX: usize = 4;

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// All that this library has in one process of one generation.
pub struct Process {
    generation: usize,
    runtime: Runtime,
    clients: Handles<ClientState>,
    http_cache: HttpCache,
    invoke_client: InvokeClient,
}

/// The client that a handle stands for.
pub fn find(handle: usize) -> Result<Arc<ClientState>, Failure> {
    if let Some(client) = Process::current().and_then(|process| process.clients.get(handle)) {
        return Ok(client);
    }
    Err(match generation_of(handle) {
        _ if handle == 0 => invalid_argument("client is NULL"),
        Some(generation) if generation < fork::generation() => {
            closed("the client was inherited through fork; make a new one in the child")
        }
        _ => invalid_argument("client was freed, or was not made by llm_client_new"),
    })
}

impl Process {
    /// What this process has, if it has begun and was not forked since.
    pub fn current() -> Option<&'static Self> {
        // SAFETY: the pointer is null or came from Box::into_raw in get_or_start, and what was
        // stored here is never freed.
        let process = unsafe { PROCESS.load(Ordering::Acquire).as_ref() }?;
        (process.generation == fork::generation()).then_some(process)
    }

    /// As `current`; starts it if it is not started. Of two threads that start at once one wins.
    pub fn get_or_start(worker_threads: Option<usize>) -> Result<&'static Self, Failure> {
        exit::check()?;
        fork::watch();
        exit::watch();
        platform::stay_loaded();
        let before = PROCESS.load(Ordering::Acquire);
        if let Some(process) = Self::current() {
            return Ok(process);
        }
        let process = Box::into_raw(Box::new(Self::start(worker_threads)?));
        let exchange =
            PROCESS.compare_exchange(before, process, Ordering::AcqRel, Ordering::Acquire);
        if exchange.is_err() {
            // SAFETY: the pointer came from Box::into_raw above and was not stored anywhere.
            unsafe { Box::from_raw(process) }
                .runtime
                .shutdown_background();
        }
        alloc::start_thread();
        Self::current().ok_or_else(|| internal_error("the runtime was lost while it was made"))
    }

    /// Where tasks run.
    pub fn runtime(&self) -> &Handle {
        self.runtime.handle()
    }

    /// A client of the core with these options.
    pub fn core_client(&self, options: ClientOptions) -> Result<CoreClient, Failure> {
        let _entered = self.runtime.enter();
        CoreClient::new(options, &self.http_cache)
    }

    /// The client of the core that every llm_invoke uses.
    pub fn invoke_client(&self) -> Result<CoreClient, Failure> {
        let _entered = self.runtime.enter();
        self.invoke_client.get(&self.http_cache)
    }

    /// Makes a handle for a client.
    pub fn insert(&self, client: Arc<ClientState>) -> usize {
        self.clients.insert(client)
    }

    /// Makes a handle stale; one caller gets the client.
    pub fn remove(&self, handle: usize) -> Option<Arc<ClientState>> {
        self.clients.remove(handle)
    }

    fn start(worker_threads: Option<usize>) -> Result<Self, Failure> {
        panic_hook::install_hook();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let generation = fork::generation();
        let runtime = runtime::start(workers(worker_threads, cores));
        let runtime = runtime.map_err(|error| refused(&error))?;
        Ok(Self {
            generation,
            runtime,
            clients: Handles::new(generation),
            http_cache: HttpCache::default(),
            invoke_client: InvokeClient::default(),
        })
    }
}

/// How many threads poll streams.
fn workers(asked: Option<usize>, cores: usize) -> usize {
    let by_default = cores.max(WORKER_THREADS_BY_DEFAULT_MIN);
    asked.unwrap_or(by_default).clamp(1, WORKER_THREADS_MAX)
}

/// The system refuses what the runtime needs: its error, and what to do.
fn refused(error: &io::Error) -> Failure {
    let what = match error.raw_os_error() {
        Some(number) if THREAD_REFUSED.contains(&number) => {
            "the process is at a limit of threads or memory; raise it"
        }
        Some(number) if DESCRIPTOR_REFUSED.contains(&number) => {
            "no free descriptor; raise the limit"
        }
        _ => "the system refused its threads or descriptors",
    };
    let message = format!("cannot start the runtime: {error}: {what}, or try again later");
    LlmError::new(ErrorKind::Config, message).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::LLM_ERROR_CONFIG;

    #[test]
    fn one_thread_is_started_only_where_it_is_asked_for() {
        let cases = [
            (None, 1, 2),
            (None, 3, 3),
            (None, 64, 4),
            (Some(1), 8, 1),
            (Some(9), 1, 4),
        ];
        for (asked, cores, due) in cases {
            assert_eq!(workers(asked, cores), due, "{asked:?} {cores}");
        }
        assert_eq!(workers(Some(0), 8), 1);
    }

    #[test]
    fn a_system_that_refuses_the_runtime_says_which_limit_to_raise() {
        let all = |numbers: &[i32], what| -> Vec<_> {
            numbers.iter().map(|number| (*number, what)).collect()
        };
        for (number, what) in [
            all(&THREAD_REFUSED, "limit of threads or memory; raise it"),
            all(&DESCRIPTOR_REFUSED, "no free descriptor; raise the limit"),
            all(&[1], "refused its threads or descriptors"),
        ]
        .concat()
        {
            let error = io::Error::from_raw_os_error(number);
            let failure = refused(&error);
            assert_eq!(failure.number, LLM_ERROR_CONFIG);
            let says = |text: &str| failure.json.contains(text);
            assert!(says(what) && says(&error.to_string()), "{}", failure.json);
            assert!(says("or try again later"), "{}", failure.json);
        }
    }
}
