//! A little memory for when the system gives none. Large buffers are reserved fallibly, and a
//! stream that gets none ends with an error; but meanwhile everything small, which Rust cannot
//! refuse without ending the process, needs something too. Owns one piece of the library's own
//! data, of which no page is touched before that.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU64, Ordering};

/// A larger allocation is refused.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// Low half: where the free part begins. High half: pieces that are in use.
const ONE_PIECE: u64 = 1 << 32;

/// An allocator, and what is there when it has nothing. Pieces are cut one behind the other, and
/// the whole is free again when none is in use.
pub struct WithReserve<A, const BYTES: usize> {
    inner: A,
    reserve: UnsafeCell<[u8; BYTES]>,
    state: AtomicU64,
}

// SAFETY: the bytes are only handed out, each to one caller at a time, as `state` counts them.
unsafe impl<A: Sync, const BYTES: usize> Sync for WithReserve<A, BYTES> {}

impl<A, const BYTES: usize> WithReserve<A, BYTES> {
    /// Nothing of the reserve is in use.
    pub const fn new(inner: A) -> Self {
        Self {
            inner,
            reserve: UnsafeCell::new([0; BYTES]),
            state: AtomicU64::new(0),
        }
    }

    fn owns(&self, piece: *mut u8) -> bool {
        piece.addr().wrapping_sub(self.reserve.get().addr()) < BYTES
    }

    /// A piece of the reserve; NULL when it is too large or nothing is left.
    #[cold]
    fn cut(&self, layout: Layout) -> *mut u8 {
        let base = self.reserve.get().cast::<u8>();
        if layout.size() > SMALL_BYTES_MAX {
            return std::ptr::null_mut();
        }
        let mut start = 0;
        let cut = |state: u64| {
            let free = base.addr() + (state % ONE_PIECE) as usize;
            start = free.next_multiple_of(layout.align()) - base.addr();
            let end = start + layout.size();
            let pieces = state / ONE_PIECE + 1;
            (end <= BYTES).then_some(pieces * ONE_PIECE + end as u64)
        };
        let cut = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, cut);
        match cut {
            Ok(_) => base.wrapping_add(start),
            Err(_) => std::ptr::null_mut(),
        }
    }

    #[cold]
    fn give_back(&self) {
        let fewer = |state: u64| match state / ONE_PIECE {
            0 | 1 => Some(0),
            _ => Some(state - ONE_PIECE),
        };
        let _ = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer);
    }
}

