#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use serde_json::{json, Value};

use super::*;
use crate::providers::lenient_json::Text;

object! {
    struct Outer<'t> {
        text: Written<'t>,
        word: Text<'t>,
        number: Index = "index",
        inner: Maybe<Inner<'t>>,
        list: List<Inner<'t>>,
    }

    struct Inner<'t> {
        text: Written<'t>,
    }
}

/// Every kind of value that JSON has.
const KINDS: [&str; 9] = [
    "null",
    "true",
    "-1",
    "7",
    "0.5",
    "\"\"",
    "\"x\"",
    "[null,[7]]",
    r#"{"x":{"text":1}}"#,
];

#[test]
fn whatever_a_field_holds_the_others_are_read() {
    for kind in KINDS {
        for field in ["text", "word", "index", "inner", "list", "unknown"] {
            let json = format!(r#"{{"{field}":{kind},"last":1,"text":"t","word":"w"}}"#);
            let mut repaired = String::new();
            let mut place = Maybe::default();
            let outer: &Outer<'_> = parse(&json, &mut repaired, &mut place).unwrap();
            assert_eq!(
                (outer.text.get(), outer.word.get()),
                (Some("t"), Some("w")),
                "{json}"
            );
        }
    }
}

#[test]
fn the_last_of_equal_keys_holds_at_every_level() {
    let json = r#"{"text":"a","inner":{"text":"a","text":"b"},"list":[{"text":"a","text":"b"}],
        "index":1,"index":2,"word":"a","text":"b","word":null,"un":1,"un":2,"\u0074ext":"c"}"#;
    let mut repaired = String::new();
    let mut place = Maybe::default();
    let outer: &Outer<'_> = parse(json, &mut repaired, &mut place).unwrap();
    assert_eq!((outer.text.get(), outer.word.get()), (Some("c"), None));
    assert_eq!(outer.number.0, Some(2));
    assert_eq!(outer.inner.0.as_ref().unwrap().text.get(), Some("b"));
    let texts: Vec<_> = outer.list.0.iter().map(|inner| inner.text.get()).collect();
    assert_eq!(texts, [Some("b")]);
}

#[test]
fn text_is_as_written() {
    let rows = [
        ("0.50", Some("0.50")),
        ("1e3", Some("1e3")),
        ("-0", Some("-0")),
        ("12345678901234567890123", Some("12345678901234567890123")),
        ("true", Some("true")),
        ("false", Some("false")),
        ("null", None),
        ("\"\"", None),
        (r#""a\n\"\\\/\t\r\b\fé""#, Some("a\n\"\\/\t\r\u{8}\u{c}é")),
        (r#""\u0041\ud83d\ude00\n\ud800""#, Some("A😀\n\u{fffd}")),
        ("[ 1 ]", None),
    ];
    for (written, expected) in rows {
        let json = format!(r#"{{"text": {written} }}"#);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let outer: &Outer<'_> = parse(&json, &mut repaired, &mut place).unwrap();
        assert_eq!(outer.text.get(), expected, "{written}");
    }
    let mut repaired = String::new();
    let mut place = Maybe::default();
    let outer: &Outer<'_> = parse(r#"{"text":"plain"}"#, &mut repaired, &mut place).unwrap();
    assert!(matches!(outer.text, Written::Text(Cow::Borrowed("plain"))));
    let mut repaired = String::new();
    let mut place = Maybe::default();
    let outer: &Outer<'_> = parse(r#"{"text": [ 1 ] }"#, &mut repaired, &mut place).unwrap();
    assert_eq!(
        (outer.text.other(), outer.text.as_written()),
        (Some("[ 1 ]"), Some("[ 1 ]"))
    );
    assert!(!outer.text.is_absent() && Written::default().is_absent());
}

#[test]
fn lists_and_objects_stand_for_one_another() {
    let texts = |json: &str| -> Value {
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let outer: &Outer<'_> = parse(json, &mut repaired, &mut place).unwrap();
        let inner = outer.inner.0.as_ref().map(|inner| inner.text.get());
        let list: Vec<_> = outer.list.0.iter().map(|inner| inner.text.get()).collect();
        json!([inner, list])
    };
    assert_eq!(
        texts(r#"{"inner":[{"text":"a"},{"text":"b"}]}"#),
        json!(["a", []])
    );
    assert_eq!(texts(r#"{"list":{"text":"a"}}"#), json!([null, ["a"]]));
    assert_eq!(
        texts(r#"{"list":[null,7,{"text":"a"},{}]}"#),
        json!([null, ["a", null]])
    );
}

#[test]
fn an_index_is_a_number_that_counts() {
    let rows = [
        ("0", Some(0)),
        ("3", Some(3)),
        ("3.0", Some(3)),
        ("\"3\"", Some(3)),
        ("-1", None),
        ("0.5", None),
        ("\"x\"", None),
        ("null", None),
        ("[]", None),
        ("{}", None),
    ];
    for (written, expected) in rows {
        let json = format!(r#"{{"index":{written}}}"#);
        let mut repaired = String::new();
        let mut place = Maybe::default();
        let outer: &Outer<'_> = parse(&json, &mut repaired, &mut place).unwrap();
        assert_eq!(outer.number.0, expected, "{written}");
    }
}

#[test]
fn broken_syntax_and_other_documents_fail() {
    for json in [
        "",
        "{",
        r#"{"text":"a"#,
        r#"{"inner":{"text":]}"#,
        "7",
        "[]",
        "null",
    ] {
        assert!(
            parse::<Outer<'_>>(json, &mut String::new(), &mut Maybe(None)).is_err(),
            "{json}"
        );
    }
}

#[test]
fn a_single_value_is_a_list_of_one() {
    let cases = [("[1,2]", 2), ("{}", 1), ("null", 1), ("[NaN]", 1), ("[", 0)];
    for (json, length) in cases {
        assert_eq!(parse_list(json).len(), length, "{json}");
    }
}
