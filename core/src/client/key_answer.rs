//! The answer to a key that was asked for, as JSON of a caller in another language: the key, or AWS
//! credentials under the names that the options have, or why there is none.

use serde_json::Value;

use super::from_json::parse;
use crate::declare::declare_options;
use crate::error::{ErrorKind, LlmError};
use crate::parse::{type_name, Fields};
use crate::request::KeyMaterial;
use crate::secret::Secret;

declare_options! {
    struct Answer {
        api_key: Option<Secret> as Text,
        aws_access_key_id: Option<Secret> as Text,
        aws_secret_access_key: Option<Secret> as Text,
        aws_session_token: Option<Secret> as Text,
        error: Option<String> as Text,
    }
}

const EXPECTED: &str = "expected api_key, or aws_access_key_id and aws_secret_access_key, or error";

impl KeyMaterial {
    /// Parses an answer: `{"api_key": ".."}`, or `{"aws_access_key_id": "..",
    /// "aws_secret_access_key": "..", "aws_session_token": ".."}`, or `{"error": "why"}`.
    ///
    /// # Errors
    /// `AUTHENTICATION` with the text of `error`; `INVALID_ARGUMENT` for anything else that is no
    /// key.
    pub fn from_json(json: &str) -> Result<Self, LlmError> {
        let mut fields = match parse(json) {
            Ok(Value::Object(fields)) => Fields::from(fields),
            Ok(other) => return Err(no_answer(&format!("{EXPECTED}, got {}", type_name(&other)))),
            Err(reason) => return Err(no_answer(&format!("it is not JSON: {reason}"))),
        };
        let answer = Answer::take(&mut fields).map_err(|error| no_answer(&error.message))?;
        // A name that is unknown may be a key that was put in its place, so it is not repeated.
        if !fields.is_empty() {
            return Err(no_answer(EXPECTED));
        }
        answer.into_material()
    }
}

impl Answer {
    fn into_material(self) -> Result<KeyMaterial, LlmError> {
        if let Some(error) = self.error {
            return Err(LlmError::from_outside(ErrorKind::Authentication, &error));
        }
        match (
            self.api_key,
            self.aws_access_key_id,
            self.aws_secret_access_key,
        ) {
            (Some(key), None, None) if self.aws_session_token.is_none() => {
                Ok(KeyMaterial::Text(key))
            }
            (None, Some(access_key_id), Some(secret_access_key)) => Ok(KeyMaterial::Aws {
                access_key_id,
                secret_access_key,
                session_token: self.aws_session_token,
            }),
            _ => Err(no_answer(EXPECTED)),
        }
    }
}

fn no_answer(problem: &str) -> LlmError {
    let message = format!("the key that was asked for: {problem}");
    LlmError::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn error(json: &str) -> (ErrorKind, String) {
        let error = KeyMaterial::from_json(json).unwrap_err();
        assert!(!error.retryable);
        (error.kind, error.message)
    }

    #[test]
    fn an_answer_is_a_key_or_credentials() {
        let key = KeyMaterial::from_json(r#"{"api_key":"sk-1","error":null}"#).unwrap();
        assert!(matches!(key, KeyMaterial::Text(key) if key.expose() == "sk-1"));
        let json = r#"{"aws_access_key_id":"AKIA","aws_secret_access_key":"s"}"#;
        let aws = KeyMaterial::from_json(json).unwrap();
        assert!(matches!(
            aws,
            KeyMaterial::Aws {
                session_token: None,
                ..
            }
        ));
        let json = json.replace('}', r#","aws_session_token":"t"}"#);
        let aws = KeyMaterial::from_json(&json).unwrap();
        assert_eq!(
            aws.secrets().map(Secret::expose).collect::<Vec<_>>(),
            ["s", "t"]
        );
    }

    #[test]
    fn a_reason_is_an_authentication_error() {
        let (kind, message) = error(r#"{"error":"the vault\nis sealed"}"#);
        assert_eq!(kind, ErrorKind::Authentication);
        assert_eq!(message, "the vault is sealed");
    }

    #[test]
    fn everything_else_is_refused_and_not_shown() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"api_key":null}"#,
            r#"{"api_key":["hidden"]}"#,
            r#"{"api_key":"hidden\n"}"#,
            r#"{"api_key":""}"#,
            r#"{"hidden":"hidden"}"#,
            r#"{"api_key":"hidden","aws_session_token":"hidden"}"#,
            r#"{"aws_access_key_id":"hidden"}"#,
            r#"{"aws_secret_access_key":"hidden"}"#,
            r#"{"api_key":"k","aws_access_key_id":"hidden","aws_secret_access_key":"hidden"}"#,
        ] {
            let (kind, message) = error(json);
            assert_eq!(kind, ErrorKind::InvalidArgument, "{json}");
            assert!(!message.contains("hidden"), "{message}");
            assert!(
                message.starts_with("the key that was asked for: "),
                "{message}"
            );
        }
    }
}
