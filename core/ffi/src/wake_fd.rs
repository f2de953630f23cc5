//! `llm_wake_fd`, the wake callback that comes with the library: one write to a descriptor. Touches
//! no language runtime and no memory of the caller.

use std::io::{Error, ErrorKind};

/// Writes the number 1 as eight bytes, which is one unit of an eventfd. A full pipe already wakes
/// its reader; a closed one has no reader. Leaves errno as it was, for a caller that calls this
/// itself.
pub fn write_one(fd: libc::c_int) {
    let one = 1u64.to_ne_bytes();
    let errno_before = errno::get();
    // SAFETY: the pointer and the length are those of `one`; any number may be passed as fd.
    while unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) } < 0
        && Error::last_os_error().kind() == ErrorKind::Interrupted
    {}
    errno::set(errno_before);
}

mod errno {
    #[cfg(target_os = "linux")]
    use libc::__errno_location as location;
    #[cfg(not(target_os = "linux"))]
    use libc::__error as location;

    pub fn get() -> libc::c_int {
        // SAFETY: the C library gives a pointer to this thread's own errno.
        unsafe { *location() }
    }

    pub fn set(value: libc::c_int) {
        // SAFETY: as above.
        unsafe { *location() = value }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsRawFd;

    #[test]
    fn writes_one_unit_and_keeps_errno() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        errno::set(7);
        write_one(writer.as_raw_fd());
        write_one(-1);
        assert_eq!(errno::get(), 7);
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(u64::from_ne_bytes(bytes), 1);
    }
}
