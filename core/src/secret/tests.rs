//! What a redactor lets through: nothing of a key that has eight characters, however it is spelled
//! and wherever it is cut.

#![allow(clippy::unwrap_used)]

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::{Phase, DETAIL_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::event::{Receipt, Start, Usage};

fn secrets(fill: impl FnOnce(&mut Collector)) -> Secrets {
    let mut collector = Collector::default();
    fill(&mut collector);
    collector.finish()
}

fn clean(secrets: &Secrets, text: &str) -> String {
    Redactor::new(secrets, None).clean_line(text.to_owned())
}

#[test]
fn a_key_is_visible_ascii() {
    for bad in ["a b", "a\nb", "a\0b", "é"] {
        let error = Secret::new(bad.to_owned()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidArgument);
    }
    assert_eq!(
        Secret::new(String::new()).unwrap_err().kind,
        ErrorKind::Config
    );
    assert_eq!(
        format!("{:?}", Secret::new("sk-1".to_owned()).unwrap()),
        REDACTED
    );
}

#[test]
fn every_spelling_of_a_secret_is_replaced() {
    let key = "hunter+2/\"key\"?~&<>";
    let secrets = secrets(|collector| collector.key(key));
    for echo in [
        key,
        "HUNTER+2/\"KEY\"?~&<>",
        r#"hunter+2\/\"key\"?~&<>"#,
        r#"hunter\u002b2/\u0022key\u0022?~&<>"#,
        r#"hunter+2\\/\\\"key\\\"?~&<>"#,
        "hunter%2B2%2F%22key%22%3F%7E%26%3C%3E",
        "hunter%2b2%2f%22key%22?~&%3c%3e",
        "hunter%252B2%252F%2522key%2522%253F~%2526%253C%253E",
        "hunter+2/&quot;key&quot;?~&amp;&lt;&gt;",
        "hunter&#43;2&#x2F;&#34;key&#034;?~&&#60;&#X3e;",
        "%68%75%6e%74%65%72%2b%32%2f%22%6b%65%79%22%3f%7e%26%3c%3e",
    ] {
        assert_eq!(clean(&secrets, echo), REDACTED, "{echo}");
        let text = format!("wrong key '{echo}'.");
        assert_eq!(clean(&secrets, &text), "wrong key '[REDACTED]'.", "{echo}");
    }
}

/// A key is not always encoded alone: what stands before it shifts its base64.
#[test]
fn base64_is_found_at_every_offset() {
    let key = "k-\u{7f}>~?>~?>~?>~?0123456789abcdef";
    let secrets = secrets(|collector| collector.key(key));
    for before in ["", "a", "ab", "abc", "user:", "Bearer "] {
        let text = format!("{before}{key}");
        for code in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            let clean = clean(&secrets, &code);
            let left = code.len() - before.len() * 4 / 3;
            assert!(clean.contains(REDACTED), "{before}: {clean}");
            assert!(clean.len() + left < code.len() + 20, "{before}: {clean}");
        }
    }
}

#[test]
fn every_value_of_a_header_is_a_secret_as_a_whole_and_by_word() {
    let secrets = secrets(|collector| {
        collector.header("X-Tenant", "acme-industries branch=north-winds");
        collector.header("X-Short", "prod");
        collector.header("Authorization", "Bearer abcdefgh-12345678");
        collector.header("authorization", "Basic bWFyaWU6cGFzc3dvcmQtMQ==");
        collector.header("Cookie", "session=qwertyuiop; other=1");
    });
    let rows = [
        ("no acme-industries branch=north-winds", "no [REDACTED]"),
        ("no acme-industries here", "no [REDACTED] here"),
        ("no NORTH-WINDS.", "no [REDACTED]."),
        ("acme industries in prod", "acme industries in prod"),
        // Cut inside of the word.
        ("no acme-indus", "no [REDACTED]"),
        ("acme-indus is cut", "acme-indus is cut"),
        ("token abcdefgh-12345678", "token [REDACTED]"),
        ("token gh-12345", "token [REDACTED]"),
        ("Bearer token", "Bearer token"),
        ("user marie:password-1", "user [REDACTED]"),
        ("password-1 is wrong", "[REDACTED] is wrong"),
        ("bWFyaWU6cGFzc3dvcmQtMQ", "[REDACTED]"),
        ("cookie wertyuio", "cookie [REDACTED]"),
        // "a:north-winds.", which shares its last character of base64 with the point.
        ("code YTpub3J0aC13aW5kcy4=", "code YTp[REDACTED]y4="),
        ("code YWNtZS1pbmR1c3RyaWVz", "code [REDACTED]"),
        // "north-winds and", and "anorth-windsab", where the word ends at a character of its own.
        ("code bm9ydGgtd2luZHMgYW5k", "code [REDACTED]MgYW5k"),
        ("code YW5vcnRoLXdpbmRzYWI=", "code YW[REDACTED]YWI="),
    ];
    for (text, expected) in rows {
        assert_eq!(clean(&secrets, text), expected);
    }
}

