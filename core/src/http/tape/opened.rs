//! A tape whose file is open. The clients of a process that record the same file share one, since a
//! program may have a client for each of its event loops, or for each call. Owns what waits to be
//! written, and that a recording goes on as long as the process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use tokio::task::JoinHandle;

use super::exchange::TapedExchange;
use super::file::{self, Before, TapeFile};
use super::recordings::Recordings;
use super::{TapeMode, TapeOptions};
use crate::error::{config, ErrorKind, LlmError};
use crate::mutex::lock;

/// The place of one file. Its lock is held while the file is opened and read.
type Place = Arc<Mutex<Written>>;

/// A file that this process writes, or has recorded.
#[derive(Debug, Default)]
struct Written {
    tape: Weak<OpenTape>,
    /// Whether a client of this process recorded something, which the next one adds to.
    is_recorded: Arc<AtomicBool>,
}

/// The files that this process writes. A forked child shares none of its parent's; the lock is held
/// for no longer than a look, since a child inherits it as it is.
static WRITTEN: Mutex<Vec<(u32, PathBuf, Place)>> = Mutex::new(Vec::new());

/// A tape that is played, written, or both.
#[derive(Debug)]
pub(super) struct OpenTape {
    /// Who opened it: a forked child leaves the file alone.
    process: u32,
    path: PathBuf,
    mode: TapeMode,
    pub(super) recordings: Mutex<Recordings>,
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    file: Mutex<TapeFile>,
    /// What ended and is not written yet, with its number. Holds nothing of the client, whose end
    /// waits for it.
    pending: Mutex<Vec<(TapedExchange, u64)>>,
    next_number: AtomicU64,
    bytes: AtomicUsize,
    is_full: AtomicBool,
    failure: Mutex<Option<String>>,
    /// Clients that use it.
    users: AtomicUsize,
    /// Of the place of the file, in mode `record`.
    is_recorded: Option<Arc<AtomicBool>>,
}

impl Written {
    fn is_of_use(&self) -> bool {
        self.tape.strong_count() > 0 || self.is_recorded.load(Ordering::Acquire)
    }
}

impl OpenTape {
    /// Opens the file. Blocks.
    pub(super) fn open(options: &TapeOptions) -> Result<Arc<Self>, LlmError> {
        let (mode, bytes_max) = (options.mode, options.file_bytes_max);
        if mode == TapeMode::Replay {
            let path = PathBuf::from(&options.file);
            let exchanges = file::read(&path, bytes_max)?;
            return Ok(Arc::new(Self::new(path, mode, exchanges, None)));
        }
        let path = absolute(Path::new(&options.file))?;
        let place = place_of(&path);
        let mut place = lock(&place);
        if let Some(tape) = place.tape.upgrade() {
            if tape.begin_use(mode)? {
                return Ok(tape);
            }
        }
        let before = match mode {
            TapeMode::Record if !place.is_recorded.load(Ordering::Acquire) => Before::Goes,
            TapeMode::Record => Before::IsReplaced,
            TapeMode::Auto | TapeMode::Replay => Before::Stays,
        };
        let (opened, exchanges) = TapeFile::open(&path, before, bytes_max)?;
        let writer = Writer {
            is_recorded: (mode == TapeMode::Record).then(|| Arc::clone(&place.is_recorded)),
            file: Mutex::new(opened),
            pending: Mutex::default(),
            next_number: AtomicU64::new(exchanges.len() as u64),
            bytes: AtomicUsize::new(0),
            is_full: AtomicBool::new(false),
            failure: Mutex::default(),
            users: AtomicUsize::new(1),
        };
        let tape = Arc::new(Self::new(path, mode, exchanges, Some(writer)));
        place.tape = Arc::downgrade(&tape);
        Ok(tape)
    }

    fn new(
        path: PathBuf,
        mode: TapeMode,
        exchanges: Vec<TapedExchange>,
        writer: Option<Writer>,
    ) -> Self {
        let mut recordings = Recordings::default();
        exchanges.into_iter().for_each(|it| recordings.add(it));
        Self {
            process: std::process::id(),
            path,
            mode,
            recordings: Mutex::new(recordings),
            writer,
        }
    }

