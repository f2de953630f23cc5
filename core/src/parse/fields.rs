//! The fields of an object that a caller wrote, on their way into a type. Few as they are, they
//! stand in a list: a look at each name costs less than to hash one. Owns the rule that of two
//! fields of one name the last holds, at the place of the first, as in every map.

use serde_json::{Map, Value};

/// Longer lists become a map and a list again, so that equal names cost no more than to hash them.
const FEW: usize = 32;

/// Fields by name, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let named = self.0.iter().find(|(field, _)| field == name);
        named.map(|(_, value)| value)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a field, which may have the name of another.
    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    /// Of fields of one name the last is left, at the place of the first; and no field that is
    /// null: wrappers hand over every parameter that they know, and a null is the same as none.
    pub(crate) fn settle(&mut self) {
        if self.0.len() > FEW {
            let fields: Map<_, _> = std::mem::take(&mut self.0).into_iter().collect();
            self.0.extend(fields);
        } else {
            self.unite();
        }
        self.0.retain(|(_, value)| !value.is_null());
    }

    fn unite(&mut self) {
        let mut at = 1;
        while at < self.0.len() {
            let (before, rest) = self.0.split_at_mut(at);
            let Some((name, value)) = rest.first_mut() else {
                return;
            };
            match before.iter_mut().find(|(earlier, _)| earlier == name) {
                Some((_, earlier)) => {
                    std::mem::swap(earlier, value);
                    self.0.remove(at);
                }
                None => at += 1,
            }
        }
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl From<Fields> for Map<String, Value> {
    fn from(fields: Fields) -> Self {
        // An empty map needs no seeds for its hashes.
        match fields.is_empty() {
            true => Self::new(),
            false => fields.0.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As a map makes it of the same fields, whether they are few or many.
    #[test]
    fn the_last_of_equal_fields_holds_at_the_place_of_the_first() {
        let rows = [
            ("a", json!(1)),
            ("b", json!(null)),
            ("a", json!(2)),
            ("c", json!(3)),
            ("b", json!(4)),
            ("a", json!(5)),
            ("c", json!(null)),
            ("d", json!(null)),
        ];
        for more in [0, FEW] {
            let others = (0..more).map(|number| (format!("x{number}"), json!(number)));
            let rows = rows
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()));
            let rows: Vec<_> = rows.chain(others).collect();
            let mut fields = Fields::default();
            rows.iter()
                .for_each(|(name, value)| fields.push(name.clone(), value.clone()));
            fields.settle();
            let mut expected: Map<_, _> = rows.into_iter().collect();
            expected.retain(|_, value| !value.is_null());
            assert_eq!(fields, Fields::from(expected.clone()));
            assert!(fields.contains_key("a") && !fields.contains_key("c") && !fields.is_empty());
            assert_eq!(fields.remove("a"), Some(json!(5)));
            assert_eq!(
                (fields.remove("a"), fields.get("b")),
                (None, Some(&json!(4)))
            );
            expected.shift_remove("a");
            assert_eq!(Map::from(fields), expected);
        }
        assert!(Map::from(Fields::default()).is_empty());
    }
}
