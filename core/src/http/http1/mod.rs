//! HTTP/1.1 as bytes (RFC 9112): a request's head is written, a response's heads and body are
//! parsed. All but `connection` is pure: no sockets, no clocks, no tasks; cut anywhere it gives the
//! same. Where the standard leaves a choice, or peers are lax, the decisions are those of hyper's
//! client or stricter ones; `core/fuzz` compares the two and lists every difference.

pub(crate) mod body;
pub(crate) mod connection;
mod content_coding;
mod field_list;
pub(crate) mod head;
pub(crate) mod head_reader;
pub(crate) mod length;
pub(crate) mod limits;
mod malformed;
pub(crate) mod request_head;

pub(crate) use content_coding::is_gzip;
pub(crate) use malformed::Malformed;
