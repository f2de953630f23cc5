//! Requests: whatever JSON a caller writes is refused with a reason, or becomes something that can
//! be sent, with every provider.

use http::header::HeaderValue;
use serde::de::IgnoredAny;

use super::{check_error, one_of, seeded_rng};
use crate::client::environment::Environment;
use crate::client::options::ClientOptions;
use crate::error::{ErrorKind, LlmError};
use crate::providers::{self, EncodedRequest, Target};
use crate::request::{AnyRequest, LlmRequest};
use crate::stream::prepare;
use crate::stream::task::Task;

/// Reads a request, and encodes it for every provider.
pub fn request(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    any_request(text);
    let request = match LlmRequest::from_json(text) {
        Ok(request) => request,
        Err(error) => return refused(&error),
    };
    let mut rng = seeded_rng(bytes);
    for provider in providers::all() {
        let paths = ["", "/v1", "/v2", "/models", "/openai/deployments/name"];
        let target = Target {
            cloud: &request.call.cloud,
            own_endpoint: rng.bool(),
            host: "",
            query: "",
            base_path: one_of(&paths, &mut rng),
            stream: rng.bool(),
            lenient: rng.bool(),
        };
        check_encoded(provider.request(&request, &target));
    }
    if let Err(error) = prepare::resolve(
        &ClientOptions::default(),
        &Environment::default(),
        |_| None,
        &mut Task::Chat(Box::new(request)),
    ) {
        check_error(&error);
    }
}

/// Reads a request for any operation.
fn any_request(text: &str) {
    if let Err(error) = AnyRequest::from_json(text) {
        refused(&error);
    }
}

/// What holds for every request that a codec made, or refused.
pub(super) fn check_encoded(encoded: Result<EncodedRequest, LlmError>) {
    let encoded = match encoded {
        Ok(encoded) => encoded,
        Err(error) => return refused(&error),
    };
    assert!(encoded.body.starts_with(b"{"), "no object");
    let body = serde_json::from_slice::<IgnoredAny>(&encoded.body);
    assert!(body.is_ok(), "a body that is no JSON: {body:?}");
    assert!(encoded.path.starts_with('/'), "{}", encoded.path);
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    assert!(encoded.path.bytes().all(fits), "{}", encoded.path);
    for (name, value) in &encoded.headers {
        assert!(HeaderValue::from_str(value).is_ok(), "{name}: {value:?}");
    }
    let warnings = &encoded.warnings;
    assert!(warnings.iter().all(|warning| !warning.is_empty()));
}

fn refused(error: &LlmError) {
    check_error(error);
    // CONFIG: the request brings a key, and it is empty.
    let kinds = [
        ErrorKind::InvalidRequest,
        ErrorKind::InvalidArgument,
        ErrorKind::Config,
    ];
    assert!(kinds.contains(&error.kind), "{error:?}");
}
