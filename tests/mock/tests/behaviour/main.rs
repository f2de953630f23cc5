//! The mock from outside: starts the program, sets plans, and checks the bytes with a hand-written
//! client.

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
mod new_wires;
mod operations;
mod pacing;
mod program;
mod replay;
mod tls;
mod wires;
