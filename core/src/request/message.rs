//! The messages of a conversation and the tools that a model may call. Owns their shape, which is
//! OpenAI's chat-completions shape; keeps every field that it does not know.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::declare::declare_names;
use crate::json;

declare_names! {
    /// Who wrote a message.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub enum Role {
        /// Instructions, as newer OpenAI models name them.
        Developer => "developer",
        /// Instructions.
        System => "system",
        /// The person.
        User => "user",
        /// The model.
        Assistant => "assistant",
        /// The result of a tool call.
        Tool => "tool",
        /// The result of a function call, in the older form.
        Function => "function",
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Who wrote it.
    pub role: Role,
    /// The content; absent in a message that only calls tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// The tools that an assistant's message calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<MessageToolCall>,
    /// The call whose result a tool's message is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Every other field, unless it is null or an empty list.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Message {
    /// A message of text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            content: Some(Content::Text(text.into())),
            tool_calls: Vec::new(),
            tool_call_id: None,
            extra: Map::new(),
        }
    }

    /// A message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, text)
    }

    /// Instructions.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, text)
    }

    /// The result of a tool call.
    pub fn tool(tool_call_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            tool_call_id: Some(tool_call_id.into()),
            ..Self::new(Role::Tool, text)
        }
    }
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Text, images and more, in order.
    Parts(Vec<ContentPart>),
}

/// A part of a message: `{"type":"text","text":...}`,
/// `{"type":"image_url","image_url":{"url":...}}` and whatever else the provider takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentPart {
    /// What the part is, such as `text` or `image_url`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its other fields.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl ContentPart {
    /// A part of text.
    pub fn text(text: impl Into<String>) -> Self {
        let fields = Map::from_iter([("text".to_owned(), Value::String(text.into()))]);
        Self {
            kind: "text".to_owned(),
            fields,
        }
    }

    /// Adds to the text of a part of text.
    pub(crate) fn push_text(&mut self, more: &str) {
        if let Some(Value::String(text)) = self.fields.get_mut("text") {
            text.push_str(more);
        }
    }

    /// An image, by its https or data URL.
    pub fn image_url(url: impl Into<String>) -> Self {
        let image = Map::from_iter([("url".to_owned(), Value::String(url.into()))]);
        let fields = Map::from_iter([("image_url".to_owned(), Value::Object(image))]);
        Self {
            kind: "image_url".to_owned(),
            fields,
        }
    }
}

/// A tool call inside an assistant's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageToolCall {
    /// The provider's call id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Always `function` today.
    #[serde(
        rename = "type",
        default = "function_type",
        deserialize_with = "kind_or_function"
    )]
    pub kind: String,
    /// Which function, with which arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionCall>,
    /// Every other field.
    #[serde(flatten, deserialize_with = "without_nulls")]
    pub extra: Map<String, Value>,
}

/// The function of a tool call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Its name.
    pub name: String,
    /// Its arguments as JSON text; a value that is not text counts as its JSON text.
    #[serde(default, deserialize_with = "arguments_text")]
    pub arguments: String,
    /// Every other field.
    #[serde(flatten, deserialize_with = "without_nulls")]
    pub extra: Map<String, Value>,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function`, or a kind that the provider runs itself.
    #[serde(
        rename = "type",
        default = "function_type",
        deserialize_with = "kind_or_function"
    )]
    pub kind: String,
    /// The function that the caller offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Every other field.
    #[serde(flatten, deserialize_with = "without_nulls")]
    pub extra: Map<String, Value>,
}

/// A function that the caller offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its arguments as a JSON schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Whether the model must keep to the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Every other field.
    #[serde(flatten, deserialize_with = "without_nulls")]
    pub extra: Map<String, Value>,
}

/// A null field counts as absent.
fn without_nulls<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    let mut fields = Map::deserialize(deserializer)?;
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

fn kind_or_function<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let kind = Option::<String>::deserialize(deserializer)?;
    Ok(kind.unwrap_or_else(function_type))
}

/// Histories of other wires have an object here, or nothing. Half a surrogate pair in the text
/// would make it something else than JSON for the next reader.
fn arguments_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => String::new(),
        Value::String(text) => json::without_lone_surrogates(&text).unwrap_or(text),
        other => other.to_string(),
    })
}

fn function_type() -> String {
    "function".to_owned()
}

/// Written by hand: of what is derived for `flatten`, each message would pay a list of its fields
/// and a map. Of fields of one name the last holds.
impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Message, A::Error> {
        let mut role = None;
        let mut message = Message::new(Role::User, String::new());
        message.content = None;
        while let Some(field) = fields.next_key()? {
            match field {
                MessageField::Role => role = fields.next_value::<Option<RoleName>>()?,
                MessageField::Content => message.content = fields.next_value()?,
                MessageField::ToolCalls => {
                    let calls: Option<_> = fields.next_value()?;
                    message.tool_calls = calls.unwrap_or_default();
                }
                MessageField::ToolCallId => message.tool_call_id = fields.next_value()?,
                MessageField::Other(name) => message.set_extra(name, fields.next_value()?),
            }
        }
        let RoleName(role) = role.ok_or_else(|| A::Error::missing_field("role"))?;
        Ok(Message { role, ..message })
    }
}

impl Message {
    /// Clients that send a response back send its empty fields too, and servers refuse some of
    /// them: a null, or an empty list, of any name is left out.
    fn set_extra(&mut self, name: String, value: Value) {
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            self.extra.shift_remove(&name);
        } else {
            self.extra.insert(name, value);
        }
    }
}

/// The name of a field of a message.
enum MessageField {
    Role,
    Content,
    ToolCalls,
    ToolCallId,
    Other(String),
}

impl<'de> Deserialize<'de> for MessageField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MessageFieldVisitor)
    }
}

struct MessageFieldVisitor;

impl Visitor<'_> for MessageFieldVisitor {
    type Value = MessageField;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<MessageField, E> {
        Ok(match name {
            "role" => MessageField::Role,
            "content" => MessageField::Content,
            "tool_calls" => MessageField::ToolCalls,
            "tool_call_id" => MessageField::ToolCallId,
            name => MessageField::Other(name.to_owned()),
        })
    }
}

/// A role by its name: in JSON a derived one may be an object too.
struct RoleName(Role);

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(RoleVisitor)
    }
}

struct RoleVisitor;

impl Visitor<'_> for RoleVisitor {
    type Value = RoleName;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a role")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<RoleName, E> {
        Role::deserialize(StrDeserializer::new(name)).map(RoleName)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a list of parts")
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Content, E> {
        Ok(Content::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Content, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = sequence.next_element()? {
            parts.push(part);
        }
        Ok(Content::Parts(parts))
    }
}
