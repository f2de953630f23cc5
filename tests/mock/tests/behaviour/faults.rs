//! Faults by their keys, on the wire; the promise that the list loads whole is a unit test.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::{Connection, End};
use crate::program::{chat_path, Mock};

#[test]
fn a_fault_is_played_by_its_key_and_in_a_plan() {
    let mock = Mock::start(&[]);
    mock.plan("k", serde_json::json!([{"fault": "F1"}]));

    for key in ["fault~F1", "fault~F1~mine", "k"] {
        let (first, second) = (mock.chat(key), mock.chat(key));
        assert_eq!(
            (first.status, first.header("retry-after")),
            (429, Some("1")),
            "{key}"
        );
        assert_eq!(second.tokens(), ["Hello", " world"], "{key}");
    }
}

#[test]
fn streams_end_as_their_faults_say() {
    let mock = Mock::start(&[]);

    for (fault, tokens, end) in [
        ("F30", 2, End::Whole),
        ("F31", 2, End::Whole),
        ("F32", 2, End::Closed),
        ("F32.reset", 2, End::Reset),
        ("F34", 0, End::Reset),
        ("F35", 1, End::Reset),
        ("F36", 0, End::Whole),
        ("F43", 4, End::Whole),
    ] {
        let answer = mock.chat(&format!("fault~{fault}"));
        assert_eq!(answer.status, 200, "{fault}");
        assert_eq!(
            (answer.tokens().len(), answer.end),
            (tokens, end),
            "{fault}"
        );
    }
}

#[test]
fn redirects_carry_the_place_of_the_mock() {
    let mock = Mock::start(&[]);
    let port = mock.http().split_once(':').unwrap().1.to_owned();

    let other = mock.chat("fault~F28~x");
    let same = mock.chat("fault~F29~x");

    let place = format!("http://localhost:{port}/fault~F28~x.redirected/v1/chat/completions");
    assert_eq!(other.header("location"), Some(place.as_str()));
    assert_eq!(
        same.header("location"),
        Some(chat_path("fault~F29~x").as_str())
    );
}

#[test]
fn lengths_written_by_hand_are_right() {
    let mock = Mock::start(&[]);

    for (fault, bytes) in [("F12", 64 << 20), ("F23", 200_000)] {
        let answer = mock.whole(&format!("fault~{fault}"));
        assert_eq!(
            (answer.bytes().len(), answer.end),
            (bytes, End::Whole),
            "{fault}"
        );
    }
    let headers = mock.whole("fault~F20").headers;
    assert_eq!(headers.len(), 4_001);
    let event = mock.chat("fault~F51");
    assert_eq!(event.tokens()[0].len(), 1_048_000);
}

/// Every fault does something, and lets go of the connection when the client leaves.
#[test]
fn every_fault_can_be_left() {
    let mock = Mock::start(&[]);
    let list: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("../../faults.json")).unwrap();

    for name in list.keys() {
        let key = format!("fault~{name}");
        let mut connection = Connection::open(&mock.http());
        connection.send("POST", &chat_path(&key), r#"{"stream":true}"#);
        assert_eq!(mock.wait(&key, "requests=1")["held"], true, "{name}");
        drop(connection);
    }

    for name in list.keys() {
        let seen = mock.seen(&format!("fault~{name}"));
        assert_eq!(seen["requests_count"], 1, "{name}");
    }
    mock.plan("last", serde_json::json!([{"answer": {"text": "alive"}}]));
    assert_eq!(mock.chat("last").tokens(), ["alive"]);
}
