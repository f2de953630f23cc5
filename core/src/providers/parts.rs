//! Events of kind PART: a "type" of ours, and the provider's own fields. Owns their form; which
//! parts a wire has is in its own `parts`.

use serde_json::{Map, Value};

use crate::event::Event;

/// A PART with the provider's fields. Its own "type" is kept under the name `own_type`, or dropped
/// where that is `None`.
pub(crate) fn part(kind: &str, own_type: Option<&str>, fields: Map<String, Value>) -> Event {
    let mut part = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    part.extend(
        fields
            .into_iter()
            .filter_map(|(name, value)| match name.as_str() {
                "type" => Some((own_type?.to_owned(), value)),
                _ => Some((name, value)),
            }),
    );
    Event::Part(part)
}

/// A PART of one field.
pub(crate) fn part_of(kind: &str, name: &str, value: Value) -> Event {
    part(kind, None, Map::from_iter([(name.to_owned(), value)]))
}

/// A block of the response that has to go back to the provider as it is.
pub(crate) fn content_part(block: Value) -> Event {
    part_of("content", "content", block)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_type_is_ours_and_the_providers_own_has_another_name() {
        let fields =
            || Map::from_iter([("type".to_owned(), json!("x")), ("a".to_owned(), json!(1))]);
        let cases = [
            (
                part("image", None, fields()),
                json!({"type": "image", "a": 1}),
            ),
            (
                part("citation", Some("kind"), fields()),
                json!({"type": "citation", "kind": "x", "a": 1}),
            ),
            (
                content_part(json!({"type": "x"})),
                json!({"type": "content", "content": {"type": "x"}}),
            ),
        ];
        for (event, expected) in cases {
            assert!(matches!(event, Event::Part(part) if json!(part) == expected));
        }
    }
}