    /// Another client uses it; false where its last one has closed it.
    fn begin_use(&self, mode: TapeMode) -> Result<bool, LlmError> {
        let Some(writer) = &self.writer else {
            return Ok(false);
        };
        let begin = |users: usize| (users > 0 && mode == self.mode).then(|| users + 1);
        let (set, get) = (Ordering::AcqRel, Ordering::Acquire);
        match writer.users.fetch_update(set, get, begin) {
            Ok(_) => Ok(true),
            Err(0) => Ok(false),
            Err(_) => Err(file::in_use(&self.path)),
        }
    }

    /// A client is gone: what it left is written, and the last one closes the file. Blocks.
    pub(super) fn end_use(&self) {
        let Some(writer) = &self.writer else {
            return;
        };
        if self.process != std::process::id() {
            return;
        }
        writer.flush(&self.path);
        if writer.users.fetch_sub(1, Ordering::AcqRel) == 1 {
            let closed = lock(&writer.file).close();
            writer.note(closed, &self.path);
        }
    }

    /// The number of the next exchange, or why nothing more is recorded.
    pub(super) fn begin(&self, bytes_max: usize) -> Result<u64, LlmError> {
        let Some(writer) = &self.writer else {
            return Err(config("tape: it is only played"));
        };
        if let Some(failure) = lock(&writer.failure).as_ref() {
            return Err(config(failure.clone()));
        }
        let is_full = writer.is_full.load(Ordering::Acquire);
        if is_full || writer.bytes.load(Ordering::Acquire) > bytes_max {
            let message = format!(
                "tape: {} would be larger than file_bytes_max ({bytes_max})",
                self.path.display()
            );
            return Err(LlmError::new(ErrorKind::TooLarge, message));
        }
        Ok(writer.next_number.fetch_add(1, Ordering::AcqRel))
    }

    /// Something was too large to be recorded.
    pub(super) fn refuse_more(&self) {
        if let Some(writer) = &self.writer {
            writer.is_full.store(true, Ordering::Release);
        }
    }

    /// Takes an exchange that has ended; a thread that may block writes it.
    pub(super) fn push(self: &Arc<Self>, exchange: TapedExchange, number: u64) {
        let Some(writer) = &self.writer else {
            return;
        };
        lock(&writer.pending).push((exchange, number));
        // Without a runtime the end of the client writes it.
        if tokio::runtime::Handle::try_current().is_ok() {
            let tape = Arc::clone(self);
            on_a_thread_that_may_block(Box::new(move || {
                if let Some(writer) = &tape.writer {
                    writer.flush(&tape.path);
                }
            }));
        }
    }
}

impl Writer {
    /// Writes what waits.
    fn flush(&self, path: &Path) {
        // Before the list: what another thread took is written when this one has the file.
        let mut file = lock(&self.file);
        let pending = std::mem::take(&mut *lock(&self.pending));
        for (exchange, number) in pending {
            if let Some(is_recorded) = &self.is_recorded {
                is_recorded.store(true, Ordering::Release);
            }
            let written = file.append(&exchange, number).map(|bytes| {
                self.bytes.fetch_add(bytes, Ordering::AcqRel);
            });
            self.note(written, path);
        }
    }

    /// A file that cannot be written fails the next request that would be recorded.
    fn note(&self, result: std::io::Result<()>, path: &Path) {
        if let Err(error) = result {
            let message = file::cannot("write", path, &error);
            lock(&self.failure).get_or_insert(message);
        }
    }
}

/// Runs something on the runtime's threads that may block; only inside a runtime.
pub(super) fn on_a_thread_that_may_block(work: Box<dyn FnOnce() + Send>) -> JoinHandle<()> {
    tokio::task::spawn_blocking(work)
}

/// The place of a file that this process may be writing.
fn place_of(path: &Path) -> Place {
    let process = std::process::id();
    let mut written = lock(&WRITTEN);
    written.retain(|(_, _, place)| Arc::strong_count(place) > 1 || lock(place).is_of_use());
    let mut known = written.iter();
    let known = known.find(|(owner, other, _)| (*owner, other.as_path()) == (process, path));
    if let Some((_, _, place)) = known {
        return Arc::clone(place);
    }
    let place = Place::default();
    written.push((process, path.to_owned(), Arc::clone(&place)));
    place
}

/// One name for each file: its folder exists, and it may not.
fn absolute(path: &Path) -> Result<PathBuf, LlmError> {
    let name = path.file_name();
    let name = name.ok_or_else(|| config(format!("tape: {} is not a file", path.display())))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let folder = folder.canonicalize();
    let folder = folder.map_err(|error| config(file::cannot("write", path, &error)))?;
    Ok(folder.join(name))
}
