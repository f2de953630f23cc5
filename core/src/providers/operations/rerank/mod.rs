//! Documents are ranked by how well they answer a query. Owns what all providers share: how a
//! response is decoded, and the order of its results. Which fields a request has is a row.

mod documents;
mod response;
mod row;
mod rows;

pub(crate) use rows::of;
