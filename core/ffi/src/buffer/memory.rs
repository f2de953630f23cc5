//! Memory of a buffer that is used again: room is requested in a way that may be refused, and what
//! once grew huge is freed. Owns these bounds.

/// Memory that a list keeps however little it is used.
pub(super) const BYTES_KEPT: usize = 256 * 1024;
/// What a list of more than this leaves to others.
const SPARE_BYTES: usize = 1024 * 1024;

#[cfg(test)]
thread_local! {
    /// Has this thread's buffers refuse everything, for tests of what follows.
    pub static NO_MEMORY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Makes room by doubling, else for just so many; false where there is no memory for either. A
/// large list leaves something to all others, whose small allocations cannot be refused.
#[inline]
pub fn reserve<T>(list: &mut Vec<T>, more: usize) -> bool {
    #[cfg(test)]
    if NO_MEMORY.get() {
        return false;
    }
    list.capacity() - list.len() >= more || grow(list, more)
}

#[cold]
fn grow<T>(list: &mut Vec<T>, more: usize) -> bool {
    let mut spare = Vec::<u8>::new();
    let is_large = (list.len() + more) * size_of::<T>() > SPARE_BYTES;
    (!is_large || spare.try_reserve_exact(SPARE_BYTES).is_ok())
        && (list.try_reserve(more).is_ok() || list.try_reserve_exact(more).is_ok())
}

/// Gives memory back when a list is large and less than a quarter of it was used, so that a busy
/// client does not allocate at every poll.
pub fn clear<T>(list: &mut Vec<T>) {
    let used = list.len();
    list.clear();
    let kept = BYTES_KEPT / size_of::<T>();
    if list.capacity() > kept && used < list.capacity() / 4 {
        let mut smaller = Vec::new();
        // Where even the smaller list has no room the large one stays.
        if smaller.try_reserve_exact(kept.max(used * 2)).is_ok() {
            *list = smaller;
        }
    }
}
