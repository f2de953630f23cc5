//! What AWS's errors mean, by the header, the body, the message or the frame.

use http::HeaderMap;

use super::*;

fn error(status: u16, name: Option<&str>, body: &str) -> LlmError {
    let mut headers = HeaderMap::new();
    if let Some(name) = name {
        let value = format!("{name}:http://internal.amazon.com/coral/com.amazon.bedrock/");
        headers.insert("x-amzn-errortype", value.parse().unwrap());
    }
    BEDROCK.error_with_headers(status, &headers, body)
}

fn kind(status: u16, name: Option<&str>, message: &str) -> (ErrorKind, bool) {
    let error = error(status, name, &json!({ "message": message }).to_string());
    assert_eq!(error.number, error.kind.number());
    (error.kind, error.retryable)
}

#[test]
fn the_exceptions_name_decides() {
    use ErrorKind::{
        Authentication, InvalidRequest, NotFound, Overloaded, Permission, Provider, QuotaExceeded,
        RateLimited,
    };
    let rows = list! {
        (403, "AccessDeniedException", "You don't have access to the model", Permission, false),
        (403, "UnrecognizedClientException", "m", Authentication, false),
        (403, "InvalidSignatureException", "m", Authentication, false),
        (403, "ExpiredTokenException", "m", Authentication, false),
        (403, "MissingAuthenticationTokenException", "m", Authentication, false),
        (400, "IncompleteSignatureException", "m", Authentication, false),
        (400, "ValidationException", "m", InvalidRequest, false),
        (400, "ValidationException", "The provided model identifier is invalid.", NotFound, false),
        (404, "ResourceNotFoundException", "m", NotFound, false),
        (429, "ThrottlingException", "m", RateLimited, true),
        (429, "ThrottlingException", "Too many tokens per day, wait", QuotaExceeded, false),
        (429, "ModelNotReadyException", "m", Overloaded, true),
        (400, "ServiceQuotaExceededException", "m", QuotaExceeded, false),
        (408, "ModelTimeoutException", "m", Provider, true),
        (424, "ModelErrorException", "m", Provider, true),
        (424, "ModelStreamErrorException", "m", Provider, true),
        (500, "InternalServerException", "m", Provider, true),
        (503, "ServiceUnavailableException", "m", Overloaded, true),
        (403, "RequestTimeTooSkewed", "m", Authentication, false),
    };
    for (status, name, message, expected, retryable) in rows {
        assert_eq!(
            kind(status, Some(name), message),
            (expected, retryable),
            "{name} {message}"
        );
        let body = json!({"__type": format!("com.amazon.coral#{name}"), "Message": message});
        let error = error(status, None, &body.to_string());
        assert_eq!(
            (error.kind, error.retryable),
            (expected, retryable),
            "{name} in the body"
        );
        assert_eq!(error.code.as_deref(), Some(name));
        assert!(
            error.message.contains(message.trim_end_matches('.')),
            "{error}"
        );
    }
}

#[test]
fn the_message_decides_where_the_name_is_missing() {
    use ErrorKind::{
        Authentication, InvalidRequest, NotFound, Overloaded, Permission, QuotaExceeded,
        RateLimited,
    };
    let rows = [
        (
            403,
            "The security token included in the request is invalid.",
            Authentication,
        ),
        (
            403,
            "Signature expired: 1 is now earlier than 2",
            Authentication,
        ),
        (
            403,
            "Authentication failed: Please make sure your API Key is valid.",
            Authentication,
        ),
        (
            403,
            "User is not authorized to perform bedrock:InvokeModel",
            Permission,
        ),
        (400, "The provided model identifier is invalid.", NotFound),
        (
            400,
            "Your request exceeds the service quota for your account.",
            QuotaExceeded,
        ),
        (
            400,
            "Input is too long for requested model.",
            InvalidRequest,
        ),
        (429, "Too many requests", RateLimited),
        (429, "Model is not ready for inference.", Overloaded),
        (429, "Too many tokens per day", QuotaExceeded),
        (
            503,
            "Bedrock is unable to process your request.",
            Overloaded,
        ),
    ];
    for (status, message, expected) in rows {
        assert_eq!(kind(status, None, message).0, expected, "{message}");
    }
    // What is not AWS's is as on every wire.
    let html = error(503, None, "<html><title>bad gateway</title></html>");
    assert_eq!((html.kind, html.retryable), (ErrorKind::Provider, true));
}

