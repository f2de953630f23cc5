//! Linux, macOS and other systems of POSIX.

use std::ffi::{c_char, c_void, CStr};
use std::io::{Error, ErrorKind};

/// A signal mask, as it was before.
pub type SignalMask = libc::sigset_t;

/// Numbers of errors: a thread, or memory for one, is refused; a descriptor is.
/// Not `pub`, as cbindgen would put them into the header.
pub(crate) const THREAD_REFUSED: [i32; 1] = [libc::EAGAIN];
pub(crate) const DESCRIPTOR_REFUSED: [i32; 2] = [libc::EMFILE, libc::ENFILE];

/// Has this called in the child of every later fork, where it may do what the child of a threaded
/// process may.
pub fn watch_forks(in_child: unsafe extern "C" fn()) {
    // SAFETY: in_child is a function of this library, which is never unloaded (stay_loaded).
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Keeps the library in memory when the program unloads it: its threads run in it. On Linux it is
/// linked so (-z nodelete), which no linker of Apple's can do.
#[cfg(not(target_vendor = "apple"))]
pub fn stay_loaded() {}

/// As above.
#[cfg(target_vendor = "apple")]
pub fn stay_loaded() {
    // SAFETY: Dl_info is plain data, for which all zeros is a value.
    let mut found = unsafe { std::mem::zeroed::<libc::Dl_info>() };
    // SAFETY: the address is that of a function of this library; `found` lives through the call.
    if unsafe { libc::dladdr(stay_loaded as *const c_void, &mut found) } != 0 {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
        // SAFETY: dladdr gave a name that ends with NUL; nothing is loaded that is not already.
        unsafe { libc::dlopen(found.dli_fname, flags) };
    }
}

/// Blocks every signal in this thread and gives the mask from before.
pub fn block_signals() -> Option<SignalMask> {
    // SAFETY: sigset_t is plain data, for which all zeros is a value.
    let (mut all, mut before) = unsafe { std::mem::zeroed::<(SignalMask, SignalMask)>() };
    // SAFETY: both pointers are to sets that live through the calls.
    let failed = unsafe {
        libc::sigfillset(&mut all) != 0
            || libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before) != 0
    };
    (!failed).then_some(before)
}

/// Sets the mask that `block_signals` gave.
pub fn restore_signals(before: &SignalMask) {
    // SAFETY: `before` was filled in by pthread_sigmask; a null pointer for the old mask is
    // allowed.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
}

/// Writes the number 1 as eight bytes to a descriptor, which is one unit of an eventfd. A full pipe
/// already wakes its reader; a closed one has no reader. Leaves errno as it was, for a caller that
/// calls this itself.
pub fn wake(fd: *mut c_void) {
    let one = 1u64.to_ne_bytes();
    let errno_before = errno::get();
    // SAFETY: the pointer and the length are those of `one`; any number may be passed as fd.
    while unsafe { libc::write(fd.addr() as libc::c_int, one.as_ptr().cast(), one.len()) } < 0
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

/// Shows the environment, entry by entry. Reads what `getenv` reads, once, and like it must not
/// race an application that changes the environment in another thread.
pub fn each_variable(mut look: impl FnMut(&[u8])) {
    let mut entry = first_entry();
    if entry.is_null() {
        return;
    }
    // SAFETY: the environment is a list of pointers that ends with NULL.
    while let Some(text) = unsafe { entry.read().as_ref() } {
        // SAFETY: each of them leads to bytes that end with NUL.
        look(unsafe { CStr::from_ptr(text) }.to_bytes());
        // SAFETY: this entry was not the last one, NULL.
        entry = unsafe { entry.add(1) };
    }
}

#[cfg(not(target_vendor = "apple"))]
fn first_entry() -> *const *const c_char {
    extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: POSIX has this variable in every process.
    unsafe { environ }
}

#[cfg(target_vendor = "apple")]
fn first_entry() -> *const *const c_char {
    // SAFETY: gives the address of the variable, which libraries cannot name there.
    unsafe { (*libc::_NSGetEnviron()).cast_const().cast() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_wake_writes_one_unit_and_keeps_errno() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        errno::set(7);
        wake(std::ptr::without_provenance_mut(writer.as_raw_fd() as usize));
        wake(std::ptr::without_provenance_mut(usize::MAX));
        assert_eq!(errno::get(), 7);
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(u64::from_ne_bytes(bytes), 1);
    }
}
