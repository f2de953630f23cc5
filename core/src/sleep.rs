//! A sleep that fires although its task is busy. Shared by every timer of the core.

use std::future::Future;
use std::pin::{pin, Pin};
use std::task::{Context, Poll};

use tokio::time::Sleep;

/// Polls a timer that stands behind work which may have used up the task's share of polls: tokio
/// would then call every timer pending, for as long as a socket always has data.
pub(crate) fn poll_sleep(sleep: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<()> {
    pin!(tokio::task::unconstrained(sleep)).poll(context)
}
