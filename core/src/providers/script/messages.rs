//! The messages of a conversation, as they are.

use crate::request::Message;

pub(super) fn encode_messages(messages: &[Message]) -> &[Message] {
    messages
}
