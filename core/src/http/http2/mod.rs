//! HTTP/2 (RFC 9113) over the h2 crate: one connection carries many exchanges. Owns the flow
//! control of responses that are not read, the PINGs that find a frozen connection, and what a
//! reset means for a request having been run.

mod connection;
mod driver;
mod exchange;
mod keep_alive;
mod limits;
mod response_body;
mod upload;

pub(super) use connection::{Connection, Observer, Permit};
pub(super) use driver::open;
pub(super) use exchange::{send, Failure, Started};
pub(super) use keep_alive::KeepAlive;
pub(crate) use response_body::ResponseBody;
