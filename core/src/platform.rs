//! What differs by operating system: how a file is opened by one writer alone and replaced, and how
//! a silent connection is probed. Everything else that the core needs of a system comes with tokio,
//! socket2 and the standard library.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use socket2::TcpKeepalive;

/// A peer that vanished is noticed within a minute: by three probes.
#[cfg(unix)]
pub(crate) fn keep_alive() -> TcpKeepalive {
    const EVERY: Duration = Duration::from_secs(15);
    TcpKeepalive::new()
        .with_time(EVERY)
        .with_interval(EVERY)
        .with_retries(3)
}

/// As above, by the ten probes that Windows sends: their number can be set only since version 1703
/// of Windows 10.
#[cfg(windows)]
pub(crate) fn keep_alive() -> TcpKeepalive {
    TcpKeepalive::new()
        .with_time(Duration::from_secs(15))
        .with_interval(Duration::from_secs(4))
}

/// Opens a file that nobody else may write meanwhile; None when somebody does. That ends with the
/// file, and with the process.
#[cfg(unix)]
pub(crate) fn open_alone(options: &mut OpenOptions, path: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{flock, FlockOperation};
    use std::os::unix::fs::MetadataExt;

    let file = options.open(path)?;
    let is_taken = flock(&file, FlockOperation::NonBlockingLockExclusive)
        .is_err_and(|error| error == rustix::io::Errno::WOULDBLOCK);
    // Whoever had it may have put another file in its place.
    let is_same = || {
        let (own, named) = (file.metadata().ok()?, path.metadata().ok()?);
        Some((own.dev(), own.ino()) == (named.dev(), named.ino()))
    };
    let is_alone = !is_taken && is_same() != Some(false);
    Ok(is_alone.then_some(file))
}

/// As above.
#[cfg(windows)]
pub(crate) fn open_alone(options: &mut OpenOptions, path: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt;

    const FILE_SHARE_READ: u32 = 1;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    match options.share_mode(FILE_SHARE_READ).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts another file in the place of one that is open, and closes that.
#[cfg(unix)]
pub(crate) fn replace(open: Option<File>, new: &Path, path: &Path) -> io::Result<()> {
    let renamed = std::fs::rename(new, path);
    drop(open);
    renamed
}

/// As above; but it is closed first, since not every Windows replaces a file that is open.
#[cfg(windows)]
pub(crate) fn replace(open: Option<File>, new: &Path, path: &Path) -> io::Result<()> {
    drop(open);
    std::fs::rename(new, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("{name}_{}", std::process::id()));
        // Of a process that failed, whose number came again.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    fn open(path: &Path) -> Option<File> {
        let mut options = OpenOptions::new();
        open_alone(options.write(true).create(true).truncate(false), path).unwrap()
    }

    #[test]
    fn one_writer_at_a_time_and_any_reader() {
        let folder = folder("liter_llm_one_writer");
        let path = folder.join("file");
        let first = open(&path);
        assert!(first.is_some());
        assert!(open(&path).is_none());
        assert!(File::open(&path).is_ok());
        drop(first);
        assert!(open(&path).is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn who_writes_a_file_can_replace_it() {
        let folder = folder("liter_llm_replaced");
        let (path, new) = (folder.join("file"), folder.join("file.new"));
        let writer = open(&path);
        std::fs::write(&new, "new").unwrap();
        replace(writer, &new, &path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert!(open(&path).is_some());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
