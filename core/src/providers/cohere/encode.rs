//! The body of a request to either version while it is put together. Owns which of two values of a
//! field holds; sends only what the caller set. Which fields there are is in `params` and in the
//! versions.

use http::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::Serialize as DeriveSerialize;
use serde_json::Value;

use super::v2::WireMessage;
use super::NAME;
use crate::error::LlmError;
use crate::framing::Framing;
use crate::providers::errors::unwritable;
use crate::providers::override_fields::OverrideFields;
use crate::providers::EncodedRequest;
use crate::request::LlmRequest;

/// The body as far as it is known.
pub(super) struct Body<'a> {
    pub(super) overrides: OverrideFields<'a>,
    fields: Vec<(&'a str, Field<'a>)>,
}

/// The value of a field: mostly borrowed, since messages may hold images of many megabytes.
#[derive(DeriveSerialize)]
#[serde(untagged)]
pub(super) enum Field<'a> {
    Own(Value),
    Borrowed(&'a Value),
    Messages(Vec<WireMessage<'a>>),
}

impl<T: Into<Value>> From<T> for Field<'_> {
    fn from(value: T) -> Self {
        Self::Own(value.into())
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(request: &'a LlmRequest) -> Self {
        Self {
            overrides: OverrideFields::of(request),
            fields: Vec::new(),
        }
    }

    /// Adds a field, unless it is there or the caller's own value replaces it.
    pub(super) fn put(&mut self, name: &'a str, value: Option<impl Into<Field<'a>>>) {
        let is_known = self.fields.iter().any(|(known, _)| *known == name);
        if let (Some(value), false) = (value, is_known || self.overrides.replaces(name)) {
            self.fields.push((name, value.into()));
        }
    }

    /// Adds a field of the caller's in place of the one that is there.
    pub(super) fn replace(&mut self, name: &'a str, value: &'a Value) {
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, Field::Borrowed(value)));
    }

    /// The request, with `extra_body` behind all other fields.
    pub(super) fn finish(
        mut self,
        path: &str,
        framing: Framing,
        warnings: Vec<String>,
    ) -> Result<EncodedRequest, LlmError> {
        let over = self.overrides.extra_body();
        let over = over.map(|(name, value)| (name, Field::Borrowed(value)));
        self.fields.extend(over);
        let body = serde_json::to_vec(&self).map_err(|error| unwritable(NAME, &error))?;
        Ok(EncodedRequest {
            method: Method::POST,
            path: path.to_owned(),
            headers: Vec::new(),
            body,
            warnings,
            framing,
        })
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
