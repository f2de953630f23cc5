//! Has the processor load memory before it is read: see [`liter_llm_core::Prefetch`].

/// What a processor loads at once.
const LINE_BYTES: usize = 64;

/// Asks for so many bytes from an address on.
#[inline]
pub fn load(start: *const u8, bytes: usize) {
    lines(start, bytes).for_each(load_line);
}

/// The lines in which these bytes are.
#[inline]
fn lines(start: *const u8, bytes: usize) -> impl Iterator<Item = *const u8> {
    let before = start.addr() % LINE_BYTES;
    let first = start.wrapping_sub(before);
    let covered = if bytes == 0 { 0 } else { before + bytes };
    (0..covered)
        .step_by(LINE_BYTES)
        .map(move |offset| first.wrapping_add(offset))
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn load_line(address: *const u8) {
    use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
    // SAFETY: SSE is a part of x86-64; a prefetch reads nothing and faults at no address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn load_line(address: *const u8) {
    // SAFETY: a prefetch reads nothing and faults at no address.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{address}]",
            address = in(reg) address,
            options(nostack, preserves_flags, readonly),
        );
    }
}

/// Elsewhere it is loaded when it is read.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn load_line(_address: *const u8) {}

/// Asks for all of a value, but for what it points to.
#[inline]
pub fn whole<T>(value: &T) {
    load(std::ptr::from_ref(value).cast(), size_of::<T>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_loaded_and_each_once() {
        let cases: [(usize, usize, &[usize]); 6] = [
            (640, 0, &[]),
            (650, 0, &[]),
            (640, 64, &[640]),
            (650, 54, &[640]),
            (650, 55, &[640, 704]),
            (703, 66, &[640, 704, 768]),
        ];
        for (start, bytes, expected) in cases {
            let found: Vec<usize> = lines(std::ptr::without_provenance(start), bytes)
                .map(<*const u8>::addr)
                .collect();
            assert_eq!(found, expected, "{bytes} bytes from {start}");
        }
    }

    #[test]
    fn no_address_is_wrong_and_no_value_changes() {
        load(std::ptr::null(), 200);
        load(std::ptr::without_provenance(usize::MAX), 200);
        let value = [7_u8; 300];
        whole(&value);
        assert_eq!(value, [7; 300]);
    }
}
