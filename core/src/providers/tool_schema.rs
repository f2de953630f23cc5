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

/// A whole tool may stand where one is named; servers refuse what describes it.
pub(crate) fn without_description(choice: &Value) -> Cow<'_, Value> {
    let describes = |name: &str| matches!(name, "description" | "parameters" | "strict");
    let function = choice.get("function").and_then(Value::as_object);
    if !function.is_some_and(|function| function.keys().any(|name| describes(name))) {
        return Cow::Borrowed(choice);
    }
    let mut choice = choice.clone();
    if let Some(function) = choice.get_mut("function").and_then(Value::as_object_mut) {
        function.retain(|name, _| !describes(name));
    }
    Cow::Owned(choice)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use crate::providers::test_support::{body, target};
    use crate::providers::{all, Provider};
    use crate::request::LlmRequest;

    #[test]
    fn a_whole_tool_may_stand_where_one_is_named() {
        let tool = json!({"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "properties": {}}, "strict": true}});
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}],
            "tools": [tool], "tool_choice": tool});
        let request = LlmRequest::from_json(&request.to_string()).unwrap();
        let sends = |codec: &&dyn Provider| {
            let Ok(encoded) = codec.request(&request, &target()) else {
                return false;
            };
            let body = body(&encoded);
            let Some(choice) = body.get("tool_choice").filter(|choice| choice.is_object()) else {
                return false;
            };
            let choice = choice.to_string();
            assert!(choice.contains(r#""name":"f""#), "{choice}");
            for name in ["description", "parameters", "strict"] {
                assert!(!choice.contains(name), "{} {choice}", codec.name());
            }
            true
        };
        let others = |codec: &&dyn Provider| codec.wire() != "script";
        assert!(all().filter(others).filter(sends).count() > 10);
    }
}