#[test]
fn short_keys_are_found_as_a_whole_and_chance_finds_nothing() {
    let secrets = secrets(|collector| {
        collector.key("abc123");
        collector.key("abc");
        collector.key("0123456789");
    });
    assert_eq!(clean(&secrets, "key abc123, abc"), "key [REDACTED], abc");
    assert_eq!(clean(&secrets, "0123456 abc12"), "0123456 abc12");
    assert_eq!(clean(&secrets, "x12345678x"), "x[REDACTED]x");
    // A password that a URL spelled with escapes need not be ASCII.
    let other = self::secrets(|collector| collector.pair("me:pässwö"));
    assert_eq!(clean(&other, "no PäSSWö!"), "no [REDACTED]!");
    let nothing = "\0".repeat(9);
    assert_eq!(clean(&secrets, &format!("{nothing}é%00")).trim(), "é%00");
}

/// The one place that lists every text which leaves the core.
#[test]
fn every_text_of_start_receipt_and_error_is_cleaned() {
    let key = "Test-Key-0123456789";
    let secrets = secrets(|collector| collector.key(key));
    let redactor = Redactor::new(&secrets, None);
    let fields =
        |name: &str, value: serde_json::Value| [(name.to_owned(), value)].into_iter().collect();
    let mut start = Start {
        id: Some(key.to_owned()),
        model: key.to_owned(),
        provider: "openai",
        request_id: Some(key.to_owned()),
        rate_limit: fields(&format!("{key}_limit"), json!(format!("{key} a day"))),
        warnings: vec![format!("{key} was left out")],
        ..Start::default()
    };
    redactor.clean_start(&mut start);
    assert_eq!(
        json!(start),
        json!({"id": REDACTED, "model": REDACTED, "provider": "openai",
               "request_id": REDACTED, "rate_limit": {"[REDACTED]_limit": "[REDACTED] a day"},
               "warnings": ["[REDACTED] was left out"]})
    );
    let mut error = LlmError::from_outside(ErrorKind::Provider, &format!("wrong {key}"))
        .phase(Phase::Body)
        .detail(format!("<html>{key}").as_bytes());
    error.code = Some(format!("code_{key}"));
    error.request_id = Some(key.to_owned());
    let mut receipt = Receipt {
        finish_reason_raw: Some(format!("finish_{key}")),
        request_id: Some(key.to_owned()),
        usage: Some(Usage {
            raw: fields(
                key,
                json!([{"a": key}, 7, 56_789.5, 1_234_567_890_u64, true]),
            ),
            ..Usage::default()
        }),
        error: Some(error),
        ..Receipt::default()
    };
    redactor.clean_receipt(&mut receipt);
    let got = json!(receipt);
    assert_eq!(got["finish_reason_raw"], "finish_[REDACTED]");
    assert_eq!(got["request_id"], REDACTED);
    let raw = json!({REDACTED: [{"a": REDACTED}, 7, 56_789.5, REDACTED, true]});
    assert_eq!(got["usage"]["raw"], raw);
    let error = &got["error"];
    assert_eq!(error["message"], "wrong [REDACTED]");
    assert_eq!(error["detail"], "<html>[REDACTED]");
    assert_eq!(error["code"], "code_[REDACTED]");
    assert_eq!(error["request_id"], REDACTED);
}

#[test]
fn texts_are_cut_after_they_were_cleaned() {
    let secrets = secrets(|collector| {
        collector.key("test-key-0123456789");
        collector.header("x-any", "any-value-of-a-header");
    });
    let redactor = Redactor::new(&secrets, None);
    for secret in ["test-key-0123456789", "any-value-of-a-header"] {
        for before in MESSAGE_BYTES_MAX - 40..MESSAGE_BYTES_MAX + 2 {
            let text = format!("{}{secret}", "é".repeat(before / 2));
            let mut error = LlmError::from_outside(ErrorKind::Provider, &text)
                .detail("x".repeat(DETAIL_BYTES_MAX - MESSAGE_BYTES_MAX).as_bytes());
            error.detail.as_mut().unwrap().push_str(&text);
            redactor.clean_error(&mut error);
            let detail = error.detail.unwrap();
            assert!(error.message.len() <= MESSAGE_BYTES_MAX && detail.len() <= DETAIL_BYTES_MAX);
            for text in [error.message, detail] {
                let rest = text.trim_start_matches(['x', 'é']);
                assert!(REDACTED.starts_with(rest), "{rest}");
            }
        }
    }
}

