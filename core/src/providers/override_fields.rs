//! The fields of a request's body that the caller wrote under the provider's own names: those that
//! this library does not know (`extra`), and `extra_body`, which holds over everything. Owns which
//! of two values goes out. What a wire makes of a field is in its `params`.

use serde::ser::{Serialize, SerializeMap};
use serde_json::{Map, Value};

use super::errors::invalid_request;
use crate::error::LlmError;
use crate::request::LlmRequest;

/// The caller's own fields of one request.
#[derive(Debug)]
pub(crate) struct OverrideFields<'r> {
    extra: &'r Map<String, Value>,
    extra_body: &'r Map<String, Value>,
    left_out: Vec<&'static str>,
}

impl<'r> OverrideFields<'r> {
    pub(crate) fn of(request: &'r LlmRequest) -> Self {
        Self::new(&request.extra, &request.extra_body)
    }

    pub(crate) fn new(extra: &'r Map<String, Value>, extra_body: &'r Map<String, Value>) -> Self {
        Self {
            extra,
            extra_body,
            left_out: Vec::new(),
        }
    }

    /// Leaves a field out, also where the caller's `extra` has it.
    pub(crate) fn leave_out(&mut self, name: &'static str) {
        self.left_out.push(name);
    }

    /// Whether `extra_body` decides on the field: a null there takes it out.
    pub(crate) fn overrides(&self, name: &str) -> bool {
        self.extra_body.contains_key(name) || self.left_out.contains(&name)
    }

    /// Whether the caller's own value replaces the one that this library would send.
    pub(crate) fn replaces(&self, name: &str) -> bool {
        self.overrides(name) || self.extra.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether the caller wrote the field, and some value of it goes out.
    pub(crate) fn has(&self, name: &str) -> bool {
        let value = self.extra_body.get(name).or_else(|| self.extra.get(name));
        value.is_some_and(|value| !value.is_null())
    }

    /// Writes a field that this library names, unless the caller's own value replaces it.
    pub(crate) fn put<M: SerializeMap>(
        &self,
        map: &mut M,
        name: &str,
        value: Option<impl Serialize>,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.replaces(name) => map.serialize_entry(name, &value),
            _ => Ok(()),
        }
    }

    /// Writes what this library does not know and the wire lets pass, then `extra_body`.
    pub(crate) fn put_rest<M: SerializeMap>(
        &self,
        map: &mut M,
        passes: impl Fn(&str) -> bool,
    ) -> Result<(), M::Error> {
        for (name, value) in self.extra() {
            if passes(name) {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in self.extra_body() {
            map.serialize_entry(name, value)?;
        }
        Ok(())
    }

    /// The fields of `extra` that nothing overrides.
    pub(crate) fn extra(&self) -> impl Iterator<Item = (&'r str, &'r Value)> + '_ {
        let fields = self.extra.iter().filter(|(_, value)| !value.is_null());
        let fields = fields.map(|(name, value)| (name.as_str(), value));
        fields.filter(|(name, _)| !self.overrides(name))
    }

    /// The fields of `extra_body` that go out.
    pub(crate) fn extra_body(&self) -> impl Iterator<Item = (&'r str, &'r Value)> + '_ {
        let fields = self.extra_body.iter();
        let fields = fields.filter(|(_, value)| !value.is_null());
        let fields = fields.map(|(name, value)| (name.as_str(), value));
        fields.filter(|(name, _)| !self.left_out.contains(name))
    }
}

/// The caller's own object under a name of the provider's; empty where there is none.
pub(crate) fn own_object(
    provider: &'static str,
    fields: &Map<String, Value>,
    name: &str,
) -> Result<Map<String, Value>, LlmError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(own)) => Ok(own.clone()),
        Some(_) => {
            let what = format!("{name} must be an object");
            Err(invalid_request(provider, &what))
        }
    }
}

/// The list, unless it is empty: no provider is sent an empty one.
pub(crate) fn not_empty<T, L: AsRef<[T]>>(list: L) -> Option<L> {
    (!list.as_ref().is_empty()).then_some(list)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde::ser::Serializer;
    use serde_json::json;

    use super::*;

    struct Body<'r>(OverrideFields<'r>);

    impl Serialize for Body<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            for name in ["a", "b", "c", "d"] {
                self.0.put(&mut map, name, Some("ours"))?;
            }
            self.0.put(&mut map, "absent", None::<u64>)?;
            self.0.put_rest(&mut map, |name| name != "blocked")?;
            map.end()
        }
    }

    #[test]
    fn extra_body_holds_over_extra_and_extra_over_ours() {
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}],
            "b": "extra", "c": "extra", "blocked": 1, "nothing": null, "n": 2,
            "extra_body": {"c": "body", "d": null, "n": 3, "blocked": 4}});
        let request = LlmRequest::from_json(&request.to_string()).unwrap();
        let mut fields = OverrideFields::of(&request);
        fields.leave_out("n");
        assert!(fields.has("b") && fields.has("c") && !fields.has("d") && !fields.has("a"));
        assert!(fields.overrides("d") && !fields.overrides("b") && fields.replaces("b"));
        let written = json!({"a": "ours", "b": "extra", "c": "body", "blocked": 4});
        assert_eq!(json!(Body(fields)), written);
    }
}
