//! Another archive of Rust, with a standard library and an unwinder of its own: what a program may
//! have beside liter_llm. Its functions use both.

use std::panic::{catch_unwind, set_hook};

/// The length of some text that a thread made; -1 where `panics` had it panic.
#[no_mangle]
pub extern "C" fn other_count(panics: i32) -> i32 {
    set_hook(Box::new(|_| {}));
    let made = std::thread::spawn(move || {
        catch_unwind(|| {
            let words: Vec<String> = (0..3).map(|at| format!("{at} ")).collect();
            assert!(panics == 0, "on purpose: {words:?}");
            words.concat().len() as i32
        })
    });
    made.join().map_or(-2, |counted| counted.unwrap_or(-1))
}
