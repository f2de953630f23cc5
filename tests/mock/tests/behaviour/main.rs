//! The mock from outside: the program is started, plans are set, and a hand-written client looks at
//! the bytes.

#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod actions;
mod answers;
mod client;
mod cohere;
mod control;
mod faults;
mod http2;
mod life;
mod pacing;
mod program;
mod replay;
mod tls;
mod wires;
