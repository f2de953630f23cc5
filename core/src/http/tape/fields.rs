//! Fields of a line, read and written by hand: a line is little, and what serde derives for it is
//! not.

use serde_json::{Map, Value};

/// Writes a field, if it has a value.
pub(super) fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

pub(super) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().map(str::to_owned)
}

/// An object of texts; none where it would be empty.
pub(super) fn texts(pairs: &[(String, String)]) -> Option<Value> {
    let object = pairs
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()));
    let object: Map<String, Value> = object.collect();
    (!object.is_empty()).then_some(Value::Object(object))
}

pub(super) fn texts_of(fields: &Map<String, Value>, name: &str) -> Vec<(String, String)> {
    let object = fields.get(name).and_then(Value::as_object);
    let pairs = object.into_iter().flatten();
    let pairs = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    pairs.collect()
}

/// Puts a pair behind those whose names are not greater. Names mostly come in order.
pub(super) fn insert_sorted<K: Ord, V>(pairs: &mut Vec<(K, V)>, name: K, value: V) {
    let place = pairs.partition_point(|(other, _)| *other <= name);
    pairs.insert(place, (name, value));
}
