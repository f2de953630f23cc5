//! Cohere's chat, version 1: message and history, one JSON document per line.

pub(super) mod decode;
pub(super) mod encode;
mod messages;
mod tool_schema;
