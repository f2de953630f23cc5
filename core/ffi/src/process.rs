//! What a process has once: the tokio runtime, the table of clients, the HTTP stacks. Owns its
//! making, at the first client, and its threads. Nothing of it is ever dropped: after a fork the
//! child leaves it where it is and makes its own. Called by `lib`, `client` and `invoke`.

mod runtime;

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

use liter_llm_core::{ClientOptions, ErrorKind, LlmError};
use tokio::runtime::Runtime;

use crate::client::ClientState;
use crate::core_client::{Kept, Prepared};
use crate::error::Failure;
use crate::handles::{generation_of, Handles};
use crate::http_cache::Pools;
use crate::{alloc, exit, fork, panic_hook};

const WORKER_THREADS_MIN: usize = 2;
const WORKER_THREADS_MAX: usize = 4;

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// All that this library has in one process of one generation.
pub struct Process {
    generation: usize,
    runtime: Runtime,
    clients: Handles<ClientState>,
    pools: Pools,
    kept: Kept,
}

/// The client that a handle stands for.
pub fn find(handle: usize) -> Result<Arc<ClientState>, Failure> {
    if let Some(client) = Process::current().and_then(|process| process.clients.get(handle)) {
        return Ok(client);
    }
    let (kind, message) = match generation_of(handle) {
        _ if handle == 0 => (ErrorKind::InvalidArgument, "client is NULL"),
        Some(generation) if generation < fork::generation() => (
            ErrorKind::Closed,
            "the client was inherited through fork; make a new one",
        ),
        _ => (
            ErrorKind::InvalidArgument,
            "client is none that llm_client_new made, or was freed",
        ),
    };
    Err(LlmError::new(kind, message).into())
}

impl Process {
    /// What this process has, if it has begun and was not forked since.
    pub fn current() -> Option<&'static Self> {
        // SAFETY: the pointer is null or came from Box::into_raw in get_or_start, and what was
        // stored here is never freed.
        let process = unsafe { PROCESS.load(Ordering::Acquire).as_ref() }?;
        (process.generation == fork::generation()).then_some(process)
    }

    /// As `current`; begins if nobody has. Of two threads that begin at once one wins.
    pub fn get_or_start(worker_threads: Option<usize>) -> Result<&'static Self, Failure> {
        exit::refuse()?;
        fork::watch();
        exit::watch();
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
        Self::current().ok_or_else(|| internal("the runtime was lost while it was made"))
    }

    /// Runs a task on the workers.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// What a client with these options uses.
    pub fn prepare(&self, options: ClientOptions) -> Result<Prepared, Failure> {
        let _entered = self.runtime.enter();
        Prepared::new(options, &self.pools)
    }

    /// What every llm_invoke uses.
    pub fn prepared(&self) -> Result<Prepared, Failure> {
        let _entered = self.runtime.enter();
        self.kept.get(&self.pools)
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
        let workers = worker_threads
            .unwrap_or(cores)
            .clamp(WORKER_THREADS_MIN, WORKER_THREADS_MAX);
        let generation = fork::generation();
        let runtime = runtime::start(workers);
        let runtime = runtime.map_err(|error| refused(&error))?;
        Ok(Self {
            generation,
            runtime,
            clients: Handles::new(generation),
            pools: Pools::default(),
            kept: Kept::default(),
        })
    }
}

/// What to answer where the system refuses what the runtime needs: what it said, and what to do.
fn refused(error: &io::Error) -> Failure {
    let what = match error.raw_os_error() {
        Some(libc::EAGAIN) => "the process is at a limit of threads or memory; raise it",
        Some(libc::EMFILE | libc::ENFILE) => "there is no free descriptor; raise the limit",
        _ => "the system refused its threads or descriptors",
    };
    let message = format!("cannot start the runtime: {error}: {what}, or try again later");
    LlmError::new(ErrorKind::Config, message).into()
}

fn internal(message: impl Into<String>) -> Failure {
    LlmError::new(ErrorKind::Internal, message).into()
}
