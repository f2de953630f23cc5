//! The allocator of this library alone: jemalloc under the feature of that name, else the system's,
//! as on Windows. Owns its tuning; the application's malloc is not touched. The library's copy is
//! prefixed, so it reads _RJEM_MALLOC_CONF, and not the application's MALLOC_CONF; where that is
//! set, nothing is tuned here.

#[cfg(all(feature = "jemalloc", not(windows)))]
mod reserve;

/// What small allocations can have when the system has no memory.
#[cfg(all(feature = "jemalloc", not(windows)))]
const RESERVE_BYTES: usize = 1024 * 1024;

#[cfg(all(feature = "jemalloc", not(windows)))]
#[global_allocator]
static ALLOCATOR: reserve::WithReserve<jemallocator::Jemalloc, RESERVE_BYTES> =
    reserve::WithReserve::new(jemallocator::Jemalloc);

/// Threads that this starts at most.
pub const THREADS: usize = cfg!(all(feature = "jemalloc", not(windows))) as usize;

/// Has the calling thread's part of the allocator made now: jemalloc follows a null pointer in a
/// thread whose first allocation finds no memory for that.
pub fn begin_thread() {
    drop(std::hint::black_box(Box::new([0_u8; 64])));
}

/// Starts the one thread that gives unused memory back to the system. With the first client, and
/// not by compiled-in settings, which would start it when the library is loaded. Where the thread
/// is refused, the threads that free memory return it themselves.
pub fn start_thread() {
    #[cfg(all(feature = "jemalloc", not(windows)))]
    if std::env::var_os("_RJEM_MALLOC_CONF").is_none() {
        set(c"max_background_threads", 1usize);
        if !set(c"background_thread", true) {
            set(c"background_thread", false);
        }
    }
}

/// Sets a value of jemalloc; false when it refuses.
#[cfg(all(feature = "jemalloc", not(windows)))]
fn set<T>(name: &std::ffi::CStr, mut value: T) -> bool {
    let (name, new) = (name.as_ptr(), (&raw mut value).cast());
    let null = std::ptr::null_mut();
    // SAFETY: the name ends with NUL; the new value has the type that jemalloc's manual gives for
    // this name, and lives through the call; the old value is not requested.
    let refused = unsafe { jemalloc_sys::mallctl(name, null, null.cast(), new, size_of::<T>()) };
    refused == 0
}

#[cfg(all(test, feature = "jemalloc", not(windows)))]
mod tests {
    use super::*;

    fn gives_back() -> bool {
        let (mut on, mut length) = (false, size_of::<bool>());
        let (place, null) = ((&raw mut on).cast(), std::ptr::null_mut());
        let name = c"background_thread".as_ptr();
        // SAFETY: the name ends with NUL; its value is a bool, for which there is room; nothing is
        // set.
        let refused = unsafe { jemalloc_sys::mallctl(name, place, &raw mut length, null, 0) };
        refused == 0 && on
    }

    #[test]
    fn the_thread_that_gives_memory_back_is_started() {
        start_thread();
        let own_settings = std::env::var_os("_RJEM_MALLOC_CONF").is_some();
        assert!(gives_back() || own_settings);
    }

    #[test]
    fn a_value_that_jemalloc_does_not_know_is_refused() {
        assert!(!set(c"no_such_value", true));
    }
}