/// A character of a key, in any spelling.
fn spell(character: char, how: u8) -> String {
    let code = character as u32;
    match how {
        0 => format!("%{code:02X}"),
        1 => format!("%{code:02x}"),
        2 => format!("\\u{code:04x}"),
        3 => format!("\\u{code:04X}"),
        4 => format!("&#{code};"),
        5 => format!("&#x{code:x};"),
        6 => character.to_ascii_uppercase().to_string(),
        _ => character.to_string(),
    }
}

/// No eight characters of the key in a text, nor in what the text means.
fn shows(text: &str, key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let mut text = text.to_ascii_lowercase();
    for _ in 0..3 {
        let found = |piece: &[u8]| text.contains(std::str::from_utf8(piece).unwrap());
        if key.as_bytes().windows(8).any(found) {
            return true;
        }
        text = unescape::fully(&text).unwrap_or(text);
    }
    false
}

/// Nothing but harmless documents between the echoes.
fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[ {}:,.é]{0,30}", "(<b>| \\{\"error\": \"|\n){0,3}"]
}

proptest! {
    /// However it is spelled, in one layer or two, and wherever the text is cut.
    #[test]
    fn no_piece_of_a_key_is_left(
        key in "[A-Za-z0-9_./+=~:-]{8,60}",
        hows in prop::collection::vec(0..12_u8, 60),
        layers in 1..3_usize,
        before in words(),
        after in words(),
        cut in 0..2000_usize,
    ) {
        let secrets = secrets(|collector| collector.key(&key));
        let mut echo = key.clone();
        for layer in 0..layers {
            let mut hows = hows.iter().skip(layer).cycle();
            // The second layer only escapes what the first one made special.
            let spelled = echo.chars().map(|character| match layer {
                0 => spell(character, *hows.next().unwrap()),
                _ if "%\\&".contains(character) => spell(character, *hows.next().unwrap() % 6),
                _ => character.to_string(),
            });
            echo = spelled.collect();
        }
        let mut text = format!("{before}{echo}{after}{echo}");
        text = text.chars().take(cut).collect();
        let clean = clean(&secrets, &text);
        prop_assert!(!shows(&clean, &key), "{text} became {clean}");
        prop_assert_eq!(super::tests::clean(&secrets, &clean), clean, "twice is the same");
    }

    /// In base64 no piece of eight is left either, in whatever it is wrapped.
    #[test]
    fn no_piece_of_a_key_is_left_in_base64(
        key in "[!-~]{8,60}",
        before in "[ -~]{0,9}",
        after in "[ -~]{0,9}",
        cut in 0..200_usize,
    ) {
        let secrets = secrets(|collector| collector.key(&key));
        let text = format!("{before}{key}{after}");
        for code in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
            let code: String = code.chars().take(cut).collect();
            let clean = clean(&secrets, &code);
            // What was encoded before and after may stay, and one character at each end.
            let rest = clean.replace(REDACTED, "");
            prop_assert!(rest.len() <= (before.len() + after.len()).div_ceil(3) * 4 + 12);
            if code.len() == cut {
                continue;
            }
            prop_assert!(clean.contains(REDACTED) || key.len() < 9, "{code}");
        }
    }

    /// A document of an error, read as a codec reads it, then cleaned.
    #[test]
    fn no_document_shows_a_piece(
        key in "[A-Za-z0-9_-]{8,164}",
        noise in "[ x\\n]{0,60}",
        pad in 0..2100_usize,
        shape in 0..6_usize,
        cut in 0..6000_usize,
    ) {
        let secrets = secrets(|collector| collector.key(&key));
        let text = format!("{}{noise}{key}{noise}", " x".repeat(pad / 2));
        let body = match shape {
            0 => json!({"error": {"message": text, "code": key, "type": text}}).to_string(),
            1 => json!({"detail": [{"loc": [key, 1], "msg": text}]}).to_string(),
            2 => format!("<html><title>{text}</title>{text}"),
            3 => text,
            4 => json!({"error": {"message": "m", "metadata": {"raw": text}}}).to_string(),
            _ => json!([{"error": {"status": key, "details": [{"reason": text}]}}]).to_string(),
        };
        let body = body.as_bytes();
        let body = body.get(..cut).unwrap_or(body);
        let provider = crate::providers::all().next().unwrap();
        let mut error = provider.error(400, body);
        Redactor::new(&secrets, None).clean_error(&mut error);
        prop_assert!(!shows(&format!("{error:?}"), &key), "{error:?}");
        prop_assert!(error.message.len() <= MESSAGE_BYTES_MAX);
    }
}

/// Every response passes here: what holds no secret is neither copied nor moved.
#[test]
fn a_text_without_secrets_stays_where_it_is() {
    let secrets = secrets(|collector| collector.key("test-key-0123456789"));
    let mut text = "chatcmpl-9aB3xY7 gpt-4o-mini 6m0s".to_owned();
    let place = text.as_ptr();
    Redactor::new(&secrets, None).clean(&mut text, 1024);
    assert_eq!(text.as_ptr(), place);
}