#[test]
fn advice_names_what_is_wrong() {
    let message = |name: &str, message: &str| {
        error(403, Some(name), &json!({ "message": message }).to_string()).message
    };
    for text in [
        "Signature expired: 1 is now earlier than 2",
        "Signature not yet current: 3",
    ] {
        let shown = message("InvalidSignatureException", text);
        assert!(shown.starts_with(&format!("bedrock: 403 {text}; the clock of this machine")));
    }
    let keys = message(
        "UnrecognizedClientException",
        "The security token is invalid",
    );
    assert!(keys.ends_with("; check the AWS credentials: keys, session token, region and profile"));
    let token = message(
        "AccessDeniedException",
        "Please make sure your API Key is valid",
    );
    assert!(
        token.ends_with("; set AWS_BEARER_TOKEN_BEDROCK or api_key"),
        "{token}"
    );
}

#[test]
fn what_the_service_computed_of_the_request_stays_here() {
    let text = "The request signature we calculated does not match the signature you provided. \
        Check your AWS Secret Access Key and signing method.\n\nThe Canonical String for this \
        request should have been\n'POST\n/model/m/converse\n\nhost:h\nx-amz-security-token:\
        hidden-token\n\nhost\n0123'\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n\
        hidden-string'\n";
    let named = "IncompleteSignature: Authorization=AWS4-HMAC-SHA256 Credential=hidden/1, \
        SignedHeaders=host, Signature=hidden0123";
    for text in [text, named] {
        let body = json!({ "message": text, "other": 7 }).to_string();
        for error in [
            error(403, Some("InvalidSignatureException"), &body),
            error(403, None, text),
            errors_in_stream("signatureException", &body),
            errors_in_stream("Signature", text),
        ] {
            let shown = format!("{error:?}");
            assert!(
                !shown.contains("hidden") && shown.contains("[REDACTED]"),
                "{shown}"
            );
        }
    }
    let error = error(
        403,
        Some("InvalidSignatureException"),
        &json!({"message": text}).to_string(),
    );
    assert!(
        error
            .message
            .contains("does not match the signature you provided"),
        "{error}"
    );
    assert_eq!(error.kind, ErrorKind::Authentication);
}

/// An exception of the stream.
fn errors_in_stream(name: &str, payload: &str) -> LlmError {
    let name = format!(":exception-type={name}");
    BEDROCK.frames([(name.as_str(), payload)]).error.unwrap()
}

#[test]
fn exceptions_of_a_stream_have_their_kind() {
    use ErrorKind::{InvalidRequest, Overloaded, Provider, RateLimited};
    let rows = [
        ("internalServerException", Provider, true),
        ("modelStreamErrorException", Provider, true),
        ("validationException", InvalidRequest, false),
        ("throttlingException", RateLimited, true),
        ("serviceUnavailableException", Overloaded, true),
        ("modelTimeoutException", Provider, true),
        ("brandNewException", Provider, true),
    ];
    for (name, kind, retryable) in rows {
        let error = errors_in_stream(name, r#"{"message":"it stopped."}"#);
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{name}");
        assert_eq!(error.message, "bedrock: it stopped");
        assert_eq!(error.code.as_deref(), Some(name));
    }
    let failed = json!({"message": "m", "originalStatusCode": 424, "originalMessage": "deep"});
    let error = errors_in_stream("modelStreamErrorException", &failed.to_string());
    assert_eq!(error.message, "bedrock: m; deep");
    assert_eq!(error.detail, Some(failed.to_string()));
    for payload in ["", "{}", "{"] {
        let error = errors_in_stream("throttlingException", payload);
        assert_eq!(error.kind, RateLimited, "{payload}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn an_error_frame_has_a_code_and_no_json() {
    let decoded = BEDROCK.frames([(":error-code=InternalFailure", "The stream broke.")]);
    let error = decoded.error.unwrap();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Provider, true));
    assert_eq!(error.message, "bedrock: The stream broke");
    assert_eq!(error.code.as_deref(), Some("InternalFailure"));
}
