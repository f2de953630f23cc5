//! Cohere's chat, version 2: messages, server-sent events.

pub(super) mod decode;
pub(super) mod encode;
pub(super) mod messages;
pub(super) mod wire;
