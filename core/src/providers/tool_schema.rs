//! The schema of a tool's arguments where the caller left out what every server requires.

use std::borrow::Cow;

use serde_json::{json, Map, Value};

/// The schema with its type, which is always an object: MCP servers, and tools without parameters,
/// often leave it out.
pub(crate) fn typed(schema: &Value) -> Cow<'_, Value> {
    let Value::Object(fields) = schema else {
        return Cow::Borrowed(schema);
    };
    if fields.get("type").is_some_and(|kind| kind == "object") {
        return Cow::Borrowed(schema);
    }
    let is_object = match fields.get("type") {
        None | Some(Value::Null) => true,
        // What Python makes of a type that is not there.
        Some(Value::String(word)) => word == "None" || word.is_empty(),
        Some(Value::Array(words)) => words.iter().any(|word| word == "object"),
        Some(_) => false,
    };
    if !is_object {
        return Cow::Borrowed(schema);
    }
    let mut typed = Map::from_iter([("type".to_owned(), json!("object"))]);
    let others = fields.iter().filter(|(name, _)| *name != "type");
    typed.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    Cow::Owned(Value::Object(typed))
}

/// The same, with its properties: "object schema missing properties".
pub(crate) fn with_properties(schema: &Value) -> Cow<'_, Value> {
    let mut schema = typed(schema);
    let lacks = schema.get("type").is_some_and(|kind| kind == "object")
        && !schema.get("properties").is_some_and(Value::is_object);
    if lacks {
        if let Some(fields) = schema.to_mut().as_object_mut() {
            fields.insert("properties".to_owned(), json!({}));
        }
    }
    schema
}

/// The schema of a tool that takes nothing.
pub(crate) fn empty() -> Value {
    json!({"type": "object", "properties": {}})
}