// None of it is inlined: this and the inner allocator would stand in each of the thousands of
// places that free something, for a call less. The way of a token allocates nothing.
//
// SAFETY: what the inner allocator gives is handled by it alone; pieces of the reserve are aligned,
// as large as requested, and never overlap while they are in use.
unsafe impl<A: GlobalAlloc, const BYTES: usize> GlobalAlloc for WithReserve<A, BYTES> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise of this function is that of the inner one.
        let given = unsafe { self.inner.alloc(layout) };
        match given.is_null() {
            false => given,
            true => self.cut(layout),
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let given = unsafe { self.inner.alloc_zeroed(layout) };
        if !given.is_null() {
            return given;
        }
        let piece = self.cut(layout);
        if !piece.is_null() {
            // SAFETY: the piece has this size, and is used nowhere else.
            unsafe { piece.write_bytes(0, layout.size()) };
        }
        piece
    }

    #[inline(never)]
    unsafe fn dealloc(&self, given: *mut u8, layout: Layout) {
        match self.owns(given) {
            true => self.give_back(),
            // SAFETY: not from the reserve, so from the inner allocator, with this layout.
            false => unsafe { self.inner.dealloc(given, layout) },
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, given: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.owns(given) {
            // SAFETY: from the inner allocator, with this layout; the size is the caller's promise.
            let moved = unsafe { self.inner.realloc(given, layout, size) };
            if !moved.is_null() || size > SMALL_BYTES_MAX {
                return moved;
            }
        }
        // SAFETY: the caller promises that this size is one of a layout with this alignment.
        let requested = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as above.
        let moved = unsafe { self.alloc(requested) };
        if !moved.is_null() {
            // SAFETY: both pieces have at least so many bytes, and they are two.
            unsafe { moved.copy_from_nonoverlapping(given, layout.size().min(size)) };
            // SAFETY: given with this layout, and not used any more.
            unsafe { self.dealloc(given, layout) };
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;
    use std::sync::atomic::AtomicBool;

    /// The system's allocator, until it is set to fail.
    #[derive(Default)]
    struct Empty(AtomicBool);

    // SAFETY: gives what the system gives, or nothing.
    unsafe impl GlobalAlloc for Empty {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            match self.0.load(Ordering::SeqCst) {
                true => std::ptr::null_mut(),
                // SAFETY: the caller's promise.
                false => unsafe { System.alloc(layout) },
            }
        }

        unsafe fn dealloc(&self, given: *mut u8, layout: Layout) {
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(given, layout) };
        }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap_or(Layout::new::<u8>())
    }

    fn empty() -> WithReserve<Empty, { 2 * SMALL_BYTES_MAX }> {
        WithReserve::new(Empty(AtomicBool::new(true)))
    }

    #[test]
    fn small_pieces_come_from_the_reserve_and_large_ones_do_not() {
        let allocator = empty();
        // SAFETY: layouts of more than nothing; each piece is given back once, as it was taken.
        unsafe {
            assert!(allocator.alloc(layout(SMALL_BYTES_MAX + 1, 1)).is_null());
            let one = allocator.alloc(layout(3, 1));
            let two = allocator.alloc_zeroed(layout(100, 64));
            assert!(allocator.owns(one) && allocator.owns(two) && two.addr().is_multiple_of(64));
            assert!(two.addr() >= one.addr() + 3);
            two.write_bytes(7, 100);
            allocator.dealloc(one, layout(3, 1));
            let three = allocator.alloc(layout(8, 8));
            assert!(three.addr() >= two.addr() + 100, "two is in use");
            allocator.dealloc(two, layout(100, 64));
            allocator.dealloc(three, layout(8, 8));
            let again = allocator.alloc_zeroed(layout(200, 1));
            assert_eq!(again, one, "all of it is free again");
            assert!((0..200).all(|at| again.add(at).read() == 0));
            allocator.dealloc(again, layout(200, 1));
        }
    }

    #[test]
    fn an_empty_reserve_gives_nothing() {
        let allocator = empty();
        let piece = layout(SMALL_BYTES_MAX, 1);
        // SAFETY: as above.
        unsafe {
            let pieces = [(); 2].map(|()| allocator.alloc(piece));
            assert!(pieces.iter().all(|piece| allocator.owns(*piece)));
            assert!(allocator.alloc(layout(1, 1)).is_null());
            pieces
                .iter()
                .for_each(|given| allocator.dealloc(*given, piece));
            assert!(allocator.owns(allocator.alloc(layout(1, 1))));
        }
    }

    #[test]
    fn what_grows_moves_into_the_reserve_and_out_again() {
        let allocator = empty();
        allocator.inner.0.store(false, Ordering::SeqCst);
        // SAFETY: as above.
        unsafe {
            let outside = allocator.alloc(layout(4, 1));
            outside.copy_from_nonoverlapping(b"text".as_ptr(), 4);
            allocator.inner.0.store(true, Ordering::SeqCst);
            assert!(allocator
                .realloc(outside, layout(4, 1), SMALL_BYTES_MAX + 1)
                .is_null());
            let inside = allocator.realloc(outside, layout(4, 1), 8);
            assert!(allocator.owns(inside) && !allocator.owns(outside));
            allocator.inner.0.store(false, Ordering::SeqCst);
            let outside = allocator.realloc(inside, layout(8, 1), 16);
            assert!(!allocator.owns(outside));
            assert_eq!(std::slice::from_raw_parts(outside, 4), b"text");
            allocator.dealloc(outside, layout(16, 1));
            assert_eq!(allocator.state.load(Ordering::SeqCst), 0);
        }
    }
}
