//! What a provider cannot do: an error that names the field, or a warning where the caller
//! is lenient. One rule for all wires.

use serde_json::Value;

use super::errors::invalid_request;
use super::Target;
use crate::error::LlmError;
use crate::request::LlmRequest;

/// Refuses or leaves out the fields of one request that its provider does not support.
#[derive(Debug)]
pub(crate) struct Unsupported<'a> {
    pub(crate) provider: &'static str,
    pub(crate) lenient: bool,
    pub(crate) warnings: &'a mut Vec<String>,
}

impl<'a> Unsupported<'a> {
    pub(crate) fn new(
        provider: &'static str,
        target: &Target<'_>,
        warnings: &'a mut Vec<String>,
    ) -> Self {
        Self {
            provider,
            lenient: target.lenient,
            warnings,
        }
    }

    /// What another provider's reply had stays behind, since a conversation may go on here.
    pub(crate) fn leave(&mut self, place: &str, kind: &str) {
        let provider = self.provider;
        let warning = format!("{place} was left out: {provider} takes no \"{kind}\"");
        self.warnings.push(warning);
    }

    /// The field cannot go to this provider. Ok: it is left out, with a warning.
    pub(crate) fn refuse(&mut self, field: &str, why: &str) -> Result<(), LlmError> {
        if self.lenient {
            self.warnings.push(format!("{field} was left out: {why}"));
            return Ok(());
        }
        let what = format!("{field} cannot be sent: {why}; leave it out, or set lenient");
        Err(invalid_request(self.provider, &what))
    }

    /// Refuses fields of a request that its wire does not have, each for its reason, unless the
    /// caller requests nothing by it or `extra_body` has something else under the same name.
    pub(crate) fn refuse_fields<'f>(
        &mut self,
        request: &LlmRequest,
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<(), LlmError> {
        for (name, why) in fields {
            if is_set(request, name) && !request.extra_body.contains_key(name) {
                self.refuse(name, why)?;
            }
        }
        Ok(())
    }
}

/// Whether the caller set a field to something that does not come anyway.
fn is_set(request: &LlmRequest, name: &str) -> bool {
    match name {
        "metadata" => request.metadata.is_some(),
        "seed" => request.seed.is_some(),
        "stop" => !request.stop.is_empty(),
        "user" => request.user.is_some(),
        _ => {
            let value = request.extra.get(name);
            value.is_some_and(|value| !requests_nothing(name, value))
        }
    }
}

/// What every wire does anyway, one response and parallel calls, or a field that is empty or off.
fn requests_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_on) => *is_on == (name == "parallel_tool_calls"),
        Value::Number(number) => number.as_f64() == Some(if name == "n" { 1.0 } else { 0.0 }),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::test_support::{lenient, request, target};

    /// The error of a request with these fields, to a provider that has none of them.
    fn refused(fields: Value) -> Option<String> {
        let names = ["metadata", "n", "parallel_tool_calls", "seed", "stop", "x"];
        let request = LlmRequest::from_json(&request(fields).to_string()).unwrap();
        let (target, mut warnings) = (target(), Vec::new());
        let mut unsupported = Unsupported::new("p", &target, &mut warnings);
        let refused = unsupported.refuse_fields(&request, names.map(|name| (name, "it is old")));
        refused.err().map(|error| error.message)
    }

    fn rows(rows: &Value) -> impl Iterator<Item = (&str, &Value)> {
        let rows = rows.as_object().unwrap().iter();
        rows.flat_map(|(name, values)| values.as_array().unwrap().iter().map(|it| (&**name, it)))
    }

    #[test]
    fn a_field_that_requests_something_is_refused_by_name() {
        let something = json!({"metadata": [{"a": "b"}], "n": [2, 0, "2"], "seed": [0],
            "parallel_tool_calls": [false], "stop": [["."]], "x": [true, 1, "a", [0], {"a": 0}]});
        for (name, value) in rows(&something) {
            let why = "cannot be sent: it is old; leave it out, or set lenient";
            let expected = Some(format!("p: {name} {why}"));
            assert_eq!(refused(json!({ name: value })), expected, "{value}");
            let own = json!({ name: value, "extra_body": { name: null } });
            assert_eq!(refused(own), None, "{name}: {value}");
        }
    }

    #[test]
    fn a_field_that_is_empty_or_off_or_comes_anyway_passes() {
        let nothing = json!({"n": [null, 1, 1.0], "parallel_tool_calls": [null, true],
            "stop": [[]], "x": [null, false, 0, "", [], {}]});
        for (name, value) in rows(&nothing) {
            assert_eq!(refused(json!({ name: value })), None, "{name}: {value}");
        }
    }

    #[test]
    fn a_lenient_caller_is_warned_of_each() {
        let request = request(json!({"n": 2, "seed": 1}));
        let request = LlmRequest::from_json(&request.to_string()).unwrap();
        let (target, mut warnings) = (lenient(), Vec::new());
        let mut unsupported = Unsupported::new("p", &target, &mut warnings);
        let fields = [("seed", "it is old"), ("n", "it is one")];
        unsupported.refuse_fields(&request, fields).unwrap();
        let expected = ["seed was left out: it is old", "n was left out: it is one"];
        assert_eq!(warnings, expected);
    }
}
