//! The body of an operation's request while it is written. Owns which of two values of a field
//! holds: the caller's own, else ours. Which fields there are is the codec's.

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::override_fields::OverrideFields;
use crate::providers::EncodedRequest;

/// An object, written straight from the request: inputs may hold images of many megabytes.
pub(super) struct Body<'r> {
    pub(super) fields: OverrideFields<'r>,
    bytes: Vec<u8>,
    failed: Option<serde_json::Error>,
}

impl<'r> Body<'r> {
    pub(super) fn new(extra: &'r Map<String, Value>, extra_body: &'r Map<String, Value>) -> Self {
        Self {
            fields: OverrideFields::new(extra, extra_body),
            bytes: vec![b'{'],
            failed: None,
        }
    }

    /// Writes a field, unless the caller's own value replaces it.
    pub(super) fn put(&mut self, name: &str, value: impl Serialize) {
        if !self.fields.replaces(name) {
            self.write(name, &value);
        }
    }

    /// The same for a field that may be unset.
    pub(super) fn put_some(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn write(&mut self, name: &str, value: &impl Serialize) {
        self.begin(name);
        let written = serde_json::to_writer(&mut self.bytes, value);
        self.end(written);
    }

    /// What stands before a value. Once in the library, and not in each place that writes a field.
    #[inline(never)]
    fn begin(&mut self, name: &str) {
        if self.bytes.len() > 1 {
            self.bytes.push(b',');
        }
        let written = serde_json::to_writer(&mut self.bytes, name);
        self.bytes.push(b':');
        self.end(written);
    }

    /// Keeps the first failure.
    fn end(&mut self, written: serde_json::Result<()>) {
        if self.failed.is_none() {
            self.failed = written.err();
        }
    }

    /// The request, with the caller's own fields behind ours.
    pub(super) fn post(
        mut self,
        provider: &'static str,
        path: String,
        warnings: Vec<String>,
    ) -> Result<EncodedRequest, LlmError> {
        let own = self.fields.extra().chain(self.fields.extra_body());
        for (name, value) in own.collect::<Vec<_>>() {
            self.write(name, value);
        }
        self.bytes.push(b'}');
        match self.failed {
            None => Ok(post(path, self.bytes, warnings)),
            Some(error) => Err(unwritable(provider, &error)),
        }
    }
}

/// A request with a body that is complete.
pub(super) fn post(path: String, body: Vec<u8>, warnings: Vec<String>) -> EncodedRequest {
    EncodedRequest {
        method: Method::POST,
        path,
        headers: Vec::new(),
        body,
        warnings,
        framing: Framing::Sse,
    }
}

/// A request without a body.
pub(super) fn get(path: String) -> EncodedRequest {
    EncodedRequest {
        method: Method::GET,
        ..post(path, Vec::new(), Vec::new())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_callers_own_fields_hold_over_ours() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let extra = object(json!({"b": "extra", "c": "extra", "nothing": null}));
        let extra_body = object(json!({"c": "body", "d": null}));
        let mut body = Body::new(&extra, &extra_body);
        for name in ["a", "b", "c", "d"] {
            body.put(name, "ours");
        }
        body.put_some("e", None::<u64>);
        body.put_some("f", Some(1));
        let encoded = body.post("test", "/path".to_owned(), Vec::new()).unwrap();
        let written: Value = serde_json::from_slice(&encoded.body).unwrap();
        assert_eq!(
            written,
            json!({"a": "ours", "f": 1, "b": "extra", "c": "body"})
        );
        let empty = Map::new();
        let encoded = Body::new(&empty, &empty).post("test", String::new(), Vec::new());
        assert_eq!(encoded.unwrap().body, b"{}");
    }
}
