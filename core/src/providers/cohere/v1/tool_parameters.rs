//! A tool's JSON schema in v1's form: one flat definition per parameter, with the name of a Python
//! type. Owns the names of types and the list of what got lost.

use serde_json::{json, Map, Value};

/// The definitions, and the keywords of the schema that v1 cannot express, each once.
pub(super) fn definitions(schema: &Value) -> (Map<String, Value>, Vec<String>) {
    let mut left_out = Vec::new();
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| {
        let mut names = required.into_iter().flatten();
        names.any(|required| required.as_str() == Some(name))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut definitions = Map::new();
    for (name, property) in properties.into_iter().flatten() {
        let mut definition = Map::new();
        if let Some(Value::String(description)) = property.get("description") {
            definition.insert("description".to_owned(), json!(description));
        }
        definition.insert("type".to_owned(), json!(python_type(property)));
        definition.insert("required".to_owned(), json!(is_required(name)));
        definitions.insert(name.clone(), Value::Object(definition));
        for keyword in property.as_object().into_iter().flat_map(Map::keys) {
            let is_kept = matches!(keyword.as_str(), "description" | "title" | "type");
            let is_plain = keyword == "items" && item_type(property).is_some();
            if !is_kept && !is_plain && !left_out.contains(keyword) {
                left_out.push(keyword.clone());
            }
        }
    }
    (definitions, left_out)
}

/// A type that JSON schema does not have is taken for the name of a Python type.
fn python_type(property: &Value) -> String {
    let words = match property.get("type") {
        Some(Value::Array(words)) => words.as_slice(),
        Some(word) => std::slice::from_ref(word),
        None => &[],
    };
    let word = words
        .iter()
        .filter_map(Value::as_str)
        .find(|word| *word != "null");
    let name = match word {
        Some("string") | None => "str",
        Some("integer") => "int",
        Some("number") => "float",
        Some("boolean") => "bool",
        Some("object") => "dict",
        Some("array") => {
            let item = item_type(property);
            return item.map_or("list".to_owned(), |item| format!("list[{item}]"));
        }
        Some(other) => other,
    };
    name.to_owned()
}

/// The type of a list's items, where that is all that is known of them.
fn item_type(property: &Value) -> Option<String> {
    let items = property.get("items")?.as_object()?;
    let is_plain = items.contains_key("type") && items.len() == 1;
    is_plain.then(|| python_type(&Value::Object(items.clone())))
}
