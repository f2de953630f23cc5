//! Windows, which has no fork and no signal masks.

use std::ffi::c_void;

use windows_sys::Win32::Foundation::{
    ERROR_COMMITMENT_LIMIT, ERROR_NOT_ENOUGH_MEMORY, ERROR_NO_SYSTEM_RESOURCES,
    ERROR_TOO_MANY_OPEN_FILES,
};
use windows_sys::Win32::Networking::WinSock::WSAEMFILE;
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleExW, GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN,
};
use windows_sys::Win32::System::Threading::SetEvent;

/// There are no signal masks.
pub type SignalMask = ();

/// Numbers of errors: a thread, or memory for one, is refused; a handle or a socket is.
/// Not `pub`, as cbindgen would put them into the header.
pub(crate) const THREAD_REFUSED: [i32; 2] = [
    ERROR_NOT_ENOUGH_MEMORY as i32,
    ERROR_COMMITMENT_LIMIT as i32,
];
pub(crate) const DESCRIPTOR_REFUSED: [i32; 3] = [
    ERROR_TOO_MANY_OPEN_FILES as i32,
    ERROR_NO_SYSTEM_RESOURCES as i32,
    WSAEMFILE,
];

/// Nothing forks.
pub fn watch_forks(_in_child: unsafe extern "C" fn()) {}

/// Keeps the library in memory when the program unloads it: its threads run in it.
pub fn stay_loaded() {
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    let mut module = std::ptr::null_mut();
    let inside = stay_loaded as *const u16;
    // SAFETY: with FROM_ADDRESS the name is any address inside the module; `module` lives through
    // the call. Where it is refused the library can be unloaded, as any other can.
    unsafe { GetModuleHandleExW(flags, inside, &mut module) };
}

/// Nothing to block.
pub fn block_signals() -> Option<SignalMask> {
    None
}

/// Nothing was blocked.
pub fn restore_signals((): &SignalMask) {}

/// Sets an event object. It wakes whoever waits for the handle, however often it is set before.
pub fn wake(event: *mut c_void) {
    // SAFETY: takes any number, and refuses one that is no handle of an event.
    unsafe { SetEvent(event) };
}

/// Shows the environment, entry by entry.
pub fn each_variable(mut look: impl FnMut(&[u8])) {
    for (name, value) in std::env::vars_os() {
        look(&[name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Foundation::{CloseHandle, WAIT_OBJECT_0, WAIT_TIMEOUT};
    use windows_sys::Win32::System::Threading::{CreateEventW, WaitForSingleObject};

    #[test]
    fn a_wake_sets_the_event_once() {
        let null = std::ptr::null();
        // SAFETY: no attributes and no name; an event that resets itself and is not set.
        let event = unsafe { CreateEventW(null, 0, 0, null.cast()) };
        // SAFETY: the handle of the event above.
        let is_set = || unsafe { WaitForSingleObject(event, 0) };
        assert_eq!(is_set(), WAIT_TIMEOUT);
        wake(event);
        wake(event);
        wake(std::ptr::null_mut());
        assert_eq!((is_set(), is_set()), (WAIT_OBJECT_0, WAIT_TIMEOUT));
        // SAFETY: the handle was made above and is not used again.
        assert_ne!(unsafe { CloseHandle(event) }, 0);
    }
}
