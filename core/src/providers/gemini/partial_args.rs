//! The arguments of a call that come as values with paths (`streamFunctionCallArguments` of Vertex
//! AI). Owns the paths, and how much of a call may be invented by one: no list grows by more than
//! a few places, nothing is nested deeper than what is parsed elsewhere.

use serde_json::{Map, Value};

use crate::providers::lenient_json;

/// By how many places behind its end a path may extend a list.
const GAP_MAX: usize = 16;
/// How deep a path may lead.
const STEPS_MAX: usize = 32;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Puts the values of one event into the arguments so far.
pub(super) fn apply(arguments: &mut Value, raw: &str) {
    for piece in lenient_json::parse_list(raw) {
        let path = piece.get("jsonPath").and_then(Value::as_str);
        let steps = path.and_then(parse_path);
        let (Some(steps), Some(value)) = (steps, value_of(&piece)) else {
            continue;
        };
        let Some(place) = place(arguments, &steps) else {
            continue;
        };
        match (place, value) {
            // A text comes in pieces under one path.
            (Value::String(text), Value::String(more)) => text.push_str(&more),
            (place, value) => *place = value,
        }
    }
}

fn value_of(piece: &Value) -> Option<Value> {
    let names = ["stringValue", "numberValue", "boolValue"];
    let value = names.iter().find_map(|name| piece.get(*name));
    match value {
        Some(value) => Some(value.clone()),
        None => piece.get("nullValue").map(|_| Value::Null),
    }
}

/// The place of a path, which is made where it is missing.
fn place<'v>(root: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    let mut place = root;
    for step in steps {
        place = match step {
            Step::Name(name) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let fields = place.as_object_mut()?;
                fields.entry(name.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let list = place.as_array_mut()?;
                if *index >= list.len().saturating_add(GAP_MAX) {
                    return None;
                }
                if *index >= list.len() {
                    list.resize(index + 1, Value::Null);
                }
                list.get_mut(*index)?
            }
        };
    }
    Some(place)
}

/// `$.a.b[0]`, `$['a b']`.
fn parse_path(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() >= STEPS_MAX {
            return None;
        }
        let (step, after) = match rest.strip_prefix('[') {
            None => {
                let name = rest.strip_prefix('.')?;
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, after) = name.split_at_checked(end)?;
                (Step::Name(name.to_owned()), after)
            }
            Some(inner) => match inner.chars().next()? {
                quote @ ('\'' | '"') => {
                    let (name, after) = inner.strip_prefix(quote)?.split_once(quote)?;
                    (Step::Name(name.to_owned()), after.strip_prefix(']')?)
                }
                _ => {
                    let (index, after) = inner.split_once(']')?;
                    (Step::Index(index.trim().parse().ok()?), after)
                }
            },
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(pieces: &[Value]) -> Value {
        let mut arguments = json!({});
        let each = pieces.iter();
        each.for_each(|piece| apply(&mut arguments, &piece.to_string()));
        arguments
    }

    #[test]
    fn values_go_to_their_paths() {
        let pieces = [
            json!([{"jsonPath": "$.city", "stringValue": "Par", "willContinue": true}]),
            json!([{"jsonPath": "$.city", "stringValue": "is"}]),
            json!([{"jsonPath": "$.n", "numberValue": 2}]),
            json!([{"jsonPath": "$.list[0].on", "boolValue": true}]),
            json!([{"jsonPath": "$.list[1]", "nullValue": "NULL_VALUE"}]),
            json!({"jsonPath": "$['a b'][\"c\"]", "stringValue": "x"}),
        ];
        let expected = json!({"city": "Paris", "n": 2, "list": [{"on": true}, null],
            "a b": {"c": "x"}});
        assert_eq!(applied(&pieces), expected);
    }

    #[test]
    fn no_path_makes_more_than_it_holds() {
        let deep = format!("${}", "[0]".repeat(5000));
        for path in ["$[4000000000]", "$.a[99]", "a", "$a", "$[x]", "$['a", &deep] {
            let piece = json!([{"jsonPath": path, "numberValue": 1}]);
            let grown = applied(&[piece]).to_string();
            assert!(grown.len() < 20, "{path}: {grown}");
        }
    }
}
