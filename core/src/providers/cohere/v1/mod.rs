//! Cohere's chat, version 1: message and history, one JSON document per line.

mod decode;
mod encode;
mod messages;
mod parts;
mod tool_calls;
mod tool_parameters;
mod tools;
mod wire;

pub(super) use decode::V1Decoder;
pub(super) use encode::encode_request;
