//! The shapes of messages and tools, as the structs of `message` deserialize them: what must be
//! there, and what its type is.

use serde_json::Value;

use super::message::{Message, Role, Tool};
use crate::declare::entry::Kind;
use crate::parse::{optional, required, FromJson, Member, Mismatch, Shape};

/// A list of messages.
pub(super) const MESSAGES: Shape = Shape::List(&Shape::Object(MESSAGE));

/// A list of tools.
pub(super) const TOOLS: Shape = Shape::List(&Shape::Object(TOOL));

const MESSAGE: &[Member] = &[
    required("role", Shape::Name(Role::NAMES, "role")),
    optional(
        "content",
        Shape::TextOrList(&Shape::Object(PART), "text or a list of parts"),
    ),
    optional("tool_calls", Shape::List(&Shape::Object(CALL))),
    optional("tool_call_id", Shape::Text),
];

const PART: &[Member] = &[required("type", Shape::Text)];

const CALL: &[Member] = &[
    optional("id", Shape::Text),
    optional("type", Shape::Text),
    optional(
        "function",
        Shape::Object(&[
            required("name", Shape::Text),
            optional("arguments", Shape::Any),
        ]),
    ),
];

const TOOL: &[Member] = &[
    optional("type", Shape::Text),
    optional(
        "function",
        Shape::Object(&[
            required("name", Shape::Text),
            optional("description", Shape::Text),
            optional("parameters", Shape::Any),
            optional("strict", Shape::Boolean),
        ]),
    ),
];

impl FromJson for Vec<Message> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        MESSAGES.parse(value)
    }
}

impl FromJson for Vec<Tool> {
    fn from_json(value: Value, _: Kind) -> Result<Self, Mismatch> {
        TOOLS.parse(value)
    }
}
