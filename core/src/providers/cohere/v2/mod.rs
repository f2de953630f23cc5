//! Cohere's chat, version 2: messages, server-sent events.

mod decode;
mod encode;
mod messages;
mod params;
mod tool_calls;
mod tools;
mod wire;

pub(super) use decode::V2Decoder;
pub(super) use encode::encode_request;
pub(super) use messages::WireMessage;
