//! What differs by operating system: how a fork is noticed, signals, how a wake is written, the
//! variables of the environment, the numbers of refusals, and how the library stays loaded. Owns
//! nothing; the other files ask it and know no system.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;
