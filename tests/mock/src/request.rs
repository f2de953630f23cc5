//! A provider request as scripts and the holes of templates see it.

use serde_json::Value;

use crate::template::Holes;

/// What a script needs to know of the request that it serves.
pub struct Request {
    pub method: String,
    pub path: String,
    pub key: String,
    /// Of this mock's plain HTTP listener.
    pub port: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub holes: Holes,
}
