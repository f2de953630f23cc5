//! Texts in words, and answers that are left: pure parts.
#![allow(clippy::unwrap_used)]

use serde_json::{json, Value};

use super::answer::Pieces;
use super::{Asked, Playlist, Script};
use crate::declare::entry::Kind;
use crate::parse::FromJson;
use crate::request::Operation;

fn script(value: Value) -> Script {
    Script::from_json(value, Kind::Any).unwrap()
}

#[test]
fn words_put_together_are_the_text() {
    for text in ["", " ", "a", "a b", "  a  b\n\nc ", "h\u{e9}llo w\u{f6}rld"] {
        let pieces = Pieces::words(text);
        assert_eq!(pieces.list().concat(), text);
    }
    assert_eq!(Pieces::words("a  b\nc ").list(), ["a", "  b", "\nc", " "]);
}

#[test]
fn answers_that_repeat_stay_and_others_go() {
    let body = bytes::Bytes::from_static(br#"{"messages":[{"role":"user","content":"x"}]}"#);
    let asked = Asked::new(Operation::Chat, "m", &body, true);
    let mut playlist = Playlist::new(Some(&script(
        json!(["a", {"text": "b", "repeat": true}, "c"]),
    )));
    let mut next = || {
        let answer = playlist.next(&asked).unwrap().unwrap();
        answer.text.as_ref().unwrap().list().concat()
    };
    assert_eq!([next(), next(), next()], ["a", "b", "b"]);
    assert_eq!(playlist.left(), Some(1), "the last one is never reached");
    assert_eq!(Playlist::new(None).left(), None);
    let mut empty = Playlist::new(Some(&script(json!([]))));
    assert!(empty.next(&asked).is_err());
    empty.add(&script(json!("again")));
    assert!(empty.next(&asked).is_ok());
}

#[test]
fn one_answer_is_for_every_request() {
    assert!(script(json!("a"))
        .answers()
        .iter()
        .all(|answer| answer.repeat));
    assert!(script(json!({"text": "a"}))
        .answers()
        .iter()
        .all(|answer| answer.repeat));
    assert!(!script(json!(["a"]))
        .answers()
        .iter()
        .any(|answer| answer.repeat));
}
