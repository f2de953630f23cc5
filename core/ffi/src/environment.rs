//! Whether the process's environment has changed, without reading one variable of it: a number over
//! all of its bytes. Owns no copy of it.

use std::ffi::{c_char, CStr};

/// An odd number with bits all over (the golden ratio's), which spreads each word over the sum.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number of the environment as it is now. Reads what `getenv` reads, once, and like it must
/// not race an application that changes the environment in another thread.
pub fn fingerprint() -> u64 {
    let mut sum = 0;
    let mut entry = first_entry();
    if entry.is_null() {
        return sum;
    }
    // SAFETY: the environment is a list of pointers that ends with NULL.
    while let Some(text) = unsafe { entry.read().as_ref() } {
        // SAFETY: each of them leads to bytes that end with NUL.
        sum = mix(sum, unsafe { CStr::from_ptr(text) }.to_bytes());
        // SAFETY: this entry was not the last one, NULL.
        entry = unsafe { entry.add(1) };
    }
    sum
}

fn mix(sum: u64, bytes: &[u8]) -> u64 {
    let add = |sum: u64, word: u64| (sum ^ word).wrapping_mul(SPREAD).rotate_left(23);
    let sum = bytes.chunks(8).fold(sum, |sum, chunk| {
        let word = chunk
            .iter()
            .rev()
            .fold(0, |word, byte| (word << 8) | u64::from(*byte));
        add(sum, word)
    });
    // Where one entry ends and the next begins counts too.
    add(sum, bytes.len() as u64)
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
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStrExt;

    fn of(entries: &[&str]) -> u64 {
        entries
            .iter()
            .fold(0, |sum, entry| mix(sum, entry.as_bytes()))
    }

    #[test]
    fn every_change_is_another_number() {
        let lists: [&[&str]; 9] = [
            &[],
            &["KEY=1"],
            &["KEY=2"],
            &["KEY=12345678"],
            &["KEY=1", "KEY=2"],
            &["KEY=2", "KEY=1"],
            &["KEY=1KEY=2"],
            &["KEY=1", ""],
            &["KEY=1\u{1}"],
        ];
        let mut seen: Vec<u64> = lists.iter().map(|list| of(list)).collect();
        assert_eq!(seen, lists.iter().map(|list| of(list)).collect::<Vec<_>>());
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), lists.len());
    }

    #[test]
    fn the_number_is_that_of_all_variables() {
        let entry = |(name, value): (OsString, OsString)| {
            [name.as_bytes(), b"=", value.as_bytes()].concat()
        };
        let entries = std::env::vars_os().map(entry);
        let expected = entries.fold(0, |sum, entry| mix(sum, &entry));
        assert_eq!(fingerprint(), expected);
        assert_ne!(expected, 0, "cargo sets some");
    }
}
