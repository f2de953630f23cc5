//! Where the memory is that a stream reads when its socket has news. Of ten thousand streams each
//! finds its own in no cache, and reads one piece after the other: the processor can load them all
//! at once. That takes an instruction which this crate may not use, so its caller brings it.

/// Has the processor load so many bytes from an address on, and does not wait for them. Nothing
/// is read there.
pub type Prefetch = fn(*const u8, usize);

/// All of a value, but for what it points to.
#[inline]
pub(crate) fn whole<T: ?Sized>(value: &T, load: Prefetch) {
    load(std::ptr::from_ref(value).cast(), size_of_val(value));
}
